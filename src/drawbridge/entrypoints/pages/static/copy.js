// Buttons that copy the text of another element. They are hidden where copying is impossible,
// and the text can be selected by hand.
(() => {
  "use strict";
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copy]")) {
    const source = document.getElementById(button.dataset.copy);
    if (!source) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(source.textContent.trim());
      const before = button.textContent;
      button.textContent = button.dataset.copied;
      setTimeout(() => {
        button.textContent = before;
      }, 1500);
    });
  }
})();

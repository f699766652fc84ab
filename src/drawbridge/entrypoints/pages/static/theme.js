// Light or dark by the person's own choice. Runs before the page is drawn, so that nothing
// flashes; without a choice the system's wish holds, and without scripts the switch is hidden.
(() => {
  "use strict";
  const KEY = "theme";
  const root = document.documentElement;
  const read = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // Storage may be switched off; then the choice lasts for this page.
    }
  };
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  };
  apply(read());

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-switch]");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const systemDark = matchMedia("(prefers-color-scheme: dark)").matches;
      const now = root.dataset.theme ?? (systemDark ? "dark" : "light");
      const next = now === "dark" ? "light" : "dark";
      apply(next);
      document.dispatchEvent(new CustomEvent("themechange"));
      try {
        localStorage.setItem(KEY, next);
      } catch {
        // As above: the choice then lasts for this page.
      }
    });
  });
})();

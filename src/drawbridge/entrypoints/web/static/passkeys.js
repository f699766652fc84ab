// Passkeys: asks this device to make one or to log in with one, and sends its answer as a form.
// Where the browser cannot do that the form stays hidden.
(() => {
  "use strict";
  const Keys = window.PublicKeyCredential;
  // Browsers bind passkeys to names, never to IP addresses.
  const isAddress = /^\[|^[\d.]+$/.test(location.hostname);
  if (isAddress || !window.isSecureContext || !Keys?.parseRequestOptionsFromJSON) return;

  const ask = async (form) => {
    if (form.dataset.passkey === "create") {
      const options = JSON.parse(form.dataset.options);
      const publicKey = Keys.parseCreationOptionsFromJSON(options);
      return navigator.credentials.create({ publicKey });
    }
    const body = new URLSearchParams({ csrf: form.elements.csrf.value });
    const told = await (await fetch(form.dataset.begin, { method: "POST", body })).json();
    if (told.problem) throw new Error(told.problem, { cause: "told" });
    const publicKey = Keys.parseRequestOptionsFromJSON(JSON.parse(told.options));
    return navigator.credentials.get({ publicKey });
  };

  for (const form of document.querySelectorAll("[data-passkey]")) {
    const trouble = form.querySelector("[data-passkey-trouble]");
    const usual = trouble.textContent;
    form.hidden = false;
    for (const note of document.querySelectorAll("[data-passkey-without]")) note.hidden = true;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      trouble.hidden = true;
      const button = form.querySelector("button");
      button.disabled = true;
      try {
        form.elements.answer.value = JSON.stringify((await ask(form)).toJSON());
        form.submit();
      } catch (error) {
        // The person said no, or waited too long; the browser does not say which.
        trouble.textContent = error.cause === "told" ? error.message : usual;
        trouble.hidden = false;
        button.disabled = false;
      }
    });
  }
})();

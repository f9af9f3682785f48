// Progressive enhancement only: every page works without this script.

// A form is sent once; its id would make a second sending harmless, but the wait should show.
for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener("submit", () => {
    form.setAttribute("aria-busy", "true");
  });
}

// After an answer from the server, the reader is brought to it.
const notice = document.querySelector(".notice");
if (notice instanceof HTMLElement) {
  notice.tabIndex = -1;
  notice.focus();
}

// One open form at a time keeps a long list of actions readable.
const actions = document.querySelectorAll("details.action");
for (const one of actions) {
  one.addEventListener("toggle", () => {
    if (!one.open) return;
    for (const other of actions) if (other !== one) other.open = false;
    one.querySelector("textarea, select, input:not([type=hidden])")?.focus();
  });
}

// Labels that Django's own scripts leave out, for screen readers.
"use strict";
function label() {
    for (const select of document.querySelectorAll("select.admin-autocomplete")) {
        const text = select.labels[0]?.textContent.trim() ?? select.name;
        for (const part of select.parentElement.querySelectorAll(".select2-selection, .select2-selection__rendered")) {
            part.setAttribute("aria-label", text);
        }
    }
    for (const tip of document.querySelectorAll(".help-tooltip[aria-label]")) {
        tip.setAttribute("role", "img");
    }
}
// Those scripts add inputs when the page is ready, and with each row that is added.
new MutationObserver(label).observe(document.body, { childList: true, subtree: true });

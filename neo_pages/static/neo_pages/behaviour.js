// What makes the pages smoother. Everything works without it.
"use strict";

// A value does not stay in a page that the browser keeps for Back.
function forgetValues() {
  for (const field of document.querySelectorAll(".value-field textarea")) field.value = "";
  for (const toggle of document.querySelectorAll(".show-value")) toggle.checked = false;
}
addEventListener("pagehide", forgetValues);
addEventListener("pageshow", (event) => { if (event.persisted) forgetValues(); });

// One box for all boxes of a list.
for (const all of document.querySelectorAll("[data-all]")) {
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of all.form.querySelectorAll(`[name="${all.dataset.all}"]`)) box.checked = all.checked;
  });
}

// A button that copies the text of another element: data-copy="#id".
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
    button.textContent = button.dataset.copied || button.textContent;
  });
}

// A file is read here, and goes into the field; it is not uploaded.
for (const form of document.querySelectorAll("[data-drop]")) {
  const field = form.querySelector("textarea"), chooser = form.querySelector("[data-file]");
  const read = async (file) => { if (file) field.value = await file.text(); };
  chooser.hidden = false;
  chooser.querySelector("input").addEventListener("change", (event) => read(event.target.files[0]));
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("dropping"); });
  form.addEventListener("dragleave", () => form.classList.remove("dropping"));
  form.addEventListener("drop", (event) => {
    form.classList.remove("dropping");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    read(event.dataTransfer.files[0]);
  });
}

// The preview comes into the page, so that the text stays in its field; without a script it opens in a new tab.
for (const form of document.querySelectorAll("[data-preview]")) {
  const id = form.dataset.preview, button = form.querySelector("[formtarget]");
  for (const words of button.querySelectorAll(".new-tab")) words.hidden = true;
  button.removeAttribute("formtarget");
  form.addEventListener("submit", async (event) => {
    if (event.submitter !== button) return;
    event.preventDefault();
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, button)) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.getElementById(id), place = document.getElementById(id);
    const fault = page.querySelector(".errorlist") || page.querySelector("h1");
    place.replaceChildren(...(found && found.childElementCount ? found.childNodes : [fault]));
    place.scrollIntoView({ block: "nearest" });
  });
}

// Loads the list for the chosen day. There is no <form>, because some themes put the filters into a form of their own,
// and forms cannot be nested.
"use strict";
document.addEventListener("click", (event) => {
    const input = event.target.closest(".secrets-day button")?.previousElementSibling;
    if (!input) {
        return;
    }
    const url = new URL(location);
    for (const name of ["p", input.name]) {
        url.searchParams.delete(name);
    }
    if (input.value) {
        url.searchParams.set(input.name, input.value);
    }
    location.assign(url);
});

// The list of one day. Not a form: some themes put the filters of a list into a form of their own.
"use strict";
document.addEventListener("click", (event) => {
    const day = event.target.closest(".secrets-day button")?.previousElementSibling;
    if (!day) {
        return;
    }
    const address = new URL(location);
    for (const name of ["p", day.name]) {
        address.searchParams.delete(name);
    }
    if (day.value) {
        address.searchParams.set(day.name, day.value);
    }
    location.assign(address);
});

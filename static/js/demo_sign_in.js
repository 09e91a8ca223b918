// The demo's people: a press fills the form, so that one sees what is sent, and signs in. Without this file it signs in, too.
(() => {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-demo-sign-in]")) return;
    for (const name of ["login", "password"]) {
      document.getElementById(`id_${name}`).value = event.target.elements[name].value;
    }
  });
})();

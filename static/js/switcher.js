// The company switcher: Ctrl-K or the top bar opens it as a dialog; without this file the same link leads to the chooser.
(() => {
  const dialog = () => document.getElementById("switcher");
  const links = () => [...dialog().querySelectorAll("a[href]")];

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const opener = document.getElementById("switch-company");
    if (!opener) return;
    event.preventDefault();
    if (dialog().open) dialog().close();
    else if (!document.querySelector("dialog[open]")) opener.click();
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target !== dialog() || dialog().open) return;
    dialog().showModal();
    document.getElementById("switcher-q").focus();
  });

  // Arrows go from the search to the companies and on; Enter in the search goes to the first one, if the list is what was typed.
  document.addEventListener("keydown", (event) => {
    if (!event.target.closest?.("#switcher")) return;
    const search = document.getElementById("switcher-q");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      const stops = [search, ...links()];
      event.preventDefault();
      stops[Math.min(Math.max(stops.indexOf(document.activeElement) + step, 0), stops.length - 1)].focus();
    } else if (event.key === "Enter" && event.target === search) {
      const rows = document.getElementById("switcher-rows");
      const first = rows.querySelector("a[href]");
      if (!first || rows.dataset.q !== search.value.trim()) return; // the form finds it on the server
      event.preventDefault();
      first.click();
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target === dialog()) dialog().close(); // the backdrop
  });
  document.addEventListener("close", (event) => {
    if (event.target === dialog()) event.target.replaceChildren();
  }, true);
})();

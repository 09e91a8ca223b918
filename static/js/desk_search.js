// The search of the workbench: arrows choose among its results, Enter opens, with Ctrl beside, Escape puts them away.
// Without this file the results are links below the field, and Enter asks for the page.
(() => {
  const field = () => document.getElementById("desk-q");
  const found = () => document.getElementById("desk-found");
  const rows = () => [...found().querySelectorAll("a.found-row")];
  const isCurrent = () => found().dataset.q === field().value.trim().replace(/\s+/g, " ");

  document.addEventListener("keydown", (event) => {
    if (!event.target.closest?.(".desk-search") || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && rows().length) {
      const stops = [field(), ...rows()];
      event.preventDefault();
      stops[Math.min(Math.max(stops.indexOf(document.activeElement) + step, 0), stops.length - 1)].focus();
    } else if (event.key === "Escape" && found().childElementCount) {
      event.preventDefault();
      field().focus();
      found().replaceChildren();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const chosen = event.target === field() ? isCurrent() && rows()[0] : event.target.closest("a[href]");
      if (!chosen) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      window.open(chosen.href, "_blank", "noopener");
    }
  }, true);

  // Elsewhere is where the results are in the way.
  document.addEventListener("click", (event) => {
    if (found()?.childElementCount && !event.target.closest(".desk-search")) found().replaceChildren();
  });
  document.addEventListener("focusin", (event) => {
    if (found()?.childElementCount && !event.target.closest(".desk-search")) found().replaceChildren();
  });
})();

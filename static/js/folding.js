// Groups of rows that fold: a <tbody> with a button of class "fold" in its first row. What a person folded or opened stays so in this
// browser; else those marked "is-small" open folded where there is little room. Without this file all groups are open.
(() => {
  const KEPT = "folded-groups";
  const narrow = window.matchMedia("(max-width: 767.98px)");
  const kept = () => {
    try { return JSON.parse(localStorage.getItem(KEPT)) || {}; } catch { return {}; }
  };
  const keep = (group, open) => {
    try { localStorage.setItem(KEPT, JSON.stringify({ ...kept(), [group]: open })); } catch { /* it stays so on this page */ }
  };
  const show = (body, open) => {
    body.classList.toggle("is-folded", !open);
    body.classList.toggle("is-open", open);
    body.querySelector(".fold").setAttribute("aria-expanded", String(open));
  };
  const showAll = () => {
    const chosen = kept();
    for (const fold of document.querySelectorAll(".fold")) {
      const body = fold.closest("tbody");
      const small = narrow.matches && body.classList.contains("is-small");
      // Where a search or a filter narrows the table, nothing that was found is hidden.
      show(body, body.closest("[data-narrowed]") ? true : chosen[body.id] ?? !small);
    }
  };
  const showTarget = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const body = target?.closest("tbody");
    if (!body?.querySelector(".fold")) return;
    show(body, true);
    target.scrollIntoView();
  };

  document.addEventListener("click", (event) => {
    const fold = event.target.closest(".fold");
    if (!fold) return;
    const body = fold.closest("tbody");
    const open = fold.getAttribute("aria-expanded") !== "true";
    show(body, open);
    keep(body.id, open);
  });
  narrow.addEventListener("change", showAll);
  window.addEventListener("hashchange", showTarget);
  document.addEventListener("htmx:afterSettle", showAll);
  document.addEventListener("htmx:oobAfterSwap", showAll);
  showAll();
  showTarget();
})();

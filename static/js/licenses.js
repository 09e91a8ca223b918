// Orders of License Information fold: on a phone as the page opens, elsewhere as somebody folds them. Without scripts all are open.
(() => {
  const narrow = matchMedia("(max-width: 767.98px)");
  const KEPT = "orders-folded"; // id of the order -> whether it was opened, for as long as this tab lives

  const kept = () => { try { return JSON.parse(sessionStorage.getItem(KEPT)) || {}; } catch { return {}; } };
  const keep = (id, open) => { try { sessionStorage.setItem(KEPT, JSON.stringify({ ...kept(), [id]: open })); } catch { /* not kept */ } };

  const show = (order, open) => {
    order.classList.toggle("is-open", open);
    order.classList.toggle("is-closed", !open);
    order.querySelector(".order-fold").setAttribute("aria-expanded", String(open));
  };
  const showAll = () => {
    const chosen = kept();
    for (const order of document.querySelectorAll("[data-folds]")) show(order, chosen[order.id] ?? !narrow.matches);
  };

  document.addEventListener("click", (event) => {
    const order = event.target.closest(".order-fold")?.closest("[data-folds]");
    if (!order) return;
    const open = order.classList.contains("is-closed");
    show(order, open);
    keep(order.id, open);
  });
  document.addEventListener("htmx:afterSettle", showAll);
  narrow.addEventListener("change", showAll);
  showAll();
})();

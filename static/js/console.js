// Filters, menus, and the few other things links and forms cannot do by themselves. Every page works without this file.
(() => {
  const allotment = (window.allotment ??= {});

  // ---- Filters: the answer replaces the form with the list; what was typed or ticked while it was under way is put back and asked for.

  const says = (form) => new URLSearchParams(new FormData(form)).toString();
  const asked = new WeakMap();
  let newer = null;

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.matches("form[role=search]")) asked.set(event.detail.elt, says(event.detail.elt));
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = event.detail.requestConfig.elt;
    newer = asked.has(form) && asked.get(form) !== says(form) ? new FormData(form) : null;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const form = newer && document.querySelector(`#${event.target.id} form[role=search]`);
    if (!form) return;
    for (const control of form.elements) {
      if (control.type === "checkbox") control.checked = newer.getAll(control.name).includes(control.value);
      else if (control.name && control.type !== "hidden") control.value = newer.get(control.name) ?? "";
    }
    newer = null;
    form.requestSubmit();
  });

  // ---- Menus: <details> opens by itself; a click elsewhere or Escape closes it.

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    // A file comes, and the page stays: the menu it was chosen from has done its work.
    const file = event.target.closest?.("details.export a[download]");
    if (file) file.closest("details").open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest?.("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  // ---- Rows that fold, passwords that show

  document.addEventListener("click", (event) => {
    const fold = event.target.closest("[data-expands]");
    if (fold) {
      const open = document.getElementById(fold.dataset.expands).classList.toggle("is-open");
      fold.setAttribute("aria-expanded", String(open));
    }
    const show = event.target.closest("[data-show-password]");
    if (show) {
      const field = document.getElementById(show.dataset.showPassword);
      field.type = field.type === "password" ? "text" : "password";
      show.setAttribute("aria-pressed", String(field.type === "text"));
    }
  });

  // ---- Paper

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-prints]")) window.print();
  });

  // ---- Codes and links to copy: an answer, or a button beside it, names what is copied. Where the browser does not allow it,
  // it is selected instead.

  const copy = (code) => {
    const said = (text) => {
      const place = (code.closest("[data-copy-place]") || document).querySelector("[data-copy-said]");
      if (place) place.textContent = text;
      allotment.announce?.(text);
    };
    const select = () => {
      if (code.select) code.select();
      else window.getSelection().selectAllChildren(code);
      said(code.dataset.copyFailed);
    };
    if (!navigator.clipboard) select();
    else navigator.clipboard.writeText(code.value.trim()).then(() => said(code.dataset.copyNow || code.dataset.copied), select);
  };
  const copyWithin = (part) => part.querySelectorAll("[data-copy-now]").forEach(copy);
  document.addEventListener("htmx:afterSettle", (event) => copyWithin(event.target));
  copyWithin(document);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copies]");
    if (button) copy(document.getElementById(button.dataset.copies));
  });

  // ---- What the address has taken on since the page was loaded (a filter, a search) is kept by links of the same page that bring a part
  // of their own: another range, another day.

  document.addEventListener("click", (event) => {
    const sets = event.target.closest?.("a[data-sets], .as-of a[href]");
    if (!sets) return;
    const own = typeof sets.href === "string" ? sets.href : sets.href.baseVal;
    const to = new URL(own, location.href), here = new URL(location.href), name = sets.dataset.sets || "on";
    if (to.pathname !== here.pathname) return;
    here.searchParams.delete(name);
    here.searchParams.delete("table");
    if (to.searchParams.has(name)) here.searchParams.set(name, to.searchParams.get(name));
    here.hash = to.hash;
    sets.setAttribute("href", here.pathname + here.search + here.hash);
  }, true);
})();

// Annual credits: where focus goes when a plan is withdrawn, and the picker of a feature, which without this file is a page with a
// form.
(() => {
  // ---- A plan that is withdrawn takes its cross along: focus goes to the feature's action.

  let withdrawn = null;
  document.addEventListener("htmx:beforeRequest", (event) => { withdrawn = event.detail.elt.dataset?.planOf || null; });
  document.addEventListener("htmx:afterSettle", (event) => {
    const picker = event.target.querySelector?.(":scope > .picker");
    if (picker) first(picker);
    if (withdrawn && document.activeElement === document.body) document.getElementById(`action-${withdrawn}`)?.focus();
  });

  // ---- The picker: typing narrows, arrows move, Enter chooses

  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const entries = (picker) => [...picker.querySelectorAll("li:not([hidden]) > a")];
  const first = (picker) => {
    picker.querySelector(".is-first")?.classList.remove("is-first");
    entries(picker)[0]?.classList.add("is-first");
  };
  document.addEventListener("input", (event) => {
    const picker = event.target.id === "picker-q" && event.target.closest(".picker");
    if (!picker) return;
    const words = plain(event.target.value).split(/\s+/).filter(Boolean);
    for (const entry of picker.querySelectorAll("li")) {
      const text = plain(entry.textContent);
      entry.hidden = !words.every((word) => text.includes(word));
    }
    const shown = entries(picker).length;
    picker.querySelector(".nothing").hidden = shown > 0;
    const count = picker.querySelector("#picker-count");
    count.textContent = count.textContent.trim().replace(/^\D*\d+/, (found) => found.replace(/\d+/, shown));
    first(picker);
  });
  document.addEventListener("keydown", (event) => {
    const picker = event.target.closest?.(".picker");
    if (!picker) return;
    const field = picker.querySelector("#picker-q");
    const all = entries(picker);
    const at = all.indexOf(event.target);
    const go = (element) => { event.preventDefault(); element?.focus(); };
    if (event.key === "ArrowDown") go(all[Math.min(at + 1, all.length - 1)]);
    else if (event.key === "ArrowUp" && event.target !== field) go(at > 0 ? all[at - 1] : field);
    else if (event.key === "Home" && at > 0) go(all[0]);
    else if (event.key === "End" && at >= 0) go(all[all.length - 1]);
    else if (event.key === "Enter" && event.target === field) { event.preventDefault(); all[0]?.click(); }
    else if (at >= 0 && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) field.focus();
  });
  document.addEventListener("click", (event) => {
    if (event.target.id === "panel" && event.target.querySelector(".picker")) event.target.close(); // on what lies behind it
  });
})();

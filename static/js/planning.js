// Planning mode: + and − without a page, arrow keys in a number, Ctrl Enter saves what was looked at. Without this file + and −
// are buttons that send the form, and Review computes the figures.
(() => {
  const form = document.getElementById("plan-form");
  if (!form) return;
  const MOST = 1_000_000_000;
  const isUnits = (element) => element?.matches?.(".stepper > input");

  const step = (input, by) => {
    const text = input.value.replaceAll(",", "").trim();
    if (!/^\d{1,10}$/.test(text)) return;
    input.value = Math.min(MOST, Math.max(0, Number(text) + by)).toLocaleString("en-US");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };

  window.addEventListener("click", (event) => {
    const button = event.target.closest?.(".stepper > button");
    if (!button) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    step(button.parentElement.querySelector("input"), button.value.endsWith("+1") ? 1 : -1);
  }, true);

  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      document.getElementById("plan-save").click();
      return;
    }
    if (event.key === "Enter" && event.target.matches("input:not(#plan-name, [type=checkbox])")) event.preventDefault();
    if (event.key === "Enter" && event.target.id === "plan-name") {
      event.preventDefault();
      document.getElementById("plan-keep").click();
    }
    if (!isUnits(event.target) || event.altKey || event.ctrlKey || event.metaKey) return;
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    step(event.target, by * (event.shiftKey ? 10 : 1));
  });

  // ---- What is typed while an answer is under way is not lost: such an answer is left out, the next one comes anyway.

  const typed = () => [...form.querySelectorAll("#plan-table input:not([type=hidden])")].map((each) => `${each.name}=${each.value}`).join("&");
  let asked = null; // what the figures were asked for
  let current = false; // whether the answer that came is about what stands there now
  let stale = false; // typed, and not looked at yet
  let saving = null; // the button that was pressed meanwhile

  const ours = (event) => Boolean(event.detail.requestConfig?.elt?.closest("#plan"));

  form.addEventListener("input", (event) => { if (event.target.closest("#plan-table")) stale = true; });
  document.addEventListener("htmx:beforeRequest", (event) => { if (ours(event)) asked = typed(); });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!ours(event)) return;
    current = typed() === asked;
    if (!current) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!ours(event)) return;
    if (!event.detail.successful) saving = null;
    if (!event.detail.successful || !current) return;
    stale = false;
    const button = saving && document.getElementById(saving);
    saving = null;
    if (button) window.setTimeout(() => button.click());
  });
  window.addEventListener("click", (event) => {
    const button = event.target.closest?.("#plan-save, #plan-keep");
    if (!button || !stale) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    saving = button.id; // as soon as its figures are there
  }, true);
})();

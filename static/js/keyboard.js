// Keyboard shortcuts. Each follows a link or a field that the page has anyway, so that nothing needs this file: the link says its
// key itself (aria-keyshortcuts). Single keys do nothing while something is typed, with a modifier, in a dialog, or where they were
// switched off in this browser.
(() => {
  const KEPT = "single-keys";
  const areOff = () => { try { return localStorage.getItem(KEPT) === "off"; } catch { return false; } };
  const TYPED_INTO = "input, textarea, select, [contenteditable], [role=combobox], [role=listbox], [role=menu], [role=slider]";
  const isTyping = (place) => place instanceof Element && place.matches(TYPED_INTO) && !place.matches("[type=checkbox], [type=radio]");
  const withModifier = (event) =>
    (event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState("AltGraph");
  const linkOf = (key) => [...document.querySelectorAll("a[aria-keyshortcuts]")].find((each) => each.getAttribute("aria-keyshortcuts") === key);
  const inSight = (each) => each.getClientRects().length > 0;

  const searchField = () => ["#content input[type=search][aria-keyshortcuts='/']", "input[type=search][aria-keyshortcuts='/']", "#content input[type=search]"]
    .flatMap((which) => [...document.querySelectorAll(which)]).find(inSight);

  const help = () => {
    const link = linkOf("?");
    const dialog = document.getElementById("panel");
    if (!link) return false;
    if (dialog && window.htmx) htmx.ajax("GET", link.href, { target: dialog, swap: "innerHTML" });
    else link.click();
    return true;
  };

  const onSingleKey = (key) => {
    if (key === "?") return help();
    if (key === "/") {
      const field = searchField();
      if (field) {
        // At once: what is typed meanwhile would stop a smooth scroll half way.
        field.scrollIntoView({ block: "center", behavior: "instant" });
        field.focus({ preventScroll: true });
        field.select();
      }
      return Boolean(field);
    }
    if (key === "u") {
      const undo = document.querySelector("#status-message .toast-action");
      if (undo) undo.click();
      return Boolean(undo);
    }
    const link = linkOf(key);
    if (link) link.click();
    return Boolean(link);
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.repeat) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      const form = event.target.form || event.target.closest?.("form");
      if (!form || event.target.matches("button, a")) return;
      event.preventDefault();
      // The button, not the form alone: it may stand outside of the form, and what it is called and does counts.
      const button = [...form.elements].find((each) => each.type === "submit" && !each.disabled && inSight(each)
        && !each.hasAttribute("formaction") && !each.hasAttribute("hx-post"));
      if (button) button.click();
      else form.requestSubmit();
      return;
    }
    if (event.key.length !== 1 || withModifier(event) || isTyping(event.target) || areOff()) return;
    if (document.querySelector("dialog[open], [popover]:popover-open")) return;
    if (onSingleKey(event.key)) event.preventDefault();
  });

  // ---- The switch stands on the page of help and in its dialog, which comes later.

  const show = () => {
    for (const box of document.querySelectorAll("[data-single-keys]")) box.checked = !areOff();
  };
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("[data-single-keys]")) return;
    try { localStorage.setItem(KEPT, event.target.checked ? "on" : "off"); } catch { event.target.checked = true; }
  });
  document.addEventListener("htmx:afterSettle", show);
  window.addEventListener("storage", show);
  document.addEventListener("DOMContentLoaded", show);
})();

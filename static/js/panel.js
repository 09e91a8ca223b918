// The panel: <dialog> brings focus trap, Escape and an inert page; here it is opened, emptied, and focus is given back. It may be
// closed while it saves: the answer is applied all the same, and a refusal opens it again. What was typed is not dropped unasked.
(() => {
  const allotment = (window.allotment ??= {});
  const panel = () => document.getElementById("panel");
  const filled = (dialog) => dialog.firstElementChild !== null;
  let openedBy = null; // id of the control that opened the panel: the control itself may be replaced meanwhile
  let saving = null; // the request that writes, while it is under way
  let next = null; // what was pressed meanwhile
  let first = ""; // what the fields said when the panel was opened
  let discarded = false;

  // ---- What was typed

  const isTypedIn = (control) =>
    control.name && !["hidden", "submit", "button"].includes(control.type) && !control.closest("[role=search]"); // a search is not lost
  const says = (controls) => [...controls].filter(isTypedIn)
    .filter((each) => !["checkbox", "radio"].includes(each.type) || each.checked)
    .map((each) => `${each.name}=${each.value}`).join("\n");
  const fields = (dialog) => dialog.querySelectorAll("input, select, textarea");
  const isTyped = (dialog) => filled(dialog) && says(fields(dialog)) !== first;

  // ---- Opening and closing

  const focusIn = (dialog) => {
    const found = ["#allocation-conflict", "[aria-invalid=true]", "[autofocus]"].map((each) => dialog.querySelector(each)).find(Boolean);
    if (found) found.focus();
  };
  const returnFocus = () => {
    const back = openedBy && document.getElementById(openedBy);
    (back || document.getElementById("content"))?.focus({ preventScroll: !back });
  };
  const close = () => { const dialog = panel(); if (dialog?.open) dialog.close(); };
  const closeUnlessTyped = () => { if (isTyped(panel()) && !saving) ask(); else close(); };

  document.addEventListener("htmx:beforeRequest", (event) => {
    const dialog = panel();
    const { elt, target } = event.detail;
    if (!dialog || target !== dialog && !dialog.contains(elt)) return;
    if (saving) {
      // While a form is being saved, the result of what was typed into it is not asked for any more; another feature waits.
      event.preventDefault();
      if (!dialog.contains(elt) && elt !== next?.elt) {
        next?.end();
        next = { elt, end: allotment.begin({ control: elt }) };
      }
    } else if (!dialog.open && !dialog.contains(elt)) {
      openedBy = elt.id || null;
    }
  });
  document.addEventListener("htmx:beforeSend", (event) => {
    const dialog = panel();
    const { elt, target, xhr, requestConfig } = event.detail;
    if (!dialog?.contains(elt) || target !== dialog || requestConfig.verb === "get") return;
    saving = xhr;
    xhr.addEventListener("loadend", () => {
      saving = null;
      if (!dialog.open && filled(dialog)) reopen(dialog);
      const press = next;
      next = null;
      press?.end();
      // The answer has brought another element in its place.
      if (press && !dialog.open) (document.getElementById(press.elt.id) || press.elt).click();
    });
  });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const dialog = panel();
    const { elt, xhr } = event.detail;
    if (dialog?.contains(elt) && xhr === saving && xhr.status < 400) first = says(fields(dialog)); // the page may be left now
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const dialog = panel();
    if (!dialog || event.detail.target !== dialog) return;
    if (!filled(dialog)) {
      close();
    } else if (dialog.open) {
      if (event.detail.requestConfig.verb === "get") first = says(fields(dialog)); // the feature that was picked, say
      focusIn(dialog);
    } else if (!saving) {
      first = says(fields(dialog));
      dialog.showModal();
      dialog.querySelector(".panel-body")?.scrollTo(0, 0);
    }
  });
  const reopen = (dialog) => {
    dialog.showModal();
    const found = dialog.querySelector("[data-transient] button, [data-transient] a");
    if (found) found.focus();
    else focusIn(dialog);
  };
  document.addEventListener("close", (event) => {
    const dialog = event.target;
    if (dialog !== panel() || dialog.open) return; // told late: by now it is open again
    if (!saving && !discarded && isTyped(dialog)) { // closed by the browser itself, which asks no second time
      dialog.showModal();
      ask();
      return;
    }
    if (!saving) dialog.replaceChildren();
    discarded = false;
    returnFocus();
  }, true);
  document.addEventListener("click", (event) => {
    const dialog = panel();
    if (!dialog?.open) return;
    const closes = event.target.closest("[data-closes-panel]");
    if (closes && dialog.contains(closes)) {
      event.preventDefault();
      closeUnlessTyped();
    } else if (event.target.closest("[data-keeps-typing]")) {
      keepTyping();
    } else if (event.target.closest("[data-discards]")) {
      discarded = true;
      close();
    } else if (event.target === dialog && event.clientX < dialog.getBoundingClientRect().left) {
      closeUnlessTyped(); // a click on the backdrop lands on the dialog itself
    }
  });
  document.addEventListener("keydown", (event) => {
    const dialog = panel();
    if (event.key !== "Escape" || event.isComposing || !dialog?.open || saving || !isTyped(dialog)) return;
    event.preventDefault(); // the browser would close it
    if (question()) keepTyping();
    else ask();
  }, true);

  // ---- The question, in the place of the panel's foot

  let wasFocused = null;
  const question = () => panel().querySelector("[data-part=discard]");
  const beside = () => [...question().parentElement.children].filter((each) => each !== question());
  const ask = () => {
    if (question()) return;
    const asked = document.getElementById("what-went-wrong").content.querySelector("[data-part=discard]").cloneNode(true);
    wasFocused = document.activeElement;
    panel().querySelector(".panel-foot").after(asked);
    beside().forEach((each) => { each.inert = true; });
    asked.querySelector("[data-keeps-typing]").focus();
  };
  const keepTyping = () => {
    beside().forEach((each) => { each.inert = false; });
    question().remove();
    if (wasFocused?.isConnected) wasFocused.focus();
  };

  // ---- Leaving the page with something typed: the browser asks. Not of a search, and not where somebody signs in.

  const sent = new WeakSet();
  const differs = (control) => {
    if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
    if (control.options) return [...control.options].some((each) => each.selected !== each.defaultSelected) && control.selectedIndex > 0;
    return control.value !== control.defaultValue;
  };
  const isLeftTyped = (form) =>
    form.method === "post" && !sent.has(form) && !form.querySelector("[type=password]")
    && [...form.elements].some((each) => isTypedIn(each) && (differs(each) || each.matches("[aria-invalid=true]")));
  window.addEventListener("submit", (event) => { if (!event.defaultPrevented) sent.add(event.target); });
  window.addEventListener("pageshow", () => [...document.forms].forEach((form) => sent.delete(form)));
  window.addEventListener("beforeunload", (event) => {
    const dialog = panel();
    const typed = dialog && filled(dialog) ? isTyped(dialog) : false;
    if (!typed && ![...document.forms].some((form) => !dialog?.contains(form) && isLeftTyped(form))) return;
    event.preventDefault();
    window.setTimeout(() => allotment.stay?.()); // only where the person stays
  });

  // ---- A later day is chosen where it can be seen, and what was wrong with a field is no longer said once it is typed anew.

  document.addEventListener("change", (event) => {
    if (event.target.matches('input[name="starting"][value="later"]')) {
      document.getElementById("later-day")?.scrollIntoView({ block: "nearest" });
    }
  });
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[aria-invalid=true]") || !event.target.closest(".panel-inner")) return;
    event.target.removeAttribute("aria-invalid");
    for (const id of (event.target.getAttribute("aria-describedby") || "").split(" ")) {
      if (id.endsWith("error")) document.getElementById(id)?.replaceChildren();
    }
  });
})();

// The few things links and forms cannot do by themselves. Every page works without this file.
(() => {
  const announcer = () => document.getElementById("announcer");
  const panel = () => document.getElementById("panel");
  let openedBy = null; // id of the control that opened the panel: the control itself may be replaced meanwhile

  const announce = (text) => {
    const place = announcer();
    if (!place || !text) return;
    place.textContent = "";
    window.setTimeout(() => { place.textContent = text; }, 50);
  };

  // ---- The panel: <dialog> brings focus trap, Escape and an inert page; here it is opened, emptied, and focus is given back.

  const focusIn = (dialog) => {
    const first = ["#allocation-conflict", "[aria-invalid=true]", "[autofocus]"].map((each) => dialog.querySelector(each)).find(Boolean);
    if (first) first.focus();
  };
  const returnFocus = () => {
    const back = openedBy && document.getElementById(openedBy);
    openedBy = null;
    if (back) back.focus();
  };
  const closePanel = () => { const dialog = panel(); if (dialog && dialog.open) dialog.close(); };

  document.addEventListener("htmx:beforeRequest", (event) => {
    const dialog = panel();
    if (dialog && event.detail.target === dialog && !dialog.open) openedBy = event.detail.elt.id || null;
    // While a form is being saved, the result of what was typed into it is not asked for any more.
    const form = event.detail.elt.parentElement?.closest("form.htmx-request");
    if (form && dialog.contains(form)) event.preventDefault();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const dialog = panel();
    // Said only for the part asked for, not for parts that came along with another answer.
    if (event.detail.target && event.detail.target.id === event.target.id) {
      announce(event.target.querySelector(":scope > * > [data-announce], :scope > * > * > [data-announce]")?.textContent.trim());
    }
    if (!dialog || event.detail.target !== dialog) return;
    if (!dialog.firstElementChild) {
      closePanel();
    } else if (dialog.open) {
      focusIn(dialog);
    } else {
      dialog.showModal();
      dialog.querySelector(".panel-body")?.scrollTo(0, 0);
    }
  });
  document.addEventListener("close", (event) => {
    if (event.target !== panel()) return;
    event.target.replaceChildren();
    returnFocus();
  }, true);
  document.addEventListener("click", (event) => {
    const closes = event.target.closest("[data-closes-panel]");
    const dialog = panel();
    if (closes && dialog && dialog.contains(closes)) {
      event.preventDefault();
      closePanel();
    } else if (dialog && dialog.open && event.target === dialog) {
      const box = dialog.getBoundingClientRect(); // a click on the backdrop lands on the dialog itself
      if (event.clientX < box.left) closePanel();
    }
  });

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

  // ---- Codes and links to copy: an answer, or a button beside it, names what is copied. Where the browser does not allow it,
  // it is selected instead.

  const copy = (code) => {
    const said = (text) => {
      const place = document.querySelector("[data-copy-said]");
      if (place) place.textContent = text;
      announce(text);
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

  // ---- A page left open: whoever signs in again in another tab gets a new token. The cookie holds it; the page has the old one.

  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.cookie.split("; ").find((each) => each.startsWith("csrftoken="))?.slice("csrftoken=".length);
    if (!token) return;
    event.detail.headers["X-CSRFToken"] = token;
    if (event.detail.formData.has("csrfmiddlewaretoken")) event.detail.formData.set("csrfmiddlewaretoken", token);
  });

  // ---- What went wrong is said, not swallowed: by the answer, which has a sentence for people, else by its status

  const sentenceOf = (status) => {
    const sentences = document.getElementById("what-went-wrong")?.content;
    const found = sentences?.querySelector(`[data-status="${status}"]`) || sentences?.querySelector('[data-status="400"]');
    return found ? found.textContent.trim().replace(/\s+/g, " ") : String(status);
  };
  const saidBy = (request) => {
    const answer = new DOMParser().parseFromString(request.responseText || "", "text/html");
    const sentence = answer.querySelector("[data-sentence]")?.textContent.trim().replace(/\s+/g, " ");
    return sentence || sentenceOf(request.status >= 500 ? 500 : request.status);
  };
  const notice = (text) => {
    const main = document.getElementById("content");
    const box = document.createElement("div");
    box.className = "alert alert-danger";
    box.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = text;
    box.append(words);
    const dialog = panel();
    const place = dialog && dialog.open ? dialog.querySelector(".panel-body") || dialog : main;
    place.querySelector(":scope > .alert[data-transient]")?.remove();
    box.dataset.transient = "";
    place.prepend(box);
    box.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("htmx:sendError", () => notice(sentenceOf(0)));
  document.addEventListener("htmx:timeout", () => notice(sentenceOf(0)));
  document.addEventListener("htmx:responseError", (event) => notice(saidBy(event.detail.xhr)));
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    notice(sentenceOf("passkey"));
  });

  // The server may say a sentence with any answer: HX-Trigger: {"announce": "Saved."}
  document.addEventListener("announce", (event) => announce(event.detail && (event.detail.value || event.detail)));
})();

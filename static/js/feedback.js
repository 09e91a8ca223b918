// What a press sets going is shown in the task of the press: the pressed control is busy and cannot be pressed again, the part
// that will change is dimmed, after 300 ms a line stands under the top bar, after 10 s it is said in words. For htmx and without.
//
// data-busy on a control: its word while it works ("Saving"). data-changes on it or around it: selectors of the parts that will
// change; else the target of htmx.
(() => {
  const allotment = (window.allotment ??= {});
  const LINE_AFTER = 300;
  const WORDS_AFTER = 10_000;
  const SLACK = 250; // after the delay of a field that asks while somebody types: nothing was asked
  const GIVEN_UP_AFTER = 30_000; // an address that answers with a file leaves the page where it is

  const waits = new Set(); // {parts, control, box, plain}
  let marked = new Set();
  let timers = [];
  const shown = [];

  const mark = () => {
    const now = new Set([...waits].flatMap((wait) => wait.parts()));
    for (const part of marked) if (!now.has(part)) part.removeAttribute("aria-busy");
    for (const part of now) part.setAttribute("aria-busy", "true");
    marked = now;
  };

  // ---- The pressed control

  const held = new Map(); // control -> what puts it back

  const hold = (control) => {
    if (!control || held.has(control)) return;
    const pressable = control.matches("a, button, summary");
    const words = control.dataset.busy;
    const children = words ? [...control.childNodes] : null;
    if (pressable) {
      control.style.minWidth = `${control.getBoundingClientRect().width}px`;
      control.setAttribute("aria-disabled", "true");
    }
    if (words) control.replaceChildren(words);
    control.setAttribute("aria-busy", "true");
    held.set(control, () => {
      control.removeAttribute("aria-busy");
      if (pressable) {
        control.removeAttribute("aria-disabled");
        control.style.minWidth = "";
      }
      if (words) control.replaceChildren(...children);
    });
  };
  const release = (control) => {
    if ([...waits].some((wait) => wait.control === control)) return;
    held.get(control)?.();
    held.delete(control);
  };

  // ---- The line under the top bar, and the words

  const showLine = () => {
    const line = document.createElement("div");
    line.className = "progress-line";
    (document.querySelector(".topbar") || document.body).append(line);
    shown.push(line);
  };
  const showWords = () => {
    const words = allotment.word?.("still-working");
    if (!words) return;
    const said = document.createElement("p");
    said.className = "still-working";
    said.textContent = words;
    const dialog = document.querySelector("dialog[open]");
    (dialog?.querySelector(".panel-foot") || document.querySelector(".topbar") || document.body).append(said);
    shown.push(said);
    allotment.announce(words);
  };

  // A wait begins: `selectors` of the parts (or the parts), the `control` that was pressed, the `box` from which nothing else
  // is sent meanwhile. Gives back what ends it.
  const begin = ({ selectors = [], control = null, box = null, plain = false }) => {
    const parts = () => selectors.flatMap((each) => (typeof each === "string" ? [...document.querySelectorAll(each)] : [each]));
    const wait = { parts, control, box, plain, end: () => {} };
    if (!waits.size) timers = [window.setTimeout(showLine, LINE_AFTER), window.setTimeout(showWords, WORDS_AFTER)];
    waits.add(wait);
    hold(control);
    mark();
    wait.end = () => {
      if (!waits.delete(wait)) return;
      release(control);
      mark();
      if (waits.size) return;
      timers.forEach(window.clearTimeout);
      shown.splice(0).forEach((each) => each.remove());
    };
    return wait.end;
  };
  allotment.begin = begin;

  const changedBy = (element, target) => {
    const named = element?.closest("[data-changes]")?.dataset.changes;
    const own = target && target !== document.body ? [target.id ? `#${target.id}` : target] : [];
    return named ? [named, ...own] : own;
  };

  // ---- Nothing is pressed twice

  const isTaken = (control) => {
    const form = control.form ?? null;
    const submits = form && control.matches("button:not([type]), [type=submit]");
    return held.has(control) || (submits && [...waits].some((wait) => wait.box?.contains(control) || wait.box?.contains(form)));
  };
  const ignore = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  window.addEventListener("click", (event) => {
    const control = event.target.closest?.("a, button");
    if (control && isTaken(control)) ignore(event);
  }, true);
  window.addEventListener("submit", (event) => {
    if ([...waits].some((wait) => wait.box?.contains(event.target))) ignore(event);
  }, true);

  // ---- htmx

  // Enter in a field may press a button that nobody sees: the one beside it shows what is under way.
  const seen = (button) =>
    (button?.tabIndex === -1 && [...button.form.elements].find((each) => each.matches(".btn-primary[type=submit]"))) || button;
  const PRESSES = ["click", "submit", "change", "input", "search", "keyup", "keydown"];
  const pressedFor = (detail) => {
    const event = detail.requestConfig.triggeringEvent;
    if (!event || !PRESSES.includes(event.type)) return null;
    if (event.type === "submit") return seen(event.submitter) || detail.elt;
    return event.type === "click" ? detail.elt : event.target;
  };
  allotment.pressedFor = pressedFor;

  document.addEventListener("htmx:beforeSend", (event) => {
    const { detail } = event;
    const control = pressedFor(detail);
    if (!control) return;
    const typing = control.matches("input:not([type=checkbox], [type=radio]), textarea, form");
    const writes = detail.requestConfig.verb !== "get" && detail.requestConfig.triggeringEvent.type !== "input";
    const selectors = changedBy(detail.elt, detail.target);
    const box = writes ? detail.elt.closest("dialog") || detail.elt.form || detail.elt.closest("form") : null;
    const end = begin({ selectors, control: typing ? null : control, box });
    expected.get(detail.elt)?.();
    detail.xhr.addEventListener("loadend", () => {
      // What was typed is not what the figures stand for, and stays so until they are asked for again.
      if (detail.failed !== false && detail.requestConfig.triggeringEvent.type === "input") {
        selectors.forEach((each) => document.querySelectorAll(each).forEach((part) => part.classList.add("is-stale")));
      }
      if (!detail.keepIndicators) end();
    });
  });
  for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.addEventListener(name, mark);

  // ---- Fields that ask a moment after somebody types: what they ask for is out of date with the first key

  const expected = new Map(); // element that will ask -> what ends the wait

  document.addEventListener("input", (event) => {
    const asker = event.target.closest?.("[hx-trigger*='input']");
    if (!asker) return;
    expected.get(asker)?.();
    const target = document.querySelector(asker.closest("[hx-target]")?.getAttribute("hx-target") || "#none");
    const end = begin({ selectors: changedBy(asker, target) });
    const delay = Number(/input[^,]*delay:(\d+)ms/.exec(asker.getAttribute("hx-trigger"))?.[1] || 0);
    const timer = window.setTimeout(() => expected.get(asker)?.(), delay + SLACK);
    expected.set(asker, () => {
      window.clearTimeout(timer);
      expected.delete(asker);
      end();
    });
  });

  // ---- Links and forms that leave the page

  const leave = (wait) => window.setTimeout(begin({ ...wait, plain: true }), GIVEN_UP_AFTER);
  window.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if ((link.target && link.target !== "_self") || link.hasAttribute("download")) return;
    const to = new URL(link.href, window.location.href);
    const onlyHash = to.href.split("#")[0] === window.location.href.split("#")[0] && link.href.includes("#");
    if (to.origin === window.location.origin && !onlyHash) leave({ control: link, selectors: changedBy(link) });
  });
  window.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || (form.target && form.target !== "_self") || form.method === "dialog") return;
    leave({ control: seen(event.submitter), selectors: changedBy(event.submitter || form), box: form });
  });

  const endAll = (which) => [...waits].filter(which).forEach((wait) => wait.end());
  // The page one stays on after all, the page one comes back to.
  allotment.stay = () => endAll((wait) => wait.plain);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") allotment.stay(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) endAll(() => true); });
})();

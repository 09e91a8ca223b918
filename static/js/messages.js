// What came of a press is said where the person looks, once: the status message, and what went wrong, beside the control that was
// pressed, with the way on. The words are in includes/what_went_wrong.html; a page without scripts has the same messages in itself.
(() => {
  const allotment = (window.allotment ??= {});
  const LEAVES_AFTER = 10_000;
  const LOOKED_AT = 2_000;
  const NOT_MEANT_FOR_IT = 600;

  const place = () => document.getElementById("status-message");
  const words = () => document.getElementById("what-went-wrong")?.content;
  const textOf = (element) => element?.textContent.trim().replace(/\s+/g, " ") || "";
  allotment.word = (name) => textOf(words()?.querySelector(`[data-word="${name}"]`));
  const copyOf = (name) => words()?.querySelector(`[data-part="${name}"]`)?.cloneNode(true);

  // ---- Counts and the like, told to those who do not see them. The server may say a sentence with any answer, too:
  // HX-Trigger: {"announce": "…"}

  const announce = (text) => {
    const announcer = document.getElementById("announcer");
    if (!announcer || !text) return;
    announcer.textContent = "";
    window.setTimeout(() => { announcer.textContent = text; }, 50);
  };
  allotment.announce = announce;
  document.addEventListener("announce", (event) => announce(event.detail && (event.detail.value || event.detail)));
  document.addEventListener("htmx:afterSettle", (event) => {
    // Said only for the part asked for, not for parts that came along with another answer.
    if (!event.detail.target || event.detail.target.id !== event.target.id) return;
    announce(textOf(event.target.querySelector(":scope > * > [data-announce], :scope > * > * > [data-announce]")));
  });

  // ---- The status message: one place, the latest one; it leaves by itself unless somebody is at it or it tells of a refusal

  const timers = new WeakMap();
  const leaveLater = (line, after) => {
    window.clearTimeout(timers.get(line));
    timers.set(line, window.setTimeout(() => {
      if (line.matches(":hover, :focus-within") || line.querySelector("[aria-busy]") || document.hidden) leaveLater(line, LOOKED_AT);
      else line.remove();
    }, after));
  };
  const arrived = (line) => {
    if (line.matches?.(".toast-line:not(.is-refused)")) leaveLater(line, LEAVES_AFTER);
    // It may come to lie under the finger that has just pressed Save: a second press is not meant for its button.
    line.classList?.add("is-new");
    window.setTimeout(() => line.classList?.remove("is-new"), NOT_MEANT_FOR_IT);
  };
  // Who goes through the page by keyboard is on the way to its button.
  document.addEventListener("keydown", () => {
    for (const line of place()?.children ?? []) if (timers.has(line)) leaveLater(line, LEAVES_AFTER);
  });
  if (place()) {
    new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(arrived)))
      .observe(place(), { childList: true });
    const found = document.querySelectorAll("#content > .toast-line");
    found.forEach((line) => { if (!line.matches(".is-refused")) line.removeAttribute("role"); });
    if (found.length) place().replaceChildren(...found);
  }
  // The answer to its button brings another message, whose button takes the focus.
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt } = event.detail.requestConfig;
    if (elt.isConnected || !elt.closest(".toast-line") || document.activeElement !== document.body) return;
    place()?.querySelector(".toast-action, .btn, .toast-close")?.focus();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-closes-message]")) return;
    event.target.closest(".toast-line").remove();
    document.getElementById("content").focus({ preventScroll: true });
  });

  // ---- What went wrong: a sentence by kind, and the way on

  const failureOf = (xhr) => {
    const said = new DOMParser().parseFromString(xhr.responseText || "", "text/html").querySelector("[data-sentence]");
    // A proxy answers 502 or 504 by itself while nobody behind it does.
    const status = [502, 503, 504].includes(xhr.status) ? 503 : Math.min(xhr.status, 500);
    const own = words()?.querySelector(`[data-status="${status}"]`) || words()?.querySelector('[data-status="400"]');
    const wait = Math.ceil(Number(xhr.getResponseHeader?.("Retry-After")));
    return {
      sentence: textOf(said) || (wait > 0 && own.dataset.wait ? own.dataset.wait.replace("{seconds}", wait) : textOf(own)),
      ways: (said?.dataset.ways ?? own?.dataset.ways ?? "").split(" ").filter(Boolean),
    };
  };
  const waysOn = (box, ways, again) => ways.map(copyOf).filter(Boolean).map((way) => {
    if (way.matches("[data-part=try-again]")) way.addEventListener("click", () => { box.remove(); again(); });
    if (way.matches("[data-part=reload]")) way.href = window.location.href;
    if (way.matches("[data-part=reload]")) way.addEventListener("click", (event) => {
      event.preventDefault();
      window.location.reload();
    });
    if (way.matches("[data-part=sign-in]")) way.href += `?next=${encodeURIComponent(window.location.pathname)}`;
    return way;
  });

  // Beside the control, above the panel's foot or under the form; where there is no room, in the place of status messages.
  const say = ({ sentence, ways }, near, again, verb, by = PRESS) => {
    const foot = near?.closest("dialog")?.querySelector(".panel-foot");
    const form = near?.form || near?.closest("form");
    const roomy = form?.method === "post" && !form.closest("table, dl, .toast-line, .menu, .fact-acts") && form;
    const box = copyOf(foot || roomy || !place() ? "beside" : "message");
    if (!box) return;
    box.dataset.transient = by;
    box.setAttribute("role", "alert");
    box.querySelector("strong").textContent = `${verb}:`;
    box.querySelector("[data-says]").textContent = sentence;
    box.querySelector("[data-ways]").replaceWith(...waysOn(box, ways, again));
    forget(near, by);
    if (foot) foot.before(box);
    else if (roomy) form.append(box);
    else if (place()) place().replaceChildren(box);
    else document.getElementById("content").prepend(box);
    box.scrollIntoView({ block: "nearest" });
  };
  // A result that is asked for while somebody types answers no press, and takes no other's sentence away.
  const PRESS = "press";
  const TYPING = "typing";
  const byOf = ({ requestConfig }) =>
    (requestConfig.verb !== "get" && requestConfig.triggeringEvent?.type === "input" ? TYPING : PRESS);
  const forget = (near, by) => {
    const dialog = near?.closest("dialog");
    for (const each of document.querySelectorAll("[data-transient]")) {
      if ((!each.closest("dialog") || dialog) && (by === PRESS || each.dataset.transient === TYPING)) each.remove();
    }
  };

  const again = (detail, control) => () => {
    const line = detail.elt.closest(".toast-line");
    if (line && !line.isConnected) place().replaceChildren(line); // what went wrong was said in its place
    if (control?.isConnected && control.matches("button, a")) control.click();
    else if (detail.elt.matches("form")) detail.elt.requestSubmit();
    else if (control) window.htmx.trigger(detail.elt, detail.requestConfig.triggeringEvent.type);
    else window.htmx.ajax(detail.requestConfig.verb, detail.requestConfig.path, { source: detail.elt, target: detail.target });
  };
  const failed = (event) => {
    const { detail } = event;
    const control = allotment.pressedFor?.(detail) || null;
    const by = byOf(detail);
    if (sendAgain(detail, control)) return;
    // Asked by itself, again and again, or after a press that failed: said once.
    if ((!control || by === TYPING) && document.querySelector(control ? `[data-transient=${PRESS}]` : "[data-transient]")) return;
    const verb = allotment.word(detail.requestConfig.verb === "get" ? "not-shown" : "not-saved");
    say(failureOf(detail.xhr), control || detail.elt, again(detail, control), verb, by);
  };
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(name, failed);
  document.addEventListener("htmx:beforeSend", (event) => { if (allotment.pressedFor?.(event.detail)) forget(event.detail.elt, byOf(event.detail)); });
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.failed === false && !allotment.pressedFor?.(event.detail)) forget(event.detail.elt, PRESS);
  });

  // An answer without the part that was asked for is said, not put in its place: a page of its own, say, that refuses.
  const isPart = ({ xhr, requestConfig }) => {
    const answer = xhr.responseText.trim();
    const select = requestConfig.elt.closest("[hx-select]")?.getAttribute("hx-select");
    if (select) return new DOMParser().parseFromString(answer, "text/html").querySelector(select) !== null;
    return xhr.status < 400 || (answer.startsWith("<") && !/<(!doctype|html)/i.test(answer));
  };
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { detail } = event;
    if (!detail.shouldSwap || isPart(detail)) return;
    detail.shouldSwap = false;
    detail.isError = true;
  });

  // ---- A page left open: whoever signs in again in another tab gets a new token. The refusal of the old one brings it, and what was
  // refused is sent once more. The cookie itself cannot be read here.

  let token = "";
  let sendingAgain = false;
  const sentAgain = new WeakSet();

  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (sendingAgain) sentAgain.add(detail);
    if (!token) return;
    detail.headers["X-CSRFToken"] = token;
    if (detail.formData.has("csrfmiddlewaretoken")) detail.formData.set("csrfmiddlewaretoken", token);
  });
  const sendAgain = (detail, control) => {
    token = detail.xhr.getResponseHeader?.("X-CSRFToken") || token;
    if (!detail.xhr.getResponseHeader?.("X-CSRFToken") || sentAgain.has(detail.requestConfig)) return false;
    detail.xhr.addEventListener("loadend", () => {
      sendingAgain = true;
      again(detail, control)();
      sendingAgain = false;
    });
    return true;
  };

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const own = words()?.querySelector('[data-status="passkey"]');
    say({ sentence: textOf(own), ways: [] }, document.activeElement?.closest("form"), () => {}, allotment.word("not-done"));
  });
})();

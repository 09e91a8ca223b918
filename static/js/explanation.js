// Explanations: the foot is added again from the values on the page, and the page says whether that gives the same. Whole numbers of
// a millionth, so that nothing is rounded on the way. Without this file the explanation is there all the same.
(() => {
  const MILLION = 1000000n;
  const exact = (text) => {
    const [, sign, whole, rest] = /^(-?)(\d+)(?:\.(\d{1,6})\d*)?$/.exec(text);
    const value = BigInt(whole) * MILLION + BigInt((rest || "").padEnd(6, "0"));
    return sign ? -value : value;
  };
  const parts = (within, name) => [...within.querySelectorAll(`[data-part=${name}]`)].map((each) => each.value);
  const sum = (values) => values.map(exact).reduce((one, other) => one + other, 0n);

  const groupsAddUp = (sheet) => [...sheet.querySelectorAll(".ledger-group")]
    .every((group) => sum(parts(group, "entry")) === exact(parts(group, "sum")[0]));

  // Half up, to a tenth of a percent.
  const quotient = ([part, whole]) => (BigInt(part) * 2000n + BigInt(whole)) / (2n * BigInt(whole)) * (MILLION / 10n);

  const remainders = (amounts) => {
    const whole = amounts.reduce((one, other) => one + other, 0n);
    const tenths = amounts.map((each) => each * 1000n / whole);
    const missing = 1000n - tenths.reduce((one, other) => one + other, 0n);
    amounts.map((each, index) => ({ index, rest: each * 1000n % whole }))
      .sort((one, other) => (one.rest === other.rest ? one.index - other.index : one.rest < other.rest ? 1 : -1))
      .slice(0, Number(missing)).forEach(({ index }) => { tenths[index] += 1n; });
    return tenths.map((each) => each * (MILLION / 10n));
  };

  // From the balance of the first step, day by day: not below zero before the last day, and on it as the second step says.
  const walkEnds = (sums, [opening, closing]) => {
    if (!sums.length) return true;
    let balance = exact(opening);
    const after = sums.map((each) => (balance += exact(each)));
    return after.slice(0, -1).every((each) => each >= 0n) && balance < 0n && balance === exact(closing);
  };

  const CHECKS = {
    sum: (sheet, foot) => groupsAddUp(sheet) && sum(parts(sheet, "sum")) === exact(foot)
      && (!parts(sheet, "step").length || sum(parts(sheet, "step")) === exact(foot)),
    difference: (sheet, foot) => sum(parts(sheet, "step")) === exact(foot),
    product: (sheet, foot) => {
      const [units, rate] = parts(sheet, "step").map(exact);
      return (units / MILLION * rate + MILLION - 1n) / MILLION * MILLION === exact(foot);
    },
    quotient: (sheet, foot) => quotient(parts(sheet, "step")) === exact(foot),
    remainder: (sheet, foot) => {
      const shown = parts(sheet, "share").map(exact);
      const found = remainders(parts(sheet, "credits").map(BigInt));
      return found.every((each, index) => each === shown[index]) && sum(parts(sheet, "share")) === 100n * MILLION
        && exact(parts(sheet.querySelector(".is-asked"), "share")[0]) === exact(foot);
    },
    days: (sheet, foot) => {
      const steps = parts(sheet, "step");
      const [first, last] = steps.slice(-2).map((day) => Date.parse(`${day}T00:00Z`));
      return walkEnds(parts(sheet, "sum"), steps) && groupsAddUp(sheet) && (last - first) / 86400000 === Number(foot);
    },
  };

  const check = (sheet) => {
    const said = sheet.querySelector(".ledger-checked");
    const [foot] = parts(sheet, "foot");
    const again = CHECKS[sheet.dataset.check];
    if (!said || said.textContent || !again || foot === undefined) return;
    let equal = false;
    try { equal = again(sheet, foot); } catch { /* what cannot be read does not add up */ }
    said.classList.add(equal ? "is-equal" : "is-unequal");
    said.textContent = equal ? said.dataset.equal : said.dataset.unequal;
  };
  const checkAll = () => document.querySelectorAll("[data-explained]").forEach(check);

  document.addEventListener("htmx:afterSettle", checkAll);
  checkAll();

  // ---- A figure opens its explanation in the dialog where there is room for it; within the dialog, in its place.

  const wide = matchMedia("(min-width: 768px)");
  let opened = 0;
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a.explains, #panel [data-explains] a");
    const panel = document.getElementById("panel");
    if (!link || !panel || !wide.matches || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    link.id ||= `explains-${(opened += 1)}`; // the focus comes back to it
    // What stands around it may ask for another part, and put its address into the browser's.
    link.setAttribute("hx-select", ".sheet");
    link.setAttribute("hx-push-url", "false");
    window.htmx.ajax("GET", link.getAttribute("href"), { source: link, target: panel, swap: "innerHTML" });
  });
})();

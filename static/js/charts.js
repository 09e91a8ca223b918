// The charts stand in the page as SVG. At the first touch, by pointer or focus, plotly is fetched and draws slices and lines in the same
// place; words, axes and marks stay where they are. Colors in figures are names of custom properties ("var(--slot-1)"), looked up when
// drawing and again when the theme changes. Tooltips say what stands in the tables beside the charts.
(() => {
  const { plotly: source, plotlyStyle: style } = document.currentScript.dataset;
  const config = { displayModeBar: false, displaylogo: false, showSendToCloud: false, plotlyServerURL: "", responsive: true, doubleClick: false, scrollZoom: false };
  const figures = { donut: "donut-figure", "history-chart": "history-figure" };
  const DAY = 86_400_000;

  // htmx drops every <script> from what it swaps in, figures included, so they are taken from the answer itself.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const text = event.detail.serverResponse;
    if (!text || !text.includes("application/json")) return;
    const answer = new DOMParser().parseFromString(text, "text/html");
    for (const data of answer.querySelectorAll('script[type="application/json"][id]')) {
      document.getElementById(data.id)?.remove();
      document.body.append(document.adoptNode(data));
    }
  });

  const figureOf = (chart) => {
    const data = document.getElementById(figures[chart.id]);
    if (!data) return null;
    // The text is the key: an answer of htmx brings other figures under the same id.
    if (chart.figureText !== data.textContent) {
      chart.figureText = data.textContent;
      try { chart.figure = JSON.parse(data.textContent); } catch { chart.figure = null; }
    }
    return chart.figure;
  };
  const written = (number) => number.toLocaleString("en-US").replace("-", "\u2212");
  const named = (day) => new Date(day).toLocaleDateString("en-US", { month: "short", day: "numeric", year: "numeric", timeZone: "UTC" });

  // ---- Tooltips

  const tip = (chart) => {
    let box = chart.querySelector(".chart-tip");
    if (!box) { box = document.createElement("div"); box.className = "chart-tip"; box.hidden = true; (chart.querySelector(".graph-plot") || chart).append(box); }
    return box;
  };
  const element = (name, text) => { const made = document.createElement(name); made.textContent = text; return made; };
  const say = (chart, title, numbers, lines) => {
    const box = tip(chart);
    const list = document.createElement("dl");
    for (const [label, value] of numbers) list.append(element("dt", label), element("dd", value));
    box.replaceChildren(element("strong", title), ...(numbers.length ? [list] : []), ...lines.map((line) => element("p", line)));
    box.hidden = false;
    return box;
  };
  const rule = (chart) => {
    let line = chart.querySelector(".chart-rule");
    if (!line) { line = document.createElement("div"); line.className = "chart-rule"; chart.querySelector(".graph-plot").append(line); }
    return line;
  };
  const hush = (chart) => { for (const each of chart.querySelectorAll(".chart-tip, .chart-rule")) each.hidden = true; };
  const put = (box, left, top) => { box.style.left = `${left}px`; box.style.top = `${top}px`; };

  // Of the history and, after the day shown, of what is ahead.
  const seriesOf = (figure) => {
    const [, , valid, allocated] = figure.data, ahead = figure.layout.meta.ahead;
    const joined = (trace, name) => {
      if (!ahead) return { x: trace.x, y: trace.y };
      return { x: [...trace.x, ...ahead.days.slice(1)], y: [...trace.y, ...ahead[name].slice(1)] };
    };
    return { valid: joined(valid, "valid"), allocated: joined(allocated, "allocated"), renewed: joined(valid, "valid_if_renewed") };
  };

  // The graph's: beside the day, where the lines are not; above the plot where there is no room beside.
  const tellDay = (chart, day) => {
    const figure = figureOf(chart);
    const plot = chart.querySelector(".graph-plot");
    if (!figure || !plot) return;
    const { valid, allocated, renewed } = seriesOf(figure);
    const first = Date.parse(valid.x[0]), last = Date.parse(valid.x.at(-1)), at = Date.parse(day);
    if (!(at >= first && at <= last)) return;
    const point = valid.x.findLastIndex((each) => each <= day);
    const [v, a] = [valid.y[point], allocated.y[point]];
    const { events, words } = figure.layout.meta;
    const r = renewed.y[point] ?? v;
    const numbers = [[words[0], written(v)], [words[1], written(a)], [words[2], written(v - a)], ...(r === v ? [] : [[words[3], written(r)]])];
    const box = say(chart, named(at), numbers, events[day] || []);
    const { clientWidth: wide, clientHeight: high } = plot, { offsetWidth: width, offsetHeight: height } = box;
    const x = ((at - first) / Math.max(last - first, DAY)) * wide, gap = 14;
    const line = rule(chart);
    line.style.left = `${x}px`;
    line.hidden = false;
    const top = figure.layout.yaxis.range[1];
    const y = (value) => (1 - value / top) * high;
    const meets = (left, above) => {
      const from = first + (left / wide) * (last - first), to = first + ((left + width) / wide) * (last - first);
      return valid.x.reduce((met, each, i) => {
        const start = Date.parse(each), end = i + 1 < valid.x.length ? Date.parse(valid.x[i + 1]) : last;
        if (start > to || end < from) return met;
        return met + [valid.y[i], allocated.y[i]].filter((value) => y(value) > above - 4 && y(value) < above + height + 4).length;
      }, 0);
    };
    const beside = [x + gap, x - gap - width].filter((left) => left >= -40 && left + width <= wide + 130 && (left + width <= wide || wide > 400));
    const places = beside.flatMap((left) => [[left, high - height - 4], [left, 0]]);
    const best = places.map((place) => [meets(...place), ...place]).sort((one, two) => one[0] - two[0])[0];
    if (best) put(box, best[1], best[2]);
    else put(box, Math.max(-40, Math.min(x - width / 2, wide - width + 8)), -height - 18);
  };

  // The ring's: above or below it, never over its center.
  const tellSlice = (chart, slug) => {
    const figure = figureOf(chart), data = figure?.data[0], i = data?.customdata.indexOf(slug) ?? -1;
    if (i < 0 || !slug) return hush(chart);
    const plain = new DOMParser().parseFromString(data.labels[i], "text/html").documentElement.textContent;
    const box = say(chart, plain, [[document.querySelector("#offerings .ring-what")?.textContent || "", written(data.values[i])]], [data.text[i]]);
    const sum = data.values.reduce((all, each) => all + each, 0), before = data.values.slice(0, i).reduce((all, each) => all + each, 0);
    const turn = 2 * Math.PI * ((before + data.values[i] / 2) / sum);
    const middle = chart.clientWidth / 2;
    const left = Math.max(4, Math.min(middle + 106 * Math.sin(turn) - box.offsetWidth / 2, chart.clientWidth - box.offsetWidth - 4));
    put(box, left, Math.cos(turn) >= 0 ? 10 - box.offsetHeight : 234);
  };

  // ---- Ring and legend raise each other; what the features are filtered by stays raised.

  const rowOf = (slug) => slug && document.querySelector(`#legend [data-offering="${CSS.escape(slug)}"]`);
  const chosen = () => new URLSearchParams(location.search).get("offering") || "";
  const raise = (hovered) => {
    const ring = document.getElementById("donut");
    for (const each of document.querySelectorAll("#legend tr[data-offering]")) each.classList.toggle("is-raised", each.dataset.offering === hovered);
    if (!ring) return;
    const slug = hovered || (rowOf(chosen()) ? chosen() : "");
    const slugs = [...ring.querySelectorAll("path.slice")].map((each) => each.dataset.slice);
    const raised = !slug || slugs.includes(slug) ? slug : "other"; // rows of the folded tail share one slice
    for (const slice of ring.querySelectorAll("path.slice, g.slice")) {
      const of = slice.dataset.slice ?? slice.closest("g.trace")?.__data__?.[0]?.trace?.customdata?.[slice.__data__?.i];
      slice.classList.toggle("is-dimmed", Boolean(raised && of && of !== raised));
    }
  };
  const markChosen = () => {
    const slug = chosen();
    for (const link of document.querySelectorAll("#legend tr[data-offering] a.offering")) {
      if (link.closest("tr").dataset.offering === slug) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
    }
    raise("");
  };
  const follow = (slug) => {
    const link = rowOf(slug)?.querySelector("a") || (slug === "other" && document.querySelector("#legend [data-expands]"));
    if (link) link.click();
  };

  // ---- plotly

  let loading = null;
  const load = () => {
    if (!loading) {
      loading = new Promise((resolve, reject) => {
        if (!document.getElementById("plotly.js-style-global")) {
          // Empty: plotly finds it and writes no <style> of its own, which the policy would refuse.
          const sheet = document.createElement("link");
          Object.assign(sheet, { rel: "stylesheet", id: "plotly.js-style-global", href: style });
          document.head.append(sheet);
        }
        const script = document.createElement("script");
        script.src = source;
        script.onload = resolve;
        script.onerror = () => { loading = null; script.remove(); reject(new Error("plotly did not come")); };
        document.head.append(script);
      });
    }
    return loading;
  };
  const resolve = (value, color) => {
    if (typeof value === "string") return value.startsWith("var(") ? color(value) : value;
    if (Array.isArray(value)) return value.map((each) => resolve(each, color));
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolve(each, color)]));
    return value;
  };
  // Each day answers to the pointer, not only those on which something changed.
  const everyDay = (figure) => {
    const { valid, allocated } = seriesOf(figure), x = valid.x, y = valid.y.map((value, i) => Math.max(value, allocated.y[i]));
    const days = [], values = [];
    for (let at = Date.parse(x[0]), i = 0; at <= Date.parse(x.at(-1)); at += DAY) {
      const day = new Date(at).toISOString().slice(0, 10);
      while (i + 1 < x.length && x[i + 1] <= day) i += 1;
      days.push(day); values.push(y[i]);
    }
    return { type: "scatter", mode: "lines", x: days, y: values, line: { width: 0 }, hoverinfo: "none" };
  };
  const draw = async (chart) => {
    const figure = figureOf(chart), place = chart.querySelector(".chart-plotly");
    if (!figure || !place || !window.Plotly) return;
    const probe = document.createElement("span"), known = new Map();
    chart.append(probe);
    const drawn = resolve(figure, (name) => {
      if (!known.has(name)) { probe.style.color = name; known.set(name, getComputedStyle(probe).color); }
      return known.get(name);
    });
    probe.remove();
    if (chart.id === "history-chart") drawn.data.push(everyDay(figure));
    const done = window.Plotly.react(place, drawn.data, { ...drawn.layout, autosize: chart.id !== "donut" }, config);
    if (!chart.classList.contains("is-drawn")) { chart.classList.add("is-drawn"); bind(chart, place); }
    await done;
    if (chart.id === "donut") raise("");
  };
  const slugOf = (event) => { const data = event.points[0]?.customdata; return (Array.isArray(data) ? data[0] : data) || ""; };
  const bind = (chart, place) => {
    if (chart.id === "donut") {
      place.on("plotly_hover", (event) => { raise(slugOf(event)); tellSlice(chart, slugOf(event)); });
      place.on("plotly_unhover", () => { raise(""); hush(chart); });
      place.on("plotly_click", (event) => follow(slugOf(event)));
    } else {
      place.on("plotly_hover", (event) => tellDay(chart, String(event.points[0].x).slice(0, 10)));
      place.on("plotly_unhover", () => hush(chart));
    }
  };
  // A press that began on the one picture must end on it: of one that ends on another, neither is told.
  let pressed = Promise.resolve();
  document.addEventListener("pointerdown", () => {
    pressed = new Promise((done) => {
      const ended = () => window.setTimeout(done); // after the click that follows
      for (const kind of ["pointerup", "pointercancel"]) document.addEventListener(kind, ended, { once: true, capture: true });
    });
  }, { capture: true, passive: true });
  const touched = (event) => {
    const chart = event.target.closest?.("#donut, #history-chart");
    if (!chart || chart.isTouched) return;
    chart.isTouched = true;
    load().then(() => pressed).then(() => draw(chart)).catch(() => { chart.isTouched = false; });
  };
  for (const kind of ["pointerover", "pointerdown", "focusin"]) document.addEventListener(kind, touched, { passive: true });
  document.addEventListener("theme-changed", () => document.querySelectorAll(".chart.is-drawn").forEach(draw));

  // ---- The pictures answer before plotly has come, and the marks always

  const overRow = (event) => event.target.closest?.("#legend tr[data-offering]");
  const overSlice = (event) => event.target.closest?.("#donut path.slice[data-slice]");
  const overMark = (event) => event.target.closest?.(".graph-marks a");
  for (const kind of ["mouseover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const row = overRow(event), slice = overSlice(event), mark = overMark(event);
      if (row) raise(row.dataset.offering);
      if (slice) { raise(slice.dataset.slice); tellSlice(slice.closest(".chart"), slice.dataset.slice); }
      if (mark) tellDay(mark.closest(".chart"), new URL(mark.href.baseVal, location.href).searchParams.get("on"));
    });
  }
  for (const kind of ["mouseout", "focusout"]) {
    document.addEventListener(kind, (event) => {
      if (overRow(event)) raise("");
      if (overSlice(event)) { raise(""); hush(event.target.closest(".chart")); }
      if (overMark(event)) hush(event.target.closest(".chart"));
    });
  }
  // A finger has no hover, and before plotly has come nothing else finds the day under the pointer.
  for (const kind of ["pointermove", "pointerdown"]) {
    document.addEventListener(kind, (event) => {
      const plot = event.target.closest?.(".graph-plot"), chart = plot?.closest(".chart");
      if (!chart || overMark(event) || (chart.classList.contains("is-drawn") && event.pointerType !== "touch")) return;
      const shown = figureOf(chart), series = shown && seriesOf(shown).valid.x, box = plot.getBoundingClientRect();
      if (!series) return;
      const first = Date.parse(series[0]), part = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
      tellDay(chart, new Date(first + Math.round((part * (Date.parse(series.at(-1)) - first)) / DAY) * DAY).toISOString().slice(0, 10));
    }, { passive: true });
  }
  document.addEventListener("pointerout", (event) => {
    const plot = event.target.closest?.(".graph-plot");
    if (plot && event.pointerType !== "touch" && !plot.contains(event.relatedTarget)) hush(plot.closest(".chart"));
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") document.querySelectorAll(".chart").forEach(hush); });
  document.addEventListener("click", (event) => {
    const link = overRow(event)?.querySelector("a");
    if (link && !event.target.closest("a")) link.click();
    const slice = overSlice(event);
    if (slice) follow(slice.dataset.slice);
  }, true);
  for (const kind of ["htmx:afterSettle", "htmx:pushedIntoHistory", "htmx:historyRestore"]) document.addEventListener(kind, markChosen);
})();

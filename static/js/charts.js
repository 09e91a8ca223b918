// Draws the figures Python has built. Colors in them are names of custom properties ("var(--slot-1)"), looked up when drawing and again
// when the theme changes. Every number drawn stands in a table beside the chart.
(() => {
  const charts = [
    { place: "donut", figure: "donut-figure" },
    { place: "history-chart", figure: "history-figure" },
  ];
  const config = { displayModeBar: false, displaylogo: false, showSendToCloud: false, plotlyServerURL: "", responsive: true, doubleClick: false, scrollZoom: false };
  const narrow = window.matchMedia("screen and (max-width: 767.98px)");
  const paper = 660; // what fits between the margins of a printed page, in pixels
  let printing = false;

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

  const colors = (probe) => {
    const known = new Map();
    return (name) => {
      if (!known.has(name)) {
        probe.style.color = `var(${name})`;
        known.set(name, getComputedStyle(probe).color);
      }
      return known.get(name);
    };
  };
  const resolve = (value, color) => {
    if (typeof value === "string") return value.startsWith("var(") ? color(value.slice(4, -1)) : value;
    if (Array.isArray(value)) return value.map((each) => resolve(each, color));
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolve(each, color)]));
    return value;
  };
  const read = (id) => {
    const data = document.getElementById(id);
    if (!data) return null;
    try { return JSON.parse(data.textContent); } catch { return null; }
  };

  const fit = (place, layout) => {
    const fitted = { ...layout, autosize: true, height: place.clientHeight || layout.height };
    delete fitted.width;
    if (printing) return { ...fitted, autosize: false, width: Math.min(paper, place.clientWidth) };
    if (place.id === "history-chart" && narrow.matches) {
      // Narrow: no notes inside the plot, fewer ticks; the end labels stand in the tiles above.
      fitted.margin = { ...layout.margin, l: 44, r: 12 };
      fitted.annotations = [];
      fitted.xaxis = { ...layout.xaxis, nticks: 4, tickangle: 0 };
      if (/^M\d+$/.test(layout.xaxis?.dtick)) fitted.xaxis.dtick = "M4";
      if (layout.xaxis && layout.xaxis.tickvals) {
        const every = Math.ceil(layout.xaxis.tickvals.length / 4);
        fitted.xaxis.tickvals = layout.xaxis.tickvals.filter((_, i) => i % every === 0);
        if (layout.xaxis.ticktext) fitted.xaxis.ticktext = layout.xaxis.ticktext.filter((_, i) => i % every === 0);
      }
    }
    return fitted;
  };

  const draw = async ({ place: id, figure: source }) => {
    const place = document.getElementById(id);
    const figure = place && read(source);
    if (!figure || !window.Plotly) return;
    const probe = document.createElement("span");
    place.append(probe);
    const drawn = resolve(figure, colors(probe));
    probe.remove();
    await window.Plotly.react(place, drawn.data, fit(place, drawn.layout || {}), config);
    place.querySelector("svg.main-svg")?.setAttribute("aria-hidden", "true");
    if (id === "donut" && !place.dataset.bound) { place.dataset.bound = "yes"; bind(place); }
    raise(null);
  };
  const drawAll = () => charts.forEach(draw);

  // ---- Donut and legend raise each other; a click follows the legend's link, which htmx turns into a swap with its own address.

  const row = (offering) => offering && document.querySelector(`#legend [data-offering="${CSS.escape(offering)}"]`);
  const name = (point) => { const data = point && point.customdata; return Array.isArray(data) ? data[0] : data; };
  const raise = (offering) => {
    for (const each of document.querySelectorAll("#legend tr[data-offering]")) each.classList.toggle("is-raised", each.dataset.offering === offering);
    for (const slice of document.querySelectorAll("#donut g.slice")) {
      // plotly keeps the trace on its group and the number of the point on the slice.
      const trace = slice.closest("g.trace")?.__data__?.[0]?.trace;
      const slugs = trace?.customdata || [];
      const of = slugs[slice.__data__.i];
      const raised = slugs.includes(offering) ? offering : "other"; // rows of the folded tail share one slice
      slice.style.opacity = row(offering) && of && of !== raised ? "0.35" : "";
    }
  };
  const bind = (place) => {
    place.on("plotly_hover", (event) => raise(name(event.points[0])));
    place.on("plotly_unhover", () => raise(null));
    place.on("plotly_click", (event) => {
      const offering = name(event.points[0]);
      const follows = row(offering) ? row(offering).querySelector("a") : offering === "other" && document.querySelector("#legend [data-expands]");
      if (follows) follows.click();
    });
  };
  const overRow = (event) => event.target.closest?.("#legend tr[data-offering]");
  for (const kind of ["mouseover", "focusin"]) document.addEventListener(kind, (event) => { const over = overRow(event); if (over) raise(over.dataset.offering); });
  for (const kind of ["mouseout", "focusout"]) document.addEventListener(kind, (event) => { if (overRow(event)) raise(null); });

  document.addEventListener("click", (event) => {
    const link = overRow(event)?.querySelector("a");
    if (link && !link.contains(event.target)) link.click();
  });

  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("theme-changed", drawAll);
  document.addEventListener("htmx:afterSettle", () => charts.forEach((chart) => {
    const place = document.getElementById(chart.place);
    if (place && !place.querySelector(".main-svg")) draw(chart);
  }));
  narrow.addEventListener("change", drawAll);
  for (const kind of ["beforeprint", "afterprint"]) window.addEventListener(kind, () => { printing = kind === "beforeprint"; drawAll(); });
  if (document.fonts) document.fonts.ready.then(drawAll);
})();

// Runs before the first paint: chooses light or dark, so that nothing flashes. The choice is kept in this browser only.
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  // Django's admin keeps its own choice under the same name, and has a third one, "auto".
  const kept = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const chosen = () => ["light", "dark"].find((each) => each === kept());
  const apply = () => {
    const theme = chosen() || (dark.matches ? "dark" : "light");
    if (root.dataset.bsTheme !== theme) {
      root.dataset.bsTheme = theme;
      document.dispatchEvent(new CustomEvent("theme-changed"));
    }
  };
  root.classList.add("js");
  apply();
  dark.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    const next = root.dataset.bsTheme === "dark" ? "light" : "dark";
    try { localStorage.setItem("theme", next); } catch { /* private window: holds for this page */ }
    root.dataset.bsTheme = next;
    document.dispatchEvent(new CustomEvent("theme-changed"));
  });
})();

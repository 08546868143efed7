// Before the first paint: the theme and language that were chosen, so that nothing flashes.
(() => {
  const root = document.documentElement;
  const saved = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage is switched off: the system decides
    }
  };
  const choice = saved("hodei.theme") ?? "system";
  const light = matchMedia("(prefers-color-scheme: light)").matches;
  const theme = choice === "light" || choice === "dark" ? choice : light ? "light" : "dark";
  root.dataset.theme = theme;
  root.dataset.density = saved("hodei.density") === "compact" ? "compact" : "comfortable";
  document
    .querySelector('meta[name="theme-color"]')
    ?.setAttribute("content", theme === "light" ? "#F6F7F9" : "#0C1017");
})();

// Light or dark: as the system has it, until the reader chooses; paper is light.
const startTheme = () => {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const button = byId("theme");
  let chosen = null;
  const apply = (theme) => {
    document.documentElement.dataset.theme = theme;
    button.setAttribute("aria-pressed", String(theme === "dark"));
    drawCharts();
  };
  const current = () => chosen || (system.matches ? "dark" : "light");
  button.hidden = false;
  button.addEventListener("click", () => {
    chosen = current() === "dark" ? "light" : "dark";
    apply(chosen);
  });
  system.addEventListener("change", () => apply(current()));
  window.addEventListener("beforeprint", () => apply("light"));
  window.addEventListener("afterprint", () => apply(current()));
  document.documentElement.dataset.theme = current();
  button.setAttribute("aria-pressed", String(current() === "dark"));
};

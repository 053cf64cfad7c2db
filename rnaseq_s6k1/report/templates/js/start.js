// The order of things once the page is there.
const followContents = () => {
  const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        links.forEach((link) => link.removeAttribute("aria-current"));
        links.get(entry.target.id)?.setAttribute("aria-current", "true");
      }
    },
    { rootMargin: "-10% 0px -80% 0px" },
  );
  document.querySelectorAll("main > section").forEach((section) => links.has(section.id) && seen.observe(section));
};

startTheme();
startSortable();
startFigures();
startGeneCharts();
startGeneTable();
startQuality();
startRunningSums();
recount();
charts.filter((draw) => draw !== drawVolcano && draw !== drawMa).forEach((draw) => draw());
followContents();
let resizing = 0;
let lastWidth = window.innerWidth;
window.addEventListener("resize", () => {
  // Phones resize upright as their bars come and go; only the width matters.
  if (window.innerWidth === lastWidth) return;
  lastWidth = window.innerWidth;
  clearTimeout(resizing);
  resizing = setTimeout(drawCharts, 150);
});

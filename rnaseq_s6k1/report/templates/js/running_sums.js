// The running sum of the gene set that the reader chooses.
const sums = readData("running-sums");

const drawRunningSum = () => {
  const box = byId("chart-running-sum");
  const name = byId("curve").value;
  const set = sums.sets[name];
  const points = [[0, 0]];
  set.rank.forEach((rank, k) => points.push([rank - 1, set.before[k]], [rank, set.after[k]]));
  points.push([sums.nGenes, 0]);
  const heights = points.map((point) => point[1]);
  const [yFrom, yTo] = padded(extent([...heights, 0]), 0.08);
  const peak = heights.reduce((best, value, k) => (Math.abs(value) > Math.abs(heights[best]) ? k : best), 0);
  const title = name.slice(name.indexOf("/") + 1);
  const frame = frameChart(box, {
    height: 320, margin: { bottom: 78 }, label: `Running enrichment score of ${title} along ${grouped(sums.nGenes)} ranked genes; it is farthest from zero at ${shown(heights[peak])}`,
    x: { from: 0, to: sums.nGenes, label: "", format: () => "" }, y: { from: yFrom, to: yTo, label: "running score" },
  });
  const floor = frame.height - frame.margin.bottom;
  frame.svg.append(makeSvg("line", { class: "axis", x1: frame.x(0), x2: frame.x(sums.nGenes), y1: frame.y(0), y2: frame.y(0) }));
  const path = points.map(([x, y]) => `${frame.x(x).toFixed(1)},${frame.y(y).toFixed(1)}`).join("L");
  frame.svg.append(makeSvg("path", { d: "M" + path, fill: "none", style: `stroke:var(--${heights[peak] < 0 ? "down" : "up"});stroke-width:2` }));
  const ticks = set.rank.map((rank) => `M${frame.x(rank).toFixed(1)},${floor + 6}v16`).join("");
  frame.svg.append(makeSvg("path", { d: ticks, style: "stroke:var(--ink);stroke-width:1;opacity:0.65" }));
  const ends = settings.factor ? [`higher in ${shorten(settings.target, 22)}`, `higher in ${shorten(settings.reference, 22)}`] : ["positive", "negative"];
  frame.svg.append(makeSvg("text", { class: "tick", x: frame.margin.left, y: floor + 40 }, ends[0]));
  frame.svg.append(makeSvg("text", { class: "tick", x: frame.width - frame.margin.right, y: floor + 40, "text-anchor": "end" }, ends[1]));
  frame.svg.append(makeSvg("text", { x: (frame.margin.left + frame.width - frame.margin.right) / 2, y: floor + 64, "text-anchor": "middle" }, `rank among ${grouped(sums.nGenes)} genes`));
  byId("curve-text").textContent = `${title}: enrichment score ${signed(heights[peak])}; the ticks are its ${set.rank.length} genes. gsea/running_sums.tsv`;
  followMouse(box, frame, [{ x: set.rank, y: set.after }], (k) => `${set.gene[k]}\nrank ${grouped(set.rank[k])}`);
};

const startRunningSums = () => {
  if (!sums) return;
  const choice = byId("curve");
  const inTable = [...document.querySelectorAll("#set-table tbody tr")].map((row) => `${row.querySelector(".sub").textContent}/${row.querySelector(".name").textContent}`);
  const names = [...inTable.filter((name) => name in sums.sets), ...Object.keys(sums.sets).filter((name) => !inTable.includes(name))];
  for (const name of names) choice.append(make("option", { value: name }, name.slice(name.indexOf("/") + 1)));
  choice.addEventListener("change", drawRunningSum);
  charts.push(drawRunningSum);
};

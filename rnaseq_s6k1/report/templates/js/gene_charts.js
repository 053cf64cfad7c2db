// Volcano and MA: two views of the same genes, thresholds and marks.
const marked = new Set();

const layersOf = (xOf, yOf) => {
  const layers = [
    { colour: "none", size: 1.6, opacity: 0.65, x: [], y: [], ids: [] },
    { colour: "down", size: 2.4, opacity: 0.8, x: [], y: [], ids: [] },
    { colour: "up", size: 2.4, opacity: 0.8, x: [], y: [], ids: [] },
  ];
  for (let k = 0; k < nGenes; k += 1) {
    const x = xOf(k);
    const y = yOf(k);
    if (x === null || y === null) continue;
    const layer = layers[calls[k] > 0 ? 2 : calls[k] < 0 ? 1 : 0];
    layer.x.push(x);
    layer.y.push(y);
    layer.ids.push(k);
  }
  return layers;
};

const callLegend = (box) =>
  drawLegend(box, [
    { path: SHAPES[0], fill: "var(--up)", text: `up${settings.target && settings.factor ? " in " + shorten(settings.target, 24) : ""}` },
    { path: SHAPES[0], fill: "var(--down)", text: "down" },
    { path: SHAPES[0], fill: "var(--none)", text: "not called" },
  ]);

// Where a p underflowed there is no logarithm: such genes go to the upper edge.
const minusLog10 = (p) => (p === null ? null : p > 0 ? -Math.log10(p) : 330);

const markGenes = (frame, xOf, yOf) => {
  for (const k of marked) {
    const x = xOf(k);
    const y = yOf(k);
    if (x === null || y === null) continue;
    const left = frame.x(x);
    const top = frame.y(y);
    const right = left > frame.width * 0.65;
    frame.svg.append(makeSvg("circle", { cx: left, cy: top, r: 6.5, fill: "none", stroke: "var(--ink)", "stroke-width": 2, class: "marked" }));
    frame.svg.append(makeSvg("text", {
      x: left + (right ? -11 : 11), y: Math.max(top + 4, frame.margin.top + 10), "text-anchor": right ? "end" : "start",
      style: "font-weight:700;paint-order:stroke;stroke:var(--card);stroke-width:4px",
    }, shorten(genes.gene_name[k], 24)));
  }
};

const lfcLabel = () => {
  const compared = settings.factor ? `, ${shorten(settings.target, 16)} / ${shorten(settings.reference, 16)}` : "";
  return `log2 fold change${compared}`;
};

const heightOf = (box) => Math.round(Math.min(460, Math.max(300, box.clientWidth * 0.8)));

const drawVolcano = () => {
  const box = byId("chart-volcano");
  const xOf = (k) => genes.log2FoldChange[k];
  const yOf = (k) => minusLog10(significance[k]);
  const layers = layersOf(xOf, yOf);
  const reach = Math.max(1, ...layers.flatMap((layer) => extent(layer.x).map(Math.abs))) * 1.05;
  const top = Math.max(1, ...layers.map((layer) => (layer.y.length ? extent(layer.y)[1] : 0))) * 1.05;
  const frame = frameChart(box, {
    height: heightOf(box), label: `Volcano plot: ${lfcLabel()} against minus log10 ${significanceName} of ${grouped(nGenes)} genes. ${byId("recount").textContent}`,
    x: { from: -reach, to: reach, label: lfcLabel() }, y: { from: 0, to: top, label: `−log10 ${significanceName}` },
  });
  callLegend(box);
  drawCloud(box, frame, layers, { describe: describeGene });
  const across = frame.y(Math.min(top, minusLog10(thresholds.alpha) || 0));
  frame.svg.append(makeSvg("line", { class: "threshold", x1: frame.margin.left, x2: frame.width - frame.margin.right, y1: across, y2: across }));
  for (const at of settings.lfc_mode === "filter" && thresholds.lfc > 0 && thresholds.lfc < reach ? [-thresholds.lfc, thresholds.lfc] : []) {
    frame.svg.append(makeSvg("line", { class: "threshold", x1: frame.x(at), x2: frame.x(at), y1: frame.margin.top, y2: frame.height - frame.margin.bottom }));
  }
  markGenes(frame, xOf, yOf);
};

const drawMa = () => {
  const box = byId("chart-ma");
  const xOf = (k) => (genes.baseMean[k] > 0 ? Math.log10(genes.baseMean[k]) : null);
  const yOf = (k) => genes.log2FoldChange[k];
  const layers = layersOf(xOf, yOf);
  const [from, to] = padded(extent(layers.flatMap((layer) => extent(layer.x))), 0.03);
  const reach = Math.max(1, ...layers.flatMap((layer) => extent(layer.y).map(Math.abs))) * 1.05;
  const frame = frameChart(box, {
    height: heightOf(box), label: `MA plot: mean of normalised counts against ${lfcLabel()} of ${grouped(nGenes)} genes`,
    x: { from, to, powers: true, format: powerOfTen, label: "mean normalised count (log scale)" },
    y: { from: -reach, to: reach, label: lfcLabel() },
  });
  callLegend(box);
  drawCloud(box, frame, layers, { describe: describeGene });
  markGenes(frame, xOf, yOf);
};

const readThreshold = (id, name, low, high) => {
  const value = Number(byId(id).value);
  // An empty or impossible entry leaves the last one in force.
  if (byId(id).value === "" || !(value >= low && value <= high)) return;
  thresholds[name] = value;
  recount();
};

const markGene = () => {
  const text = byId("gene").value;
  const k = findGene(text);
  const said = byId("found");
  marked.clear();
  if (settings.driver && findGene(settings.driver) >= 0) marked.add(findGene(settings.driver));
  if (k < 0) said.textContent = text.trim() ? `No gene of that name or id: ${shorten(text.trim(), 40)}` : "";
  else {
    marked.add(k);
    const called = calls[k] === 0 ? "not called" : `called ${CALL_NAMES[calls[k]]}`;
    const unseen = significance[k] === null ? "; without a value, it is not in the volcano" : "";
    said.textContent = `${describeGene(k).replaceAll("\n", ", ")}; ${called}${unseen}`;
  }
  drawVolcano();
  drawMa();
};

const startGeneCharts = () => {
  byId("lfc").addEventListener("input", () => readThreshold("lfc", "lfc", 0, 100));
  byId("alpha").addEventListener("input", () => readThreshold("alpha", "alpha", 0, 1));
  byId("reset").addEventListener("click", () => {
    thresholds.lfc = settings.lfc;
    thresholds.alpha = settings.alpha;
    byId("lfc").value = settings.lfc;
    byId("alpha").value = settings.alpha;
    recount();
  });
  byId("thresholds").addEventListener("submit", (event) => {
    event.preventDefault();
    markGene();
  });
  const driver = settings.driver ? findGene(settings.driver) : -1;
  if (driver >= 0 && genes.gene_name[driver] === settings.driver) marked.add(driver);
  listeners.push(drawVolcano, drawMa);
  charts.push(drawVolcano, drawMa);
};

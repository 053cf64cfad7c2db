// Charts of the samples.
const quality = readData("quality");

const sampleGroups = () => {
  const found = [...new Set(quality.samples.group)];
  // The reference and the target come first, as in the figures.
  const first = [settings.reference, settings.target].filter((name) => found.includes(name));
  return [...first, ...found.filter((name) => !first.includes(name)).sort()];
};

const groupLegend = (box, groups) => {
  if (groups.length > 1 || groups[0]) drawLegend(box, groups.map((name, index) => ({ ...groupLook(index), text: shorten(String(name), 30) })));
};

const sampleText = (k) => {
  const { sample, group, library_size: size, detected_genes: detected } = quality.samples;
  const out = [quality.samples.outlier[k] ? "outlier" : "", quality.samples.shallow[k] ? "shallow" : ""].filter(Boolean).join(", ");
  return `${shorten(String(sample[k]), 60)}\n${group[k]}: ${grouped(size[k])} counts, ${grouped(detected[k])} genes${out ? "\n" + out : ""}`;
};

const axisName = (number) => {
  const share = quality.explained[number - 1];
  return share === undefined ? `PC${number}` : `PC${number} (${(100 * share).toFixed(0)} % of variance)`;
};

const drawPca = () => {
  const box = byId("chart-pca");
  const { PC1, PC2, group, sample } = quality.samples;
  const groups = sampleGroups();
  const [xFrom, xTo] = padded(extent(PC1), 0.12);
  const [yFrom, yTo] = padded(extent(PC2), 0.12);
  const frame = frameChart(box, {
    height: 340, label: `Principal components of ${sample.length} samples in the groups ${groups.join(", ")}`,
    x: { from: xFrom, to: xTo, label: axisName(1) }, y: { from: yFrom, to: yTo, label: axisName(2) },
  });
  PC1.forEach((x, k) => {
    const look = groupLook(groups.indexOf(group[k]));
    frame.svg.append(makeSvg("path", { d: look.path, transform: `translate(${frame.x(x)} ${frame.y(PC2[k])})`, style: `fill:${look.fill};stroke:var(--card);stroke-width:1` }));
    if (quality.samples.outlier[k]) frame.svg.append(makeSvg("circle", { cx: frame.x(x), cy: frame.y(PC2[k]), r: 9, fill: "none", stroke: "var(--ink)", "stroke-width": 1.5 }));
  });
  groupLegend(box, groups);
  followMouse(box, frame, [{ x: PC1, y: PC2 }], sampleText);
};

const drawLibraries = () => {
  const box = byId("chart-libraries");
  const { sample, library_size: sizes, group } = quality.samples;
  const groups = sampleGroups();
  const order = [...sample.keys()].sort((a, b) => groups.indexOf(group[a]) - groups.indexOf(group[b]) || sizes[b] - sizes[a]);
  const named = sample.length <= 40;
  const step = named ? 20 : Math.max(0.5, 280 / sample.length);
  const frame = frameChart(box, {
    height: Math.round(order.length * step + 64), label: `Library sizes of ${sample.length} samples, from ${grouped(Math.min(...sizes))} to ${grouped(Math.max(...sizes))} counts`,
    margin: { left: named ? 120 : 30, top: 6 }, x: { from: 0, to: Math.max(...sizes) * 1.04, label: "counts", grid: true, format: compactNumber },
    y: { from: 0, to: order.length, ticks: [], label: named ? "" : "samples, by group" },
  });
  order.forEach((k, row) => {
    const top = frame.margin.top + row * step;
    const bar = makeSvg("rect", { x: frame.x(0), y: top + step * 0.12, width: Math.max(0, frame.x(sizes[k]) - frame.x(0)), height: step * 0.76, style: `fill:${groupLook(groups.indexOf(group[k])).fill}` });
    bar.append(makeSvg("title", {}, sampleText(k)));
    frame.svg.append(bar);
    if (named) frame.svg.append(makeSvg("text", { class: "tick", x: frame.margin.left - 6, y: top + step / 2 + 4, "text-anchor": "end" }, shorten(String(sample[k]), 17)));
  });
  groupLegend(box, groups);
};

const drawDistances = () => {
  const box = byId("chart-distances");
  const matrix = quality.distances;
  const { sample, group } = quality.samples;
  if (!matrix) {
    box.replaceChildren(make("p", { class: "note" }, `With ${sample.length} samples the matrix is too large to be shown.`));
    return;
  }
  const groups = sampleGroups();
  const order = [...sample.keys()].sort((a, b) => groups.indexOf(group[a]) - groups.indexOf(group[b]) || a - b);
  const width = Math.max(260, box.clientWidth);
  const named = sample.length <= 24;
  const left = named ? 110 : 16;
  const size = Math.min((width - left - 8) / sample.length, 34);
  const side = size * sample.length;
  const height = side + 76;
  const svg = makeSvg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Distances between ${sample.length} samples, ordered by group` });
  const largest = Math.max(...matrix.flat());
  const smallest = Math.min(...matrix.flat().filter((value) => value > 0), largest);
  const strength = (value) => (value === 0 ? 100 : Math.round(90 - 84 * ((value - smallest) / (largest - smallest || 1))));
  const fill = (percent) => `color-mix(in srgb, var(--down) ${percent}%, var(--card))`;
  order.forEach((a, row) => {
    const look = groupLook(groups.indexOf(group[a]));
    svg.append(makeSvg("rect", { x: left - 10, y: 14 + row * size, width: 7, height: size, style: `fill:${look.fill}` }));
    svg.append(makeSvg("rect", { x: left + row * size, y: 4, width: size, height: 7, style: `fill:${look.fill}` }));
    if (named) svg.append(makeSvg("text", { class: "tick", x: left - 14, y: 14 + (row + 0.5) * size + 4, "text-anchor": "end" }, shorten(String(sample[a]), 15)));
    order.forEach((b, column) => {
      const cell = makeSvg("rect", { x: left + column * size, y: 14 + row * size, width: size + 0.3, height: size + 0.3, style: `fill:${fill(strength(matrix[a][b]))}` });
      if (sample.length <= 40) cell.append(makeSvg("title", {}, `${sample[a]} to ${sample[b]}: ${matrix[a][b]}`));
      svg.append(cell);
    });
  });
  // The key: from the closest to the farthest pair.
  for (let k = 0; k < 40; k += 1) svg.append(makeSvg("rect", { x: left + k * 3, y: side + 26, width: 3.3, height: 8, style: `fill:${fill(90 - (84 * k) / 39)}` }));
  svg.append(makeSvg("text", { class: "tick", x: left, y: side + 50 }, shown(smallest)));
  svg.append(makeSvg("text", { class: "tick", x: left + 120, y: side + 50, "text-anchor": "end" }, `${shown(largest)}`));
  svg.append(makeSvg("text", { class: "tick", x: left, y: side + 66 }, "distance (log2 units)"));
  box.replaceChildren(svg);
  groupLegend(box, groups);
};

const drawDispersions = () => {
  const box = byId("chart-dispersions");
  const found = quality.dispersions;
  if (!found) return;
  const log = (value) => (value > 0 ? Math.log10(value) : null);
  const layer = (values, look, keep) => {
    const one = { ...look, x: [], y: [] };
    values.forEach((value, k) => {
      const [x, y] = [log(found.mean[k]), log(value)];
      if (x === null || y === null || y < -6 || !keep(k)) return;
      one.x.push(x);
      one.y.push(y);
    });
    return one;
  };
  const outliers = new Set(found.outlier);
  const layers = [
    layer(found.genewise, { colour: "none", size: 1.4, opacity: 0.6 }, (k) => !outliers.has(k)),
    layer(found.final, { colour: "final", size: 1.2, opacity: 0.5 }, (k) => !outliers.has(k)),
    layer(found.genewise, { colour: "outlier", size: 1.8, opacity: 0.9 }, (k) => outliers.has(k)),
  ];
  const [xFrom, xTo] = padded(extent(layers.flatMap((one) => extent(one.x))), 0.02);
  const [yFrom, yTo] = padded(extent(layers.flatMap((one) => (one.y.length ? extent(one.y) : [null]))), 0.03);
  const frame = frameChart(box, {
    height: 340, label: `Dispersions of ${grouped(found.mean.length)} genes against their mean, with the trend`,
    x: { from: xFrom, to: xTo, powers: true, format: powerOfTen, label: "mean normalised count (log scale)" },
    y: { from: yFrom, to: yTo, powers: true, format: powerOfTen, label: "dispersion (log scale)" },
  });
  drawCloud(box, frame, layers);
  const order = [...found.mean.keys()].filter((k) => found.mean[k] > 0 && found.trend[k] > 0).sort((a, b) => found.mean[a] - found.mean[b]);
  const every = Math.max(1, Math.floor(order.length / 300));
  const path = order.filter((_, place) => place % every === 0).map((k) => [frame.x(log(found.mean[k])), frame.y(Math.min(yTo, log(found.trend[k])))]);
  frame.svg.append(makeSvg("path", { d: "M" + path.map((point) => point.map((value) => value.toFixed(1)).join(",")).join("L"), fill: "none", style: "stroke:var(--trend);stroke-width:2" }));
  drawLegend(box, [
    { path: SHAPES[0], fill: "var(--none)", text: "gene-wise" }, { path: SHAPES[7], fill: "var(--trend)", text: "trend" },
    { path: SHAPES[0], fill: "var(--final)", text: "used" }, { path: SHAPES[0], fill: "var(--outlier)", text: "kept gene-wise" },
  ]);
};

const startQuality = () => {
  if (quality) charts.push(drawPca, drawLibraries, drawDistances, drawDispersions);
};

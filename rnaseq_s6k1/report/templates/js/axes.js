// Scales, ticks and axes of charts.
const linearScale = (from, to, start, end) => {
  const span = to - from || 1;
  return (value) => start + ((value - from) / span) * (end - start);
};

const niceTicks = (from, to, wanted = 6) => {
  const step = 10 ** Math.floor(Math.log10((to - from) / wanted || 1));
  const factor = [1, 2, 5, 10].find((one) => (to - from) / (one * step) <= wanted + 1) || 10;
  const ticks = [];
  for (let k = Math.ceil(from / (factor * step)); k * factor * step <= to + 1e-9 * (to - from); k += 1) {
    ticks.push(Number((k * factor * step).toPrecision(12)));
  }
  return ticks;
};

// Powers of ten for an axis whose values are logarithms already.
const powerTicks = (from, to, wanted) => niceTicks(from, to, wanted).filter((tick) => Number.isInteger(tick));

const compactNumber = (value) => {
  const size = Math.abs(value);
  const text = size >= 1e6 ? value / 1e6 + " M" : size >= 1e4 ? value / 1e3 + " k" : String(Number(value.toPrecision(6)));
  return text.replace("-", "−");
};

const powerOfTen = (value) =>
  value >= -3 && value <= 3 ? (10 ** value).toLocaleString("en-US", { maximumFractionDigits: 3 }) : "1e" + String(value).replace("-", "−");

// An SVG of the width of its box, with both axes; returns what a chart draws into.
const frameChart = (box, options) => {
  const width = Math.max(260, box.clientWidth);
  const height = options.height;
  const margin = { top: 12, right: 14, bottom: 46, left: 58, ...options.margin };
  const svg = makeSvg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": options.label });
  const x = linearScale(options.x.from, options.x.to, margin.left, width - margin.right);
  const y = linearScale(options.y.from, options.y.to, height - margin.bottom, margin.top);
  const wanted = Math.max(4, Math.floor((width - margin.left - margin.right) / 60));
  const nice = (axis, most) => (axis.powers ? powerTicks : niceTicks)(axis.from, axis.to, most);
  for (const tick of options.x.ticks || nice(options.x, wanted)) {
    if (options.x.grid) svg.append(makeSvg("line", { class: "grid-line", x1: x(tick), x2: x(tick), y1: margin.top, y2: height - margin.bottom }));
    svg.append(makeSvg("text", { class: "tick", x: x(tick), y: height - margin.bottom + 17, "text-anchor": "middle" }, (options.x.format || compactNumber)(tick)));
  }
  for (const tick of options.y.ticks || nice(options.y, 7)) {
    svg.append(makeSvg("line", { class: "grid-line", x1: margin.left, x2: width - margin.right, y1: y(tick), y2: y(tick) }));
    svg.append(makeSvg("text", { class: "tick", x: margin.left - 7, y: y(tick) + 4, "text-anchor": "end" }, (options.y.format || compactNumber)(tick)));
  }
  svg.append(makeSvg("path", { class: "axis", d: `M${margin.left},${margin.top}V${height - margin.bottom}H${width - margin.right}` }));
  svg.append(makeSvg("text", { x: (margin.left + width - margin.right) / 2, y: height - 8, "text-anchor": "middle" }, options.x.label));
  const middle = (margin.top + height - margin.bottom) / 2;
  svg.append(makeSvg("text", { transform: `translate(14 ${middle}) rotate(-90)`, "text-anchor": "middle" }, options.y.label));
  box.replaceChildren(svg);
  return { svg, x, y, width, height, margin };
};

const extent = (values) => {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value === null || !Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
};

const padded = ([low, high], share = 0.05) => {
  const room = (high - low || 1) * share;
  return [low - room, high + room];
};

// The same shapes as in the figures, so that groups differ in more than colour.
const SHAPES = [
  "M-4.5,0A4.5,4.5 0 1 0 4.5,0A4.5,4.5 0 1 0 -4.5,0Z", "M-4,-4H4V4H-4Z", "M0,-5.2L5,4H-5Z", "M0,-5.6L5.6,0L0,5.6L-5.6,0Z",
  "M0,5.2L5,-4H-5Z", "M-1.6,-5H1.6V-1.6H5V1.6H1.6V5H-1.6V1.6H-5V-1.6H-1.6Z", "M0,-5.5L5,-1L3,5H-3L-5,-1Z", "M-5,-2H5V2H-5Z",
];

const groupLook = (index) => ({ path: SHAPES[index % SHAPES.length], fill: `var(--group-${index % 8})` });

const drawLegend = (box, entries) => {
  const list = make("ul", { class: "legend" });
  for (const { path, fill, text } of entries) {
    const item = make("li");
    const mark = makeSvg("svg", { viewBox: "-6 -6 12 12", "aria-hidden": "true" });
    mark.append(makeSvg("path", { d: path, style: `fill:${fill}` }));
    item.append(mark, document.createTextNode(text));
    list.append(item);
  }
  box.prepend(list);
};

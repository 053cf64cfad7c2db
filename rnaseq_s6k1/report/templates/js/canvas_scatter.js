// Clouds of thousands of points: a canvas behind the axes, and the nearest point under the mouse.
const drawCloud = (box, frame, points, options = {}) => {
  const ratio = Math.max(1, Math.min(3, window.devicePixelRatio || 1));
  const canvas = make("canvas", { "aria-hidden": "true" });
  canvas.width = frame.width * ratio;
  canvas.height = frame.height * ratio;
  canvas.style.cssText = "position:absolute;left:0;right:0;width:100%;pointer-events:none";
  canvas.style.top = frame.svg.offsetTop + "px";
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  for (const layer of points) {
    context.fillStyle = colour(layer.colour);
    context.globalAlpha = layer.opacity || 1;
    const size = layer.size || 2;
    for (let k = 0; k < layer.x.length; k += 1) {
      context.beginPath();
      context.arc(frame.x(layer.x[k]), frame.y(layer.y[k]), size, 0, 2 * Math.PI);
      context.fill();
    }
  }
  frame.svg.before(canvas);
  frame.svg.style.position = "relative";
  if (options.describe) followMouse(box, frame, points, options.describe);
};

const NEAR = 14;

const nearestPoint = (frame, layers, left, top) => {
  let best = null;
  let distance = NEAR * NEAR;
  for (const layer of layers) {
    for (let k = 0; k < layer.x.length; k += 1) {
      const dx = frame.x(layer.x[k]) - left;
      const dy = frame.y(layer.y[k]) - top;
      const found = dx * dx + dy * dy;
      if (found < distance) {
        distance = found;
        best = { id: layer.ids ? layer.ids[k] : k, x: frame.x(layer.x[k]), y: frame.y(layer.y[k]) };
      }
    }
  }
  return best;
};

const followMouse = (box, frame, layers, describe) => {
  const tip = make("div", { class: "tip", hidden: "" });
  box.append(tip);
  const ring = makeSvg("circle", { r: 6, fill: "none", stroke: "var(--ink)", "stroke-width": 1.5, visibility: "hidden" });
  frame.svg.append(ring);
  const hide = () => {
    tip.hidden = true;
    ring.setAttribute("visibility", "hidden");
  };
  frame.svg.addEventListener("pointermove", (event) => {
    const area = frame.svg.getBoundingClientRect();
    const scale = frame.width / area.width;
    const best = nearestPoint(frame, layers, (event.clientX - area.left) * scale, (event.clientY - area.top) * scale);
    if (!best) return hide();
    ring.setAttribute("cx", best.x);
    ring.setAttribute("cy", best.y);
    ring.setAttribute("visibility", "visible");
    tip.textContent = describe(best.id);
    tip.hidden = false;
    placeTip(box, tip, best.x / scale, frame.svg.offsetTop + best.y / scale);
  });
  frame.svg.addEventListener("pointerleave", hide);
};

// Beside the point, on the side where there is room.
const placeTip = (box, tip, x, y) => {
  const left = x + 12 + tip.offsetWidth <= box.clientWidth ? x + 12 : Math.max(0, x - 12 - tip.offsetWidth);
  tip.style.left = left + "px";
  tip.style.top = Math.max(0, y - tip.offsetHeight - 8) + "px";
};

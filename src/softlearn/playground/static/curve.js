// The cost curve: train, test, pinned runs and the proven lower bound, with their names beside them and a read-out.

import { crisp, h, write } from "./dom.js";
import { number, whole } from "./format.js";
import { t } from "./i18n.js";
import { inkOf } from "./palette.js";
import { scaleFor } from "./curve_scale.js";

const HEIGHT = 150;

/** {element, draw()}; draw() is called at most once a frame. */
export function createCurve(root, store) {
  const canvas = h("canvas", {
    class: "pg-curve",
    testid: "curve",
    tabIndex: 0,
    role: "img",
    label: "curve.name",
  });
  const readout = h("p", { class: "pg-readout", testid: "curve-readout" });
  const element = h("div", { class: "pg-curve-box" }, canvas, readout);
  let log = false;
  let pointer = null; // index in the history that is read out
  let scale = null;

  function draw() {
    const width = element.clientWidth;
    if (!width) return;
    const ink = inkOf(root);
    const context = crisp(canvas, width, HEIGHT);
    context.clearRect(0, 0, width, HEIGHT);
    const { history, pinned, solved } = store;
    const bound = solved?.bound ?? null;
    scale = scaleFor([history, ...pinned.map((p) => p.history)], [bound], width, HEIGHT, log);
    axes(context, scale, ink);
    const labels = [];
    for (const pin of pinned) labels.push(line(context, scale, pin.history, 1, ink.muted, [], pin.name));
    if (bound !== null) labels.push(boundLine(context, scale, bound, ink));
    for (const [column, dash, key] of [
      [2, [5, 3], "curve.test"],
      [1, [], "curve.train"],
    ]) {
      const end = line(context, scale, history, column, ink.ink, dash, t(key));
      if (end) labels.push({ ...end, beside: true });
    }
    name(context, scale, labels.filter(Boolean), ink);
    if (pointer !== null) cursor(context, scale, history, pointer, ink);
    write(readout, words());
  }

  function words() {
    const { history } = store;
    if (history.length === 0) return t("curve.empty");
    const [step, train, test] = history[Math.min(pointer ?? history.length - 1, history.length - 1)];
    const end = test === null || test === undefined ? "" : ` \u00b7 ${t("curve.test")} ${number(test)}`;
    return `${t("curve.step", { step: whole(step) })} \u00b7 ${t("curve.train")} ${number(train)}${end}`;
  }

  canvas.addEventListener("pointermove", (event) => {
    if (!scale) return;
    pointer = closest(store.history, scale.step(event.clientX - canvas.getBoundingClientRect().left));
    draw();
  });
  canvas.addEventListener("pointerleave", () => {
    pointer = null;
    draw();
  });
  canvas.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || store.history.length === 0) return;
    const jump = Math.max(1, Math.round(store.history.length / 60));
    pointer = Math.min(
      store.history.length - 1,
      Math.max(0, (pointer ?? store.history.length - 1) + by * jump),
    );
    event.preventDefault();
    event.stopPropagation();
    draw();
  });
  canvas.addEventListener("blur", () => {
    pointer = null;
  });
  new ResizeObserver(() => requestAnimationFrame(draw)).observe(element);

  return {
    element,
    draw,
    setLog(value) {
      log = value;
      draw();
    },
  };
}

function axes(context, scale, ink) {
  context.font = `10px ${ink.font}`;
  context.lineWidth = 1;
  context.strokeStyle = ink.line;
  context.fillStyle = ink.muted;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const [v, text] of scale.yTicks) {
    const y = Math.round(scale.y(v)) + 0.5;
    context.beginPath();
    context.moveTo(scale.left, y);
    context.lineTo(scale.right, y);
    context.stroke();
    context.fillText(text, scale.left - 6, y);
  }
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  for (const [v, text] of scale.xTicks) {
    const x = Math.min(scale.x(v), scale.right - 10);
    context.fillText(text, x, scale.bottom + 14);
  }
}

/** One curve; the least and the largest cost of each pixel column, so that a spike is never thinned away. */
function line(context, scale, history, column, colour, dash, label) {
  context.beginPath();
  let end = null;
  let pixel = null;
  let low = 0;
  let high = 0;
  const flush = () => {
    if (pixel === null) return;
    context.lineTo(pixel, scale.y(high));
    if (low !== high) context.lineTo(pixel, scale.y(low));
  };
  for (const row of history) {
    const v = row[column];
    if (v === null || v === undefined || !Number.isFinite(v)) continue;
    const x = Math.round(scale.x(row[0]) * 2) / 2;
    if (x !== pixel) {
      flush();
      [pixel, low, high] = [x, v, v];
    }
    if (v < low) low = v;
    if (v > high) high = v;
    end = [x, scale.y(v), v];
  }
  flush();
  if (!end) return null;
  context.lineTo(end[0], end[1]);
  context.strokeStyle = colour;
  context.lineWidth = 1.6;
  context.lineJoin = "round";
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
  return { x: end[0], y: end[1], label, colour };
}

function boundLine(context, scale, bound, ink) {
  const y = scale.y(bound);
  context.beginPath();
  context.moveTo(scale.left, y);
  context.lineTo(scale.right, y);
  context.strokeStyle = ink.accent;
  context.lineWidth = 1.6;
  context.setLineDash([1.5, 3]);
  context.lineCap = "round";
  context.stroke();
  context.setLineDash([]);
  context.lineCap = "butt";
  return { x: scale.left + 60, y, label: t("curve.bound"), colour: ink.accent, fixed: true };
}

/** Names at the ends of the lines, moved apart so that none covers another. */
function name(context, scale, labels, ink) {
  context.textBaseline = "middle";
  const right = labels.filter((l) => !l.fixed).sort((a, b) => a.y - b.y);
  let free = scale.top;
  for (const label of right) {
    label.at = Math.max(free, label.beside ? label.y : label.y - 8);
    free = label.at + 12;
  }
  const over = Math.max(0, free - 12 - (scale.bottom - 4));
  for (const label of labels) {
    const y = label.fixed ? Math.max(scale.top + 4, label.y - 8) : label.at - over;
    context.textAlign = label.fixed || label.beside ? "left" : "right";
    const x = label.fixed
      ? scale.left + 6
      : label.beside
        ? Math.min(label.x, scale.right) + 5
        : Math.max(scale.left + 60, Math.min(label.x, scale.right) - 2);
    context.strokeStyle = ink.panel;
    context.lineWidth = 4;
    context.lineJoin = "round";
    context.strokeText(label.label, x, y);
    context.fillStyle = label.colour;
    context.fillText(label.label, x, y);
  }
}

function cursor(context, scale, history, index, ink) {
  const row = history[Math.min(index, history.length - 1)];
  if (!row) return;
  const x = Math.round(scale.x(row[0])) + 0.5;
  context.beginPath();
  context.moveTo(x, scale.top);
  context.lineTo(x, scale.bottom);
  context.strokeStyle = ink.muted;
  context.lineWidth = 1;
  context.stroke();
  for (const v of row.slice(1)) {
    if (v === null || !Number.isFinite(v)) continue;
    context.beginPath();
    context.arc(x, scale.y(v), 3, 0, 2 * Math.PI);
    context.fillStyle = ink.ink;
    context.fill();
  }
}

function closest(history, step) {
  let low = 0;
  let high = history.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (history[middle][0] < step) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low);
}

// The network: what each unit gives over the plane, and its weights, which can be changed by hand.

import { h } from "./dom.js";
import { number } from "./format.js";
import { t } from "./i18n.js";
import { connectionAt, edgePaths, layoutOf } from "./network_layout.js";
import { RGB, inkOf } from "./palette.js";
import { weightForm } from "./weight_form.js";

const EVERY_MS = 90;

/** `wanted(yes)` is called when unit maps and weights begin or cease to be looked at. */
export function createNetwork(root, store, send, wanted) {
  const svg = h("svg", { class: "pg-edges", "aria-hidden": "true" });
  const maps = h("div", { class: "pg-maps" });
  const figure = h("div", { class: "pg-network", role: "img", testid: "network" }, svg, maps);
  const form = weightForm(store, send, () => { drawn = 0; });
  const lead = h("p", { class: "pg-lead", text: "network.lead" });
  const panel = h("div", {}, lead, h("div", { class: "pg-network-row" }, figure, form.element));

  let watched = false; // the tab is open and the figure within the window
  let layout = null;
  let built = "";
  let drawn = 0;
  let units = []; // canvases by column

  const sizes = () => [2, ...store.state.model.hidden, store.classes()];

  function tick(now) {
    if (!watched || !store.state || now - drawn < EVERY_MS) return;
    drawn = now;
    build();
    const weights = store.progress?.weights;
    if (weights && fits(weights)) drawEdges(weights);
    drawMaps();
    form.refresh();
  }

  const fits = (weights) => weights.length === layout.columns.length - 1 && weights.every(({ W }, l) => W.length === layout.columns[l + 1].length && W[0].length === layout.columns[l].length);

  function build() {
    const width = figure.clientWidth;
    const key = `${sizes()} ${width} ${root.dataset.theme} ${t("network.input")}`;
    if (key === built || !width) return;
    built = key;
    layout = layoutOf(sizes(), width);
    figure.style.height = `${layout.height}px`;
    svg.setAttribute("viewBox", `0 0 ${layout.width} ${layout.height}`);
    svg.replaceChildren(...heads());
    maps.replaceChildren();
    units = layout.columns.map((column) => column.map(unitCanvas));
    figure.setAttribute("aria-label", t("network.name", { sizes: sizes().join(" \u2013 ") }));
    form.show();
  }

  function heads() {
    const last = layout.columns.length - 1;
    const words = (l) => (l === 0 ? t("network.input") : l === last ? t("network.output") : t("network.hidden", { l }));
    const names = layout.columns.map((column, l) => h("text", { x: column[0].x, y: 12, "text-anchor": "middle", class: "pg-column" }, words(l)));
    const side = [...layout.columns[0].map((u, j) => [u.x - u.size / 2 - 8, u.y, `x${"\u2081\u2082"[j]}`, "end"]), ...layout.columns[last].map((u, k) => [u.x + u.size / 2 + 8, u.y, String(k + 1), "start"])];
    return [h("g", { class: "edges" }), h("path", { class: "chosen" }), ...names, ...side.map(([x, y, text, anchor]) => h("text", { x, y: y + 4, "text-anchor": anchor, class: "pg-unit-name" }, text))];
  }

  function unitCanvas({ x, y, size }) {
    const canvas = h("canvas", { class: "pg-unit", "aria-hidden": "true" });
    Object.assign(canvas.style, { left: `${x - size / 2}px`, top: `${y - size / 2}px`, width: `${size}px`, height: `${size}px` });
    maps.append(canvas);
    return canvas;
  }

  function drawEdges(weights) {
    const group = svg.querySelector(".edges");
    const paths = edgePaths(layout, weights);
    while (group.children.length < paths.length) group.append(h("path", {}));
    paths.forEach(({ d, negative, strength }, k) => {
      const path = group.children[k];
      path.setAttribute("d", d);
      path.setAttribute("class", negative ? "negative" : "positive");
      path.setAttribute("stroke-width", (0.5 + 3.2 * strength).toFixed(2));
      path.setAttribute("stroke-opacity", (0.16 + 0.7 * strength).toFixed(2));
    });
    const { layer, i, j } = form.chosen();
    const to = layout.columns[layer][i];
    const from = j >= 0 ? layout.columns[layer - 1][j] : null;
    const ring = to.size / 2 + 4;
    svg.querySelector(".chosen").setAttribute("d", from ? `M${from.x} ${from.y}L${to.x} ${to.y}` : `M${to.x - ring} ${to.y - ring}h${2 * ring}v${2 * ring}h${-2 * ring}z`);
  }

  function drawMaps() {
    const ink = inkOf(root);
    units[0].forEach((canvas, j) => paintMap(canvas, 32, ink, (row, column) => 127 * (j === 0 ? column / 15.5 - 1 : 1 - row / 15.5)));
    const hidden = store.units;
    let u = 0;
    for (const column of units.slice(1, -1)) {
      for (const canvas of column) {
        const map = hidden?.maps[u++];
        if (map) paintMap(canvas, hidden.side, ink, (row, col) => map[row * hidden.side + col]);
      }
    }
    if (store.frame && store.frame.classes === units.at(-1).length) units.at(-1).forEach((canvas, k) => paintClass(canvas, store.frame, k));
  }

  figure.addEventListener("click", (event) => {
    const box = figure.getBoundingClientRect();
    const found = layout && connectionAt(layout, event.clientX - box.left, event.clientY - box.top);
    if (found) form.choose(found);
  });
  figure.addEventListener("pointermove", (event) => {
    const box = figure.getBoundingClientRect();
    const found = layout && connectionAt(layout, event.clientX - box.left, event.clientY - box.top);
    figure.style.cursor = found ? "pointer" : "";
    const weights = store.progress?.weights;
    if (!found || !weights?.[found.layer - 1]) figure.title = "";
    else figure.title = `${form.nameOf(found)} = ${number(valueOf(weights, found), 4)}`;
  });

  store.on("state", () => { drawn = 0; });
  new IntersectionObserver(([entry]) => {
    if (watched === entry.isIntersecting) return;
    watched = entry.isIntersecting;
    drawn = 0;
    wanted(watched);
  }, { rootMargin: "120px" }).observe(panel);
  return {
    panel,
    tick,
  };
}

const valueOf = (weights, { layer, i, j }) => (j < 0 ? weights[layer - 1].b[i] : weights[layer - 1].W[i][j]);

/** A unit over the plane: one hue where it is positive, another where it is negative, none at zero. */
function paintMap(canvas, side, ink, value) {
  const context = contextFor(canvas, side);
  const image = context.createImageData(side, side);
  const [up, down, zero] = ink.dark ? [[45, 190, 175], [240, 150, 60], [32, 38, 46]] : [[15, 118, 110], [201, 92, 10], [245, 246, 248]];
  for (let row = 0, at = 0; row < side; row++) {
    for (let column = 0; column < side; column++, at += 4) {
      const v = value(row, column) / 127;
      const hue = v < 0 ? down : up;
      const part = Math.min(1, Math.abs(v));
      for (let c = 0; c < 3; c++) image.data[at + c] = zero[c] + part * (hue[c] - zero[c]);
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

/** The probability of one class over the plane. */
function paintClass(canvas, { planes, grid }, k) {
  const side = 32;
  const context = contextFor(canvas, side);
  const image = context.createImageData(side, side);
  for (let row = 0, at = 0; row < side; row++) {
    const from = Math.floor(((row + 0.5) * grid) / side) * grid;
    for (let column = 0; column < side; column++, at += 4) {
      image.data.set(RGB[k], at);
      image.data[at + 3] = planes[k][from + Math.floor(((column + 0.5) * grid) / side)];
    }
  }
  context.putImageData(image, 0, 0);
}

function contextFor(canvas, side) {
  if (canvas.width !== side) canvas.width = canvas.height = side;
  return canvas.getContext("2d");
}

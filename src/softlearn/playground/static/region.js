// The plane: one canvas for regions, boundaries and numerals (painted per frame), one for points and the cursor.

import { boundaryPieces } from "./boundaries.js";
import { crisp, h, newId } from "./dom.js";
import { fillPixels } from "./fills.js";
import { ticks } from "./format.js";
import { placeNumerals } from "./numerals.js";
import { inkOf } from "./palette.js";
import { drawCursor, drawPoints } from "./points.js";

/** The stage with its two canvases; `paint(frame)` and `mark()` draw them. */
export function createRegion(root, store) {
  const keysId = newId("keys");
  const fill = h("canvas", { class: "pg-fill", "aria-hidden": "true" });
  const marks = h("canvas", {
    id: newId("plane"),
    class: "pg-marks",
    testid: "region",
    tabIndex: 0,
    role: "application",
    label: "region.name",
    "aria-describedby": keysId,
  });
  const keys = h("p", { id: keysId, class: "pg-hidden", text: "region.keys" });
  const stage = h("div", { class: "pg-stage" }, fill, marks, keys);
  const region = { stage, marks, size: 0, cursor: null, paint, mark, moved, toData, toPixels };
  const cells = document.createElement("canvas");
  let image = null;
  let words = null; // the image's bytes, one 32-bit number a pixel
  let places = [];

  function paint(frame) {
    if (!frame || !region.size) return;
    const ink = inkOf(root);
    const { mode, one, boundaries, numerals } = store.view;
    const context = crisp(fill, region.size, region.size);
    context.clearRect(0, 0, region.size, region.size);
    if (!image || image.width !== frame.grid) {
      cells.width = cells.height = frame.grid;
      image = new ImageData(frame.grid, frame.grid);
      words = new Uint32Array(image.data.buffer);
    }
    fillPixels(words, frame, mode, one, ink);
    cells.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = true;
    context.drawImage(cells, 0, 0, region.size, region.size);
    if (boundaries || mode === "mix") drawBoundaries(context, frame, ink);
    if (numerals) drawNumerals(context, frame, ink);
    drawTicks(context, ink);
  }

  function drawBoundaries(context, frame, ink) {
    const pieces = boundaryPieces(frame);
    const scale = region.size / frame.grid;
    context.beginPath();
    for (let i = 0; i < pieces.length; i += 4) {
      context.moveTo(scale * pieces[i], scale * pieces[i + 1]);
      context.lineTo(scale * pieces[i + 2], scale * pieces[i + 3]);
    }
    context.lineCap = "round";
    context.strokeStyle = ink.boundary;
    context.lineWidth = 1.5;
    context.stroke();
  }

  function drawNumerals(context, frame, ink) {
    const [x0, x1, y0, y1] = extent();
    const taken = store.view.points
      ? store.points().xy.map(([x, y]) => [(x - x0) / (x1 - x0), (y1 - y) / (y1 - y0)])
      : [];
    places = placeNumerals(frame, taken, places);
    const names = store.state?.classes?.names ?? [];
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    for (const { class: k, x, y } of places) {
      const name = names[k] && names[k] !== String(k + 1) ? ` ${names[k].slice(0, 14)}` : "";
      context.font = `700 ${name ? 15 : 20}px ${ink.font}`;
      const text = `${k + 1}${name}`;
      const edge = name ? context.measureText(text).width / 2 + 4 : 0; // a name stays inside the plane
      const at = Math.max(edge, Math.min(region.size - edge, x * region.size));
      outlined(context, text, at, y * region.size, ink, 4);
    }
  }

  function drawTicks(context, ink) {
    const [x0, x1, y0, y1] = extent();
    const { x, y } = store.state.data.units ?? {};
    context.font = `10px ${ink.font}`;
    context.textBaseline = "alphabetic";
    context.textAlign = "center";
    for (const [v, text] of inner(x0, x1, x))
      outlined(context, text, toPixels([v, y0])[0], region.size - 5, ink, 3);
    context.textAlign = "right";
    if (x) outlined(context, x.name, region.size - 6, region.size - 18, ink, 3);
    context.textAlign = "left";
    context.textBaseline = "middle";
    for (const [v, text] of inner(y0, y1, y)) outlined(context, text, 5, toPixels([x0, v])[1], ink, 3);
    if (y) outlined(context, y.name, 5, 10, ink, 3);
  }

  /** Round numbers of the data's own units, with their places on the plane; the corners stay free. */
  function inner(a, b, { mean = 0, scale = 1 } = {}) {
    const values = ticks(mean + scale * a, mean + scale * b);
    const places = values.map((v) => [(v - mean) / scale, String(v).replace("-", "\u2212")]);
    return places.filter(([v]) => v > a + 0.06 * (b - a) && v < b - 0.03 * (b - a));
  }

  function mark() {
    if (!region.size || !store.state) return;
    const ink = inkOf(root);
    const context = crisp(marks, region.size, region.size);
    context.clearRect(0, 0, region.size, region.size);
    if (store.view.points) drawPoints(context, store.points(), toPixels, ink, store.view.tests);
    if (region.cursor) drawCursor(context, region, store, ink);
  }

  /** The cursor follows a place that changed under it; where there was none, none appears. */
  function moved(place) {
    if (region.cursor) region.cursor = place && { ...place, inside: region.cursor.inside };
  }

  const extent = () => store.state?.data?.extent ?? [-1, 1, -1, 1];

  function toPixels([x, y]) {
    const [x0, x1, y0, y1] = extent();
    return [((x - x0) / (x1 - x0)) * region.size, ((y1 - y) / (y1 - y0)) * region.size];
  }

  function toData([px, py]) {
    const [x0, x1, y0, y1] = extent();
    return [x0 + (px / region.size) * (x1 - x0), y1 - (py / region.size) * (y1 - y0)];
  }

  store.on("tool", ({ kind }) => marks.classList.toggle("look", kind === "look")); // then a finger scrolls the page
  marks.classList.toggle("look", store.tool.kind === "look");

  new ResizeObserver(() => {
    const size = Math.round(stage.clientWidth);
    if (size === region.size || size === 0) return;
    region.size = size;
    paint(store.frame);
    mark();
  }).observe(stage);

  return region;
}

function outlined(context, text, x, y, ink, width) {
  context.strokeStyle = ink.halo;
  context.lineWidth = width;
  context.strokeText(text, x, y);
  context.fillStyle = ink.boundary;
  context.fillText(text, x, y);
}

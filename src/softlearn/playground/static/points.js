// Points on the plane: a shape and a colour per class, hollow when they are for testing. Which point is nearest.

import { COLOURS, markerOutline } from "./palette.js";

/** Marker radius in pixels: thousands of points must not cover the plane. */
export function radiusFor(count) {
  if (count <= 400) return 4.6;
  if (count <= 1500) return 3.6;
  return 2.6;
}

export function drawPoints(context, { xy, label, test }, toPixels, ink, tests) {
  const r = radiusFor(xy.length);
  const stamps = new Map();
  for (let i = 0; i < xy.length; i++) {
    if (test[i] && !tests) continue;
    const [x, y] = toPixels(xy[i]);
    const key = 2 * label[i] + (test[i] ? 1 : 0);
    if (!stamps.has(key)) stamps.set(key, stamp(label[i], test[i], r, ink, context.getTransform().a));
    const { canvas, side } = stamps.get(key);
    context.drawImage(canvas, x - side / 2, y - side / 2, side, side);
  }
}

/** A marker drawn once and copied: 5,000 paths a frame would be slow. */
function stamp(k, hollow, r, ink, ratio) {
  const side = 2 * Math.ceil(1.6 * r + 2);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.round(side * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  drawMarkerAt(context, k, side / 2, side / 2, r, hollow, ink);
  return { canvas, side };
}

export function drawMarkerAt(context, k, x, y, r, hollow, ink) {
  const outline = new Path2D(markerOutline(k, x, y, hollow ? 0.94 * r : r));
  context.lineJoin = "round";
  if (hollow) {
    context.strokeStyle = ink["marker-edge"];
    context.lineWidth = 3.4;
    context.stroke(outline);
    context.fillStyle = ink.panel;
    context.fill(outline);
    context.strokeStyle = COLOURS[k];
    context.lineWidth = 1.9;
    context.stroke(outline);
    return;
  }
  context.strokeStyle = ink["marker-edge"];
  context.lineWidth = 2;
  context.stroke(outline);
  context.fillStyle = COLOURS[k];
  context.fill(outline);
}

/** Index of the point nearest to pixel (px, py) within `reach` pixels, or null. */
export function nearest({ xy, test }, toPixels, px, py, reach, tests = true) {
  let best = null;
  let smallest = reach * reach;
  for (let i = 0; i < xy.length; i++) {
    if (test[i] && !tests) continue;
    const [x, y] = toPixels(xy[i]);
    const d = (x - px) ** 2 + (y - py) ** 2;
    if (d <= smallest) [best, smallest] = [i, d];
  }
  return best;
}

/** Crosshair at the cursor, the tool's reach, and a ring around the point that is looked at. */
export function drawCursor(context, region, store, ink) {
  const { xy, point, inside } = region.cursor;
  const [x, y] = region.toPixels(xy);
  const { kind, label, radius } = store.tool;
  context.lineWidth = 1.5;
  if (point !== null && point < store.points().xy.length) {
    const [px, py] = region.toPixels(store.points().xy[point]);
    ring(context, px, py, 9.5, ink);
  } else {
    cross(context, x, y, ink);
  }
  if (!inside) return;
  if (kind === "erase" || kind === "relabel") {
    context.beginPath();
    context.arc(x, y, radius * region.size, 0, 2 * Math.PI);
    context.setLineDash([4, 3]);
    context.strokeStyle = ink.boundary;
    context.stroke();
    context.setLineDash([]);
  }
  if (kind === "brush" || kind === "relabel") {
    context.globalAlpha = 0.9;
    drawMarkerAt(context, label, x + 13, y - 13, 4, false, ink);
    context.globalAlpha = 1;
  }
}

function ring(context, x, y, r, ink) {
  for (const [colour, width] of [
    [ink.halo, 4.5],
    [ink.boundary, 2],
  ]) {
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}

function cross(context, x, y, ink) {
  for (const [colour, width] of [
    [ink.halo, 4],
    [ink.boundary, 1.5],
  ]) {
    context.beginPath();
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ]) {
      context.moveTo(x + 4 * dx, y + 4 * dy);
      context.lineTo(x + 11 * dx, y + 11 * dy);
    }
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}

// The small pictures in a network's squares: what a unit gives over the plane.

import { RGB } from "./palette.js";

const SIDE = 32;
// Where a unit is positive, negative, zero.
const LIGHT = { up: [15, 118, 110], down: [201, 92, 10], zero: [245, 246, 248] };
const DARK = { up: [45, 190, 175], down: [240, 150, 60], zero: [32, 38, 46] };

/** One input over the plane: x grows to the right, y upwards. */
export function paintInput(canvas, which, dark) {
  const middle = (SIDE - 1) / 2;
  const value = (row, column) => (which === 0 ? column - middle : middle - row) / middle;
  paint(canvas, SIDE, (row, column) => mixed(value(row, column), dark ? DARK : LIGHT));
}

/** A hidden unit, from a plane of signed bytes. */
export function paintUnit(canvas, map, side, dark) {
  paint(canvas, side, (row, column) => mixed(map[row * side + column] / 127, dark ? DARK : LIGHT));
}

/** The probability of class k, from a frame. */
export function paintClass(canvas, { planes, grid }, k) {
  const cell = (v) => Math.floor(((v + 0.5) * grid) / SIDE);
  paint(canvas, SIDE, (row, column) => [...RGB[k], planes[k][cell(row) * grid + cell(column)]]);
}

function mixed(value, { up, down, zero }) {
  const hue = value < 0 ? down : up;
  const part = Math.min(1, Math.abs(value));
  return [0, 1, 2].map((c) => zero[c] + part * (hue[c] - zero[c]));
}

function paint(canvas, side, colour) {
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const image = context.createImageData(side, side);
  for (let at = 0; at < side * side; at++) {
    const [r, g, b, alpha = 255] = colour(Math.floor(at / side), at % side);
    image.data.set([r, g, b, alpha], 4 * at);
  }
  context.putImageData(image, 0, 0);
}

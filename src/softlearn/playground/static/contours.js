// Level lines of a grid by marching squares, and the colours of heights.

import { rgb } from "./tabs_dom.js";

/** `many` levels with about as much of the grid between any two: a plateau gets lines, too. */
export function levels(values, many = 16) {
  const sorted = values.flat().filter(Number.isFinite).sort((a, b) => a - b);
  const found = new Set();
  for (let k = 1; k <= many; k += 1) {
    found.add(sorted[Math.floor((k / (many + 1)) * (sorted.length - 1))]);
  }
  return [...found];
}

// Where a level crosses an edge of a cell: corners are numbered from the lower left, against the clock.
const EDGES = [
  [0, 1],
  [1, 2],
  [2, 3],
  [3, 0],
];
const CORNERS = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];

/** Segments [x0, y0, x1, y1] of the line where the grid has `level`, in columns and rows. */
export function isoline(values, level) {
  const segments = [];
  for (let r = 0; r + 1 < values.length; r += 1) {
    for (let c = 0; c + 1 < values[0].length; c += 1) {
      const height = CORNERS.map(([dc, dr]) => values[r + dr][c + dc] - level);
      const cuts = [];
      for (const [i, j] of EDGES) {
        if (height[i] > 0 === height[j] > 0) continue;
        const share = height[i] / (height[i] - height[j]);
        cuts.push([
          c + CORNERS[i][0] + share * (CORNERS[j][0] - CORNERS[i][0]),
          r + CORNERS[i][1] + share * (CORNERS[j][1] - CORNERS[i][1]),
        ]);
      }
      for (let k = 0; k + 1 < cuts.length; k += 2) segments.push([...cuts[k], ...cuts[k + 1]]);
    }
  }
  return segments;
}

/** height -> its rank among the grid's heights, 0 to 1, so that colours are used evenly. */
export function ranks(values) {
  const marks = [Math.min(...values.flat()), ...levels(values, 24), Math.max(...values.flat())];
  return (height) => {
    let k = 1;
    while (k < marks.length - 1 && marks[k] < height) k += 1;
    const width = marks[k] - marks[k - 1] || 1;
    const inside = Math.min(1, Math.max(0, (height - marks[k - 1]) / width));
    return (k - 1 + inside) / (marks.length - 1);
  };
}

/** share 0 to 1 -> [r, g, b] between two colours. */
export function ramp(low, high) {
  const [a, b] = [rgb(low), rgb(high)];
  return (share) => a.map((from, k) => Math.round(from + share * (b[k] - from)));
}

/** A picture of the grid, one pixel a value, first row of the grid at the bottom. */
export function heightMap(values, colourOf) {
  const [rows, columns] = [values.length, values[0].length];
  const image = new ImageData(columns, rows);
  values.forEach((row, r) =>
    row.forEach((height, c) => {
      const at = 4 * ((rows - 1 - r) * columns + c);
      image.data.set([...colourOf(height), 255], at);
    }),
  );
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [columns, rows];
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

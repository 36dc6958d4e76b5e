// Decision boundaries as lines: marching squares on the plane of winners, which is the library's own `predict`.
// Between two neighbours with different winners i and j the line passes where p_i = p_j.

/** Line pieces [x0, y0, x1, y1, ...] in cells: the centre of the top left cell is (0.5, 0.5). */
export function boundaryPieces({ argmax, planes, grid }) {
  const pieces = [];
  const cross = [0, 0, 0, 0, 0, 0, 0, 0]; // up to four crossings of one square, x then y
  for (let row = 0; row + 1 < grid; row++) {
    for (let column = 0; column + 1 < grid; column++) {
      const a = row * grid + column;
      const b = a + 1;
      const c = a + grid;
      const d = c + 1;
      const [ka, kb, kc, kd] = [argmax[a], argmax[b], argmax[c], argmax[d]];
      if (ka === kb && kb === kc && kc === kd) continue;
      let n = 0;
      if (ka !== kb) { cross[n++] = crossing(planes, ka, kb, a, b); cross[n++] = 0; }
      if (kc !== kd) { cross[n++] = crossing(planes, kc, kd, c, d); cross[n++] = 1; }
      if (ka !== kc) { cross[n++] = 0; cross[n++] = crossing(planes, ka, kc, a, c); }
      if (kb !== kd) { cross[n++] = 1; cross[n++] = crossing(planes, kb, kd, b, d); }
      connect(pieces, cross, n / 2, column + 0.5, row + 0.5);
    }
  }
  return pieces;
}

/** How far from cell u to cell v the two classes are equal (0 to 1); half way where the bytes cannot tell. */
function crossing(planes, i, j, u, v) {
  const from = planes[i][u] - planes[j][u];
  const to = planes[j][v] - planes[i][v];
  return from >= 0 && to >= 0 && from + to > 0 ? from / (from + to) : 0.5;
}

/** Two crossings make one piece; three or four meet in their middle, where three classes or more meet. */
function connect(pieces, cross, count, x, y) {
  if (count === 2) {
    pieces.push(x + cross[0], y + cross[1], x + cross[2], y + cross[3]);
    return;
  }
  let mx = 0;
  let my = 0;
  for (let i = 0; i < count; i++) {
    mx += cross[2 * i] / count;
    my += cross[2 * i + 1] / count;
  }
  for (let i = 0; i < count; i++) pieces.push(x + cross[2 * i], y + cross[2 * i + 1], x + mx, y + my);
}

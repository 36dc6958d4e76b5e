// Where the number of a class is written: in the middle of each of its regions, and steady from frame to frame.

const SIDE = 64;
const SMALLEST = 2.6; // a region narrower than this many cells (of 64) has no room for a number
const KEEP = 0.75; // the old place is kept while it is at least this good

/**
 * Places [{class, x, y}] in parts of the plane (0 to 1, y downwards); `previous` are the last ones.
 * `taken` are places [x, y] of points: a number stands where there are none, if its region has such a place.
 */
export function placeNumerals(frame, taken, previous) {
  const winners = reduced(frame);
  const free = depths(
    winners,
    taken.map(([x, y]) => cellOf({ x, y })),
  );
  const whole = depths(winners, []);
  return regions(winners).flatMap(({ k, cells }) => {
    const depth = Math.max(...cells.map((cell) => free[cell])) >= SMALLEST ? free : whole;
    let best = cells[0];
    for (const cell of cells) if (depth[cell] > depth[best]) best = cell;
    if (depth[best] < SMALLEST) return [];
    const members = new Set(cells);
    const old = previous.find(
      (place) =>
        place.class === k && members.has(cellOf(place)) && depth[cellOf(place)] >= KEEP * depth[best],
    );
    return [old ?? { class: k, x: ((best % SIDE) + 0.5) / SIDE, y: (Math.floor(best / SIDE) + 0.5) / SIDE }];
  });
}

const inside = (part) => Math.min(SIDE - 1, Math.max(0, Math.floor(part * SIDE)));
const cellOf = ({ x, y }) => inside(y) * SIDE + inside(x);

function reduced({ argmax, grid }) {
  const out = new Uint8Array(SIDE * SIDE);
  for (let r = 0; r < SIDE; r++) {
    const row = Math.floor(((r + 0.5) * grid) / SIDE) * grid;
    for (let c = 0; c < SIDE; c++) out[r * SIDE + c] = argmax[row + Math.floor(((c + 0.5) * grid) / SIDE)];
  }
  return out;
}

/** Distance of each cell to the nearest cell of another class, taken cell or edge, in cells (two-pass chamfer). */
function depths(winners, taken) {
  const depth = new Float32Array(SIDE * SIDE);
  const barred = new Uint8Array(SIDE * SIDE);
  for (const cell of taken) barred[cell] = 1;
  const at = (r, c, k) =>
    r < 0 || c < 0 || r >= SIDE || c >= SIDE || winners[r * SIDE + c] !== k ? 0 : depth[r * SIDE + c];
  for (let r = 0; r < SIDE; r++) {
    for (let c = 0; c < SIDE; c++) {
      const k = winners[r * SIDE + c];
      const before = Math.min(
        at(r - 1, c, k) + 1,
        at(r, c - 1, k) + 1,
        at(r - 1, c - 1, k) + 1.41,
        at(r - 1, c + 1, k) + 1.41,
      );
      depth[r * SIDE + c] = barred[r * SIDE + c] ? 0 : before;
    }
  }
  for (let r = SIDE - 1; r >= 0; r--) {
    for (let c = SIDE - 1; c >= 0; c--) {
      const k = winners[r * SIDE + c];
      const back = Math.min(
        at(r + 1, c, k) + 1,
        at(r, c + 1, k) + 1,
        at(r + 1, c + 1, k) + 1.41,
        at(r + 1, c - 1, k) + 1.41,
      );
      depth[r * SIDE + c] = Math.min(depth[r * SIDE + c], back);
    }
  }
  return depth;
}

/** Connected regions of one class: [{k, cells}]. */
function regions(winners) {
  const seen = new Uint8Array(SIDE * SIDE);
  const out = [];
  for (let start = 0; start < winners.length; start++) {
    if (seen[start]) continue;
    const k = winners[start];
    const cells = [start];
    seen[start] = 1;
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i];
      const column = cell % SIDE;
      const near = [column > 0 ? cell - 1 : -1, column < SIDE - 1 ? cell + 1 : -1, cell - SIDE, cell + SIDE];
      for (const next of near) {
        if (next < 0 || next >= winners.length || seen[next] || winners[next] !== k) continue;
        seen[next] = 1;
        cells.push(next);
      }
    }
    out.push({ k, cells });
  }
  return out;
}

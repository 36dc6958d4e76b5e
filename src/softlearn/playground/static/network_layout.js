// Where the units of a network are drawn, and which connection a place on the picture belongs to.

const TALL = 44; // pixels from unit to unit, where there is room for it
const HIGHEST = 560;

/** {columns: [[{x, y, size}]], width, height}: inputs, hidden layers, classes. */
export function layoutOf(sizes, width) {
  const most = Math.max(...sizes);
  const pitch = Math.min(TALL, HIGHEST / most);
  const size = Math.max(10, Math.min(34, pitch - 5));
  const height = Math.max(150, Math.round(most * pitch) + 34);
  const margin = 58;
  const gap = (width - 2 * margin) / (sizes.length - 1);
  const columns = sizes.map((n, l) =>
    Array.from({ length: n }, (_, i) => ({
      x: margin + l * gap,
      y:
        24 +
        (height - 24) / 2 +
        (i - (n - 1) / 2) * Math.min(pitch * (n < most ? 1.15 : 1), (height - 34) / n),
      size,
    })),
  );
  return { columns, width, height };
}

/** The connection {layer, i, j} nearest to (x, y) within a few pixels, the unit there as its bias (j = -1), or null. */
export function connectionAt({ columns }, x, y) {
  for (let l = 1; l < columns.length; l++) {
    const i = columns[l].findIndex(
      (u) => Math.abs(u.x - x) < u.size / 2 + 2 && Math.abs(u.y - y) < u.size / 2 + 1,
    );
    if (i >= 0) return { layer: l, i, j: -1 };
  }
  let best = null;
  let smallest = 7;
  for (let l = 1; l < columns.length; l++) {
    columns[l].forEach((to, i) => {
      columns[l - 1].forEach((from, j) => {
        const d = distance(from, to, x, y);
        if (d < smallest) [best, smallest] = [{ layer: l, i, j }, d];
      });
    });
  }
  return best;
}

function distance(a, b, x, y) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const part = Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(a.x + part * dx - x, a.y + part * dy - y);
}

const BUCKETS = 6;
const MOST = 200; // lines from one layer to the next; of more the strongest are drawn

/** Paths of the connections by sign and strength: few elements however many weights there are. */
export function edgePaths({ columns }, weights) {
  const parts = Array.from({ length: 2 * BUCKETS }, () => []);
  weights.forEach(({ W }, l) => {
    const sizes = W.flat()
      .map(Math.abs)
      .sort((a, b) => b - a);
    const largest = Math.max(1e-12, sizes[0]);
    const least = sizes[Math.min(MOST, sizes.length) - 1];
    W.forEach((row, i) =>
      row.forEach((w, j) => {
        if (Math.abs(w) < least) return;
        const strength = Math.min(BUCKETS - 1, Math.floor((BUCKETS * Math.abs(w)) / largest));
        const from = columns[l][j];
        const to = columns[l + 1][i];
        parts[(w < 0 ? BUCKETS : 0) + strength].push(`M${from.x} ${from.y}L${to.x} ${to.y}`);
      }),
    );
  });
  return parts.map((d, k) => ({
    d: d.join(""),
    negative: k >= BUCKETS,
    strength: (k % BUCKETS) / (BUCKETS - 1),
  }));
}

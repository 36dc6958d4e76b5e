// Decision boundaries as lines: marching squares on the plane of winners, which is the library's own `predict`.
//
// A line crosses between two neighbouring cells with different winners i and j, where p_i = p_j. Probabilities come as
// bytes: where they jump from 0 to 255 within a cell they do not say where. There the line is drawn taut, but never
// past a cell's centre, so that every centre stays on the side that `predict` says.

const ROUNDS = 24;
const SURE = 300; // a change of p_i - p_j, in bytes, above which a crossing is free to move
const NEAR = 0.04; // how near to a centre it may come

/** Line pieces [x0, y0, x1, y1, ...] in cells: the centre of the top left cell is (0.5, 0.5). */
export function boundaryPieces(frame) {
  const nodes = { x: [], y: [], low: [], along: [], links: [] };
  march(frame, nodes);
  for (let round = 0; round < ROUNDS; round++) pullTaut(nodes, round % 2 === 0);
  const pieces = [];
  nodes.links.forEach((links, a) => {
    for (const b of links) if (a < b) pieces.push(nodes.x[a], nodes.y[a], nodes.x[b], nodes.y[b]);
  });
  return pieces;
}

let known = new Int32Array(0); // node of each edge between neighbours: those to the right, then those below

function march({ argmax, planes, grid }, nodes) {
  if (known.length !== 2 * grid * grid) known = new Int32Array(2 * grid * grid);
  known.fill(-1);
  const found = [];
  const crossing = (u, v, column, row, down) => {
    const edge = down ? grid * grid + u : u;
    if (known[edge] < 0)
      known[edge] = add(nodes, planes, argmax[u], argmax[v], u, v, column + 0.5, row + 0.5, down);
    found.push(known[edge]);
  };
  for (let row = 0; row + 1 < grid; row++) {
    for (let column = 0; column + 1 < grid; column++) {
      const a = row * grid + column;
      const [b, c, d] = [a + 1, a + grid, a + grid + 1];
      if (argmax[a] === argmax[b] && argmax[b] === argmax[c] && argmax[c] === argmax[d]) continue;
      found.length = 0;
      if (argmax[a] !== argmax[b]) crossing(a, b, column, row, false);
      if (argmax[c] !== argmax[d]) crossing(c, d, column, row + 1, false);
      if (argmax[a] !== argmax[c]) crossing(a, c, column, row, true);
      if (argmax[b] !== argmax[d]) crossing(b, d, column + 1, row, true);
      if (found.length === 2) link(nodes, found[0], found[1]);
      else meet(nodes, found);
    }
  }
}

/** A crossing between cells u and v; (x, y) is u's centre. It moves along x, or along y when `down`. */
function add(nodes, planes, i, j, u, v, x, y, down) {
  const from = planes[i][u] - planes[j][u];
  const to = planes[j][v] - planes[i][v];
  const told = from >= 0 && to >= 0 && from + to > 0;
  const t = told ? Math.min(1 - NEAR, Math.max(NEAR, from / (from + to))) : 0.5;
  nodes.x.push(down ? x : x + t);
  nodes.y.push(down ? y + t : y);
  nodes.along.push(from + to > SURE ? (down ? 2 : 1) : 0);
  nodes.low.push(down ? y : x);
  nodes.links.push([]);
  return nodes.x.length - 1;
}

function link(nodes, a, b) {
  nodes.links[a].push(b);
  nodes.links[b].push(a);
}

/** Three or four crossings of one square meet in its middle: three classes, or a saddle. */
function meet(nodes, found) {
  const middle = nodes.x.length;
  nodes.x.push(found.reduce((s, k) => s + nodes.x[k], 0) / found.length);
  nodes.y.push(found.reduce((s, k) => s + nodes.y[k], 0) / found.length);
  nodes.along.push(0);
  nodes.low.push(0);
  nodes.links.push([]);
  for (const k of found) link(nodes, middle, k);
}

/** Moves each free crossing towards the straight line between its two neighbours. */
function pullTaut({ x, y, along, low, links }, forwards) {
  const n = x.length;
  for (let step = 0; step < n; step++) {
    const k = forwards ? step : n - 1 - step;
    if (along[k] === 0 || links[k].length !== 2) continue;
    const [p, q] = links[k];
    const [free, fixed] = along[k] === 1 ? [x, y] : [y, x];
    const span = fixed[q] - fixed[p];
    const part = Math.abs(span) < 1e-9 ? 0.5 : (fixed[k] - fixed[p]) / span;
    const straight = part >= 0 && part <= 1 ? free[p] + part * (free[q] - free[p]) : (free[p] + free[q]) / 2;
    free[k] = Math.min(low[k] + 1 - NEAR, Math.max(low[k] + NEAR, straight));
  }
}

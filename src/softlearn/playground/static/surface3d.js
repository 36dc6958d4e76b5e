// A cost of two parameters as a surface in space that can be turned, drawn back to front.

import { ramp, ranks } from "./contours.js";
import { markerPath } from "./palette.js";
import { pointsUntil, whereAt } from "./race_model.js";
import { colour, prepared } from "./tabs_dom.js";

const MESH = 36; // quads along an edge
const HOME = { turn: -0.62, tilt: 0.55, zoom: 1 };
const TALL = 0.95;

/** Corner heights of at most MESH x MESH quads: [rows][columns]. */
function thinned(values) {
  const pick = (length) => {
    const many = Math.min(MESH + 1, length);
    return Array.from({ length: many }, (_, k) => Math.round((k * (length - 1)) / (many - 1)));
  };
  const columns = pick(values[0].length);
  return pick(values.length).map((r) => columns.map((c) => values[r][c]));
}

/** A canvas for the surface: `set(race)`, `draw(step)`; `onturn` is called when it was turned. */
export function inSpace(canvas, onturn) {
  let race = null;
  let mesh = null;
  let [lowest, highest] = [0, 1];
  let rank = null;
  let view = { ...HOME };

  /** Left-right, front-back, height (each about -1 to 1) -> [x, y, depth]; far is large. */
  function project(u, v, h, width, height) {
    const [c, s] = [Math.cos(view.turn), Math.sin(view.turn)];
    const across = u * c - v * s;
    const back = u * s + v * c;
    const up = (h - 0.5) * TALL;
    const y = back * Math.sin(view.tilt) + up * Math.cos(view.tilt);
    const depth = back * Math.cos(view.tilt) - up * Math.sin(view.tilt);
    const near = 4.2 / (4.2 + depth);
    const scale = 0.36 * Math.min(width, height * 1.25) * view.zoom * near;
    return [width / 2 + across * scale, height * 0.52 - y * scale, depth];
  }

  const share = (J) => (J - lowest) / (highest - lowest || 1);

  function quads(width, height, between) {
    const [rows, columns] = [mesh.length, mesh[0].length];
    const corner = (r, c) =>
      project((2 * c) / (columns - 1) - 1, (2 * r) / (rows - 1) - 1, share(mesh[r][c]), width, height);
    const at = mesh.map((row, r) => row.map((_, c) => corner(r, c)));
    const found = [];
    for (let r = 0; r + 1 < rows; r += 1) {
      for (let c = 0; c + 1 < columns; c += 1) {
        const corners = [at[r][c], at[r][c + 1], at[r + 1][c + 1], at[r + 1][c]];
        const slope =
          share(mesh[r][c + 1]) - share(mesh[r][c]) + share(mesh[r + 1][c]) - share(mesh[r][c]);
        const light = Math.max(0.72, Math.min(1.1, 0.97 + 1.6 * slope));
        const middle = (mesh[r][c] + mesh[r + 1][c + 1]) / 2;
        const paint = between(rank(middle)).map((k) => Math.min(255, Math.round(k * light)));
        found.push({
          depth: corners.reduce((sum, corner_) => sum + corner_[2], 0) / 4,
          corners,
          paint: `rgb(${paint.join(",")})`,
        });
      }
    }
    return found;
  }

  /** The segments of the paths, a little nearer than the surface they lie on. */
  function segments(step, width, height) {
    const [x0, x1, y0, y1] = race.extent;
    const place = ([w1, w2], J) => {
      const [u, v] = [(2 * (w1 - x0)) / (x1 - x0) - 1, (2 * (w2 - y0)) / (y1 - y0) - 1];
      if (Math.abs(u) > 1.02 || Math.abs(v) > 1.02) return null;
      return project(u, v, Math.min(1.05, Math.max(0, share(J))) + 0.012, width, height);
    };
    const found = [];
    for (const run of race.runs) {
      const many = pointsUntil(run, step);
      const stride = Math.max(1, Math.floor(many / 300));
      const points = [];
      for (let k = 0; k < many; k += stride) points.push(place(run.path[k], run.cost[k]));
      const head = whereAt(run, step);
      points.push(place(head.w, head.cost));
      points.forEach((to, k) => {
        const from = points[k - 1];
        if (from && to) found.push({ depth: (from[2] + to[2]) / 2 - 0.08, run, from, to });
      });
      const end = points[points.length - 1];
      if (end) found.push({ depth: end[2] - 0.12, run, head: end });
    }
    return found;
  }

  function paintPiece(pen, piece, grid) {
    if (piece.corners) {
      pen.beginPath();
      piece.corners.forEach(([x, y], k) => pen[k ? "lineTo" : "moveTo"](x, y));
      pen.closePath();
      pen.fillStyle = piece.paint;
      pen.fill();
      pen.strokeStyle = grid;
      pen.lineWidth = 0.4;
      pen.stroke();
      return;
    }
    const paint = colour(canvas, `--run-${piece.run.index}`);
    if (piece.head) {
      markerPath(pen, piece.run.index, piece.head[0], piece.head[1], 6);
      pen.fillStyle = paint;
      pen.fill();
      pen.strokeStyle = colour(canvas, "--panel", "#fff");
      pen.lineWidth = 1.5;
      pen.stroke();
      return;
    }
    pen.beginPath();
    pen.moveTo(piece.from[0], piece.from[1]);
    pen.lineTo(piece.to[0], piece.to[1]);
    pen.strokeStyle = paint;
    pen.lineWidth = 2.4;
    pen.stroke();
  }

  function turnBy(turn, tilt, zoom = 1) {
    view.turn += turn;
    view.tilt = Math.min(1.5, Math.max(0.08, view.tilt + tilt));
    view.zoom = Math.min(2.5, Math.max(0.6, view.zoom * zoom));
    onturn();
  }

  const KEYS = {
    ArrowLeft: () => turnBy(-0.12, 0),
    ArrowRight: () => turnBy(0.12, 0),
    ArrowUp: () => turnBy(0, 0.08),
    ArrowDown: () => turnBy(0, -0.08),
    "+": () => turnBy(0, 0, 1.1),
    "=": () => turnBy(0, 0, 1.1),
    "-": () => turnBy(0, 0, 1 / 1.1),
    Home: () => {
      view = { ...HOME };
      onturn();
    },
  };
  canvas.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) {
      turnBy(event.movementX * 0.01, event.movementY * 0.008);
    }
  });
  canvas.addEventListener("dblclick", KEYS.Home);

  return {
    set(next) {
      race = next;
      if (race.flat) return;
      mesh = thinned(race.values);
      const all = mesh.flat();
      [lowest, highest] = [Math.min(...all), Math.max(...all)];
      rank = ranks(race.values);
    },
    draw(step) {
      if (!race || race.flat) return;
      const [pen, width, height] = prepared(canvas, 0.8);
      const between = ramp(colour(canvas, "--low3", "#5f8fd0"), colour(canvas, "--high3", "#f2d9a6"));
      const grid = colour(canvas, "--mesh", "#44506433");
      const pieces = [...quads(width, height, between), ...segments(step, width, height)];
      pieces.sort((a, b) => b.depth - a.depth);
      pieces.forEach((piece) => paintPiece(pen, piece, grid));
    },
  };
}

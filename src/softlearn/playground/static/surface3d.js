// A cost of two parameters as a surface in space that can be turned, drawn back to front.

import { ramp } from "./contours.js";
import { drawHead } from "./race_plot.js";
import { pointsUntil, whereAt } from "./race_model.js";
import { colour, prepared } from "./tabs_dom.js";

const MESH = 36; // quads along an edge
const HOME = { turn: -0.62, tilt: 0.55, zoom: 1 };
const TALL = 0.95;

/** Which rows and columns of the grid become corners: at most MESH + 1 of each, ends included. */
function picked(length) {
  const many = Math.min(MESH + 1, length);
  return Array.from({ length: many }, (_, k) => Math.round((k * (length - 1)) / (many - 1)));
}

/** A canvas for the surface: `set(race)`, `draw(step)`; `onturn` is called when it was turned. */
export function inSpace(canvas, onturn) {
  let race = null;
  let mesh = null;
  let [downs, acrosses] = [[], []];
  let [lowest, highest] = [0, 1];
  let view = { ...HOME };

  /** Left-right, front-back, height (-1 to 1, height 0 to 1) -> [x, y, depth] before scaling. */
  function turned(u, v, h) {
    const [c, s] = [Math.cos(view.turn), Math.sin(view.turn)];
    const across = u * c - v * s;
    const back = u * s + v * c;
    const up = (h - 0.5) * TALL;
    const y = back * Math.sin(view.tilt) + up * Math.cos(view.tilt);
    const depth = back * Math.cos(view.tilt) - up * Math.sin(view.tilt);
    const near = 5 / (5 + depth); // a little perspective
    return [across * near, y * near, depth];
  }

  /** A function that puts turned points on the canvas, so that the whole box can be seen. */
  function projection(width, height) {
    const box = [];
    for (const u of [-1, 1]) for (const v of [-1, 1]) for (const h of [0, 1]) box.push(turned(u, v, h));
    const [xs, ys] = [box.map((p) => p[0]), box.map((p) => p[1])];
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [low, high] = [Math.min(...ys), Math.max(...ys)];
    const scale = view.zoom * Math.min((width - 36) / (right - left), (height - 36) / (high - low));
    return (u, v, h) => {
      const [x, y, depth] = turned(u, v, h);
      return [
        width / 2 + (x - (left + right) / 2) * scale,
        height / 2 - (y - (low + high) / 2) * scale,
        depth,
      ];
    };
  }

  const share = (J) => (J - lowest) / (highest - lowest || 1);

  function quads(project, between) {
    const [rows, columns] = [downs.length, acrosses.length];
    const [bottom, right] = [race.values.length - 1, race.values[0].length - 1];
    const at = mesh.map((row, r) =>
      row.map((J, c) => project((2 * acrosses[c]) / right - 1, (2 * downs[r]) / bottom - 1, share(J))),
    );
    const found = [];
    for (let r = 0; r + 1 < rows; r += 1) {
      for (let c = 0; c + 1 < columns; c += 1) {
        const corners = [at[r][c], at[r][c + 1], at[r + 1][c + 1], at[r + 1][c]];
        const slope =
          share(mesh[r][c + 1]) - share(mesh[r][c]) + share(mesh[r + 1][c]) - share(mesh[r][c]);
        const light = Math.max(0.76, Math.min(1.08, 0.98 + 1.4 * slope));
        const middle = share((mesh[r][c] + mesh[r + 1][c + 1]) / 2);
        const paint = between(middle ** 0.7).map((k) => Math.min(255, Math.round(k * light)));
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
  function segments(step, project) {
    const [x0, x1, y0, y1] = race.extent;
    const place = ([w1, w2], J) => {
      const [u, v] = [(2 * (w1 - x0)) / (x1 - x0) - 1, (2 * (w2 - y0)) / (y1 - y0) - 1];
      if (Math.abs(u) > 1.02 || Math.abs(v) > 1.02) return null;
      return project(u, v, Math.min(1.05, Math.max(0, share(J))) + 0.012);
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

  /** The edges of the floor and one upright, or, above the surface, the names of the axes. */
  function drawAxes(pen, project, named) {
    const [origin, first, second, top] = [[-1, -1, 0], [1, -1, 0], [-1, 1, 0], [-1, 1, 1]].map((p) => project(...p));
    pen.strokeStyle = colour(canvas, "--muted", "#667");
    pen.fillStyle = pen.strokeStyle;
    pen.lineWidth = 1;
    pen.font = "12px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const names = race.axes ?? ["w₁", "w₂"];
    for (const [from, to, name] of [[origin, first, names[0]], [origin, second, names[1]], [second, top, "J"]]) {
      if (!named) {
        pen.beginPath();
        pen.moveTo(from[0], from[1]);
        pen.lineTo(to[0], to[1]);
        pen.stroke();
        continue;
      }
      const far = 12 / Math.max(1, Math.hypot(to[0] - from[0], to[1] - from[1]));
      pen.fillText(name, to[0] + far * (to[0] - from[0]), to[1] + far * (to[1] - from[1]));
    }
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
    if (piece.head) {
      drawHead(pen, piece.run, piece.head, canvas);
      return;
    }
    pen.beginPath();
    pen.moveTo(piece.from[0], piece.from[1]);
    pen.lineTo(piece.to[0], piece.to[1]);
    pen.strokeStyle = colour(canvas, `--run-${piece.run.index}`);
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
      [downs, acrosses] = [picked(race.values.length), picked(race.values[0].length)];
      mesh = downs.map((r) => acrosses.map((c) => race.values[r][c]));
      const all = mesh.flat();
      [lowest, highest] = [Math.min(...all), Math.max(...all)];
    },
    draw(step) {
      if (!race || race.flat) return;
      const [pen, width, height] = prepared(canvas, 0.8);
      const between = ramp(colour(canvas, "--low3", "#5f8fd0"), colour(canvas, "--high3", "#f2d9a6"));
      const grid = colour(canvas, "--mesh", "#44506433");
      const project = projection(width, height);
      drawAxes(pen, project, false);
      const pieces = [...quads(project, between), ...segments(step, project)];
      pieces.sort((a, b) => b.depth - a.depth);
      pieces.forEach((piece) => paintPiece(pen, piece, grid));
      drawAxes(pen, project, true);
    },
  };
}

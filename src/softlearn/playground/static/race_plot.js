// The surface from above with the paths on it, or the curve of a cost of one parameter.

import { heightMap, isoline, levels, ramp, ranks } from "./contours.js";
import { markerOutline } from "./palette.js";
import { pointsUntil, whereAt } from "./race_model.js";
import { colour, number, prepared } from "./tabs_dom.js";

const EDGE = { left: 46, right: 14, top: 20, bottom: 30 };

/** Round numbers between two ends. */
export function ticks(low, high, about = 5) {
  const raw = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((k) => k * power >= raw) * power;
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) found.push(k * step || 0);
  return found;
}

/** A tick's number with as many decimals as its neighbours differ by. */
function tickText(tick, all) {
  const step = Math.abs((all[1] ?? tick) - all[0]) || 1;
  if (Math.abs(tick) >= 1e5 || step < 1e-7) return number(tick);
  return tick.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9))).replace("-", "−");
}

/** A frame with ticks; the horizontal ones are left out where x0 is null. */
export function axes(pen, frame, spans, names, node) {
  const [x0, x1, y0, y1] = spans;
  const bottom = frame.top + frame.height;
  pen.strokeStyle = colour(node, "--line", "#ccc");
  pen.fillStyle = colour(node, "--muted", "#666");
  pen.lineWidth = 1;
  pen.font = "11px system-ui, sans-serif";
  pen.strokeRect(frame.left, frame.top, frame.width, frame.height);
  pen.textAlign = "center";
  pen.textBaseline = "top";
  const across = x0 === null ? [] : ticks(x0, x1, frame.width / 80);
  for (const tick of across) {
    pen.fillText(tickText(tick, across), frame.left + ((tick - x0) / (x1 - x0)) * frame.width, bottom + 4);
  }
  pen.fillText(names[0], frame.left + frame.width - 8, bottom + 17);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  const up = ticks(y0, y1, frame.height / 50);
  for (const tick of up) {
    pen.fillText(tickText(tick, up), frame.left - 4, bottom - ((tick - y0) / (y1 - y0)) * frame.height);
  }
  pen.textAlign = "left";
  pen.fillText(names[1], frame.left - 18, frame.top - 10);
}

function frameOf(width, height) {
  return {
    left: EDGE.left,
    top: EDGE.top,
    width: width - EDGE.left - EDGE.right,
    height: height - EDGE.top - EDGE.bottom,
  };
}

export function drawPath(pen, run, points, close, node) {
  if (points.length === 0) return;
  const paint = colour(node, `--run-${run.index}`);
  pen.setLineDash(run.racer.dash);
  pen.lineWidth = 2.2;
  pen.strokeStyle = paint;
  pen.beginPath();
  points.forEach(([x, y], k) => pen[k ? "lineTo" : "moveTo"](x, y));
  pen.stroke();
  pen.setLineDash([]);
  if (close) drawHead(pen, run, points[points.length - 1], node);
}

/** The marker where an optimizer is now. */
export function drawHead(pen, { index }, [x, y], node) {
  const outline = new Path2D(markerOutline(index, x, y, 6));
  pen.fillStyle = colour(node, `--run-${index}`);
  pen.fill(outline);
  pen.lineWidth = 1.5;
  pen.strokeStyle = colour(node, "--panel", "#fff");
  pen.stroke(outline);
}

/** A canvas for the view from above: `set(race)`, `draw(step)`, and `pick(event)` -> w. */
export function fromAbove(canvas) {
  let race = null;
  let map = null;
  let lines = [];
  let painted = "";
  let frame = null;

  function prepare() {
    const [low, high] = [colour(canvas, "--low", "#9db8dd"), colour(canvas, "--high", "#f7f9fc")];
    if (painted === low + high) return;
    painted = low + high;
    const rank = ranks(race.values);
    const between = ramp(low, high);
    map = heightMap(race.values, (height) => between(rank(height)));
    lines = levels(race.values).map((level) => isoline(race.values, level));
  }

  function place([w1, w2]) {
    const [x0, x1, y0, y1] = race.extent;
    return [
      frame.left + ((w1 - x0) / (x1 - x0)) * frame.width,
      frame.top + frame.height - ((w2 - y0) / (y1 - y0)) * frame.height,
    ];
  }

  function drawSurface(pen) {
    pen.imageSmoothingEnabled = true;
    pen.drawImage(map, frame.left, frame.top, frame.width, frame.height);
    pen.strokeStyle = colour(canvas, "--contour", "#7a8699");
    pen.lineWidth = 0.8;
    const [dx, dy] = [
      frame.width / (race.values[0].length - 1),
      frame.height / (race.values.length - 1),
    ];
    pen.beginPath();
    for (const [c0, r0, c1, r1] of lines.flat()) {
      pen.moveTo(frame.left + c0 * dx, frame.top + frame.height - r0 * dy);
      pen.lineTo(frame.left + c1 * dx, frame.top + frame.height - r1 * dy);
    }
    pen.stroke();
  }

  function drawMarks(pen) {
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    for (const mark of race.surface.marks ?? []) {
      if (mark.w.length !== 2) continue;
      const [x, y] = place(mark.w);
      pen.strokeStyle = pen.fillStyle = colour(canvas, "--ink", "#222");
      pen.lineWidth = 1.5;
      pen.beginPath();
      pen.moveTo(x - 5, y - 5);
      pen.lineTo(x + 5, y + 5);
      pen.moveTo(x - 5, y + 5);
      pen.lineTo(x + 5, y - 5);
      pen.stroke();
      const right = x > frame.left + 0.8 * frame.width; // the name would leave the frame
      pen.textAlign = right ? "right" : "left";
      pen.fillText(race.nameOf(mark.kind), x + (right ? -9 : 9), y - 12);
    }
  }

  return {
    set(next) {
      race = next;
      painted = "";
    },
    draw(step) {
      if (!race) return;
      const [pen, width, height] = prepared(canvas, 0.8);
      frame = frameOf(width, height);
      prepare();
      drawSurface(pen);
      axes(pen, frame, race.extent, race.axes ?? ["w₁", "w₂"], canvas);
      pen.save();
      pen.beginPath();
      pen.rect(frame.left, frame.top, frame.width, frame.height);
      pen.clip();
      drawMarks(pen);
      for (const run of race.runs) {
        const walked = run.path.slice(0, pointsUntil(run, step));
        walked.push(whereAt(run, step).w);
        drawPath(pen, run, walked.map(place), true, canvas);
      }
      pen.restore();
    },
    pick(event) {
      const box = canvas.getBoundingClientRect();
      const [x0, x1, y0, y1] = race.extent;
      const across = (event.clientX - box.left - frame.left) / frame.width;
      const up = 1 - (event.clientY - box.top - frame.top) / frame.height;
      if (across < 0 || across > 1 || up < 0 || up > 1) return null;
      return [x0 + across * (x1 - x0), y0 + up * (y1 - y0)];
    },
  };
}

/** A canvas for a cost of one parameter: the curve, and a moving point for each optimizer. */
export function curveOf(canvas) {
  let race = null;
  let frame = null;
  return {
    set(next) {
      race = next;
    },
    draw(step) {
      if (!race) return;
      const [pen, width, height] = prepared(canvas, canvas.clientWidth > 600 ? 0.42 : 0.7);
      frame = frameOf(width, height);
      const [x0, x1] = race.extent;
      const values = race.values.length === 1 ? race.values[0] : race.values.map((row) => row[0]);
      const top = Math.max(...values);
      const low = Math.min(0, ...values) - 0.04 * top;
      const place = (w, J) => [
        frame.left + ((w - x0) / (x1 - x0)) * frame.width,
        frame.top + frame.height - ((J - low) / (top - low)) * frame.height,
      ];
      axes(pen, frame, [x0, x1, low, top], ["w", "J"], canvas);
      pen.save();
      pen.beginPath();
      pen.rect(frame.left, frame.top, frame.width, frame.height);
      pen.clip();
      pen.strokeStyle = colour(canvas, "--ink", "#222");
      pen.lineWidth = 1.6;
      pen.beginPath();
      values.forEach((J, k) =>
        pen[k ? "lineTo" : "moveTo"](...place(x0 + (k / (values.length - 1)) * (x1 - x0), J)),
      );
      pen.stroke();
      for (const run of race.runs) {
        const { w, cost } = whereAt(run, step);
        const at = place(w[0], cost);
        drawPath(pen, run, [at], true, canvas);
        if (race.runs.length > 2) continue;
        pen.fillStyle = colour(canvas, "--ink", "#222");
        pen.textAlign = "center";
        pen.font = "13px system-ui, sans-serif";
        pen.fillText(`w = ${number(w[0], 6)}`, Math.max(frame.left + 50, at[0]), at[1] - 16);
      }
      pen.restore();
    },
    pick(event) {
      const box = canvas.getBoundingClientRect();
      const across = (event.clientX - box.left - frame.left) / frame.width;
      if (across < 0 || across > 1) return null;
      return [race.extent[0] + across * (race.extent[1] - race.extent[0])];
    },
  };
}

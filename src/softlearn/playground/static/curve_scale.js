// Axes of the cost curve: where a step and a cost lie on the canvas.

import { number, ticks, whole } from "./format.js";

const PAD = { left: 46, right: 44, top: 10, bottom: 20 };

/** {x(step), y(cost), step(px), xTicks, yTicks} for curves within a box; log is of the cost. */
export function scaleFor(rows, extra, width, height, log) {
  let top = -Infinity;
  let bottom = Infinity;
  let last = 1;
  const see = (v) => {
    if (v === null || !Number.isFinite(v) || (log && v <= 0)) return;
    if (v > top) top = v;
    if (v < bottom) bottom = v;
  };
  for (const history of rows) {
    for (const [step, train, test] of history) {
      see(train);
      see(test);
      if (step > last) last = step;
    }
  }
  extra.forEach(see);
  if (!Number.isFinite(top)) [bottom, top] = [log ? 0.1 : 0, 1];
  [bottom, top] = log
    ? [bottom / 1.15, Math.max(top * 1.15, bottom * 2)]
    : [Math.min(0, bottom), Math.max(top * 1.06, 1e-9)];
  const f = log ? Math.log10 : (v) => v;
  const inner = { w: width - PAD.left - PAD.right, h: height - PAD.top - PAD.bottom };
  const [lo, hi] = [f(bottom), f(top)];
  return {
    left: PAD.left,
    right: width - PAD.right,
    top: PAD.top,
    bottom: height - PAD.bottom,
    x: (step) => PAD.left + (step / last) * inner.w,
    y: (cost) => PAD.top + (1 - (f(Math.max(cost, log ? bottom : -Infinity)) - lo) / (hi - lo)) * inner.h,
    step: (px) => ((px - PAD.left) / inner.w) * last,
    xTicks: ticks(0, last, Math.max(2, Math.floor(inner.w / 80)))
      .filter((v) => v === Math.round(v))
      .map((v) => [v, whole(v)]),
    yTicks: (log ? decades(bottom, top) : ticks(bottom, top, 4)).map((v) => [
      v,
      number(v, 2).replace(/^1(\.0)?\u00d7/, ""),
    ]),
  };
}

/** 1, 10, 100, ... between two costs; with 2 and 5 where there would be too few, fewer powers where too many. */
function decades(bottom, top) {
  const from = Math.floor(Math.log10(bottom));
  const to = Math.ceil(Math.log10(top));
  const every = Math.max(1, Math.ceil((to - from) / 6));
  const parts = to - from <= 2 ? [1, 2, 5] : [1];
  const out = [];
  for (let e = from; e <= to; e += every) for (const m of parts) out.push(m * 10 ** e);
  return out.filter((v) => v >= bottom && v <= top);
}

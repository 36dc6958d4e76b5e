// What the pointer and the keyboard do on the plane: look, paint, erase, relabel. Moving also asks for the probe there.

import { nearest } from "./points.js";

const GAP = 12; // pixels between the points of one stroke
const REACH = 9;

/** Hooks the region's upper canvas up; `look({xy, point})` is called with the place to be probed. */
export function handle(region, store, send, look) {
  const { marks } = region;
  let stroke = null; // the last pixel at which this stroke acted
  let strokes = 0; // what one stroke did is undone as one

  const place = (event) => {
    const box = marks.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  function moveTo(px, py, inside = true) {
    const point = nearest(store.points(), region.toPixels, px, py, REACH, store.view.tests);
    const xy = region.toData([px, py]);
    region.cursor = { xy, point, inside };
    look({ xy, point });
    region.mark();
  }

  function act(px, py) {
    const { kind, label, radius } = store.tool;
    const xy = region.toData([px, py]);
    const [x0, x1] = store.state.data.extent;
    const reach = radius * (x1 - x0);
    const points = (op, values) => send({ type: "points", op, ...values, stroke: strokes });
    if (kind === "brush") points("add", { xy: [xy], label });
    if (kind === "erase") points("erase", { xy, radius: reach });
    if (kind === "relabel") points("relabel", { xy, radius: reach, label });
  }

  marks.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !store.state) return;
    marks.setPointerCapture(event.pointerId);
    stroke = place(event);
    strokes += 1;
    moveTo(...stroke);
    act(...stroke);
  });
  marks.addEventListener("pointermove", (event) => {
    if (!store.state) return;
    const [px, py] = place(event);
    moveTo(px, py);
    if (stroke && Math.hypot(px - stroke[0], py - stroke[1]) >= GAP) {
      stroke = [px, py];
      act(px, py);
    }
  });
  for (const type of ["pointerup", "pointercancel"])
    marks.addEventListener(type, () => {
      stroke = null;
    });
  marks.addEventListener("pointerleave", () => {
    if (region.cursor) region.cursor.inside = false;
    region.mark();
  });

  marks.addEventListener("keydown", (event) => {
    if (!store.state || event.ctrlKey || event.metaKey || event.altKey) return;
    const move = ARROWS[event.key];
    if (move) {
      const [px, py] = region.toPixels(cursorOrMiddle());
      const by = region.size * (event.shiftKey ? 0.004 : 0.025);
      moveTo(inside(px + move[0] * by), inside(py + move[1] * by));
    } else if (event.key === "Enter") {
      const [px, py] = region.toPixels(cursorOrMiddle());
      moveTo(px, py);
      strokes += 1;
      act(px, py);
    } else if (event.key === "PageDown" || event.key === "PageUp") {
      visit(event.key === "PageDown" ? 1 : -1);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation(); // the right arrow is also the page's key for one step
  });

  const inside = (v) => Math.min(region.size, Math.max(0, v));

  function cursorOrMiddle() {
    if (region.cursor) return region.cursor.xy;
    const [x0, x1, y0, y1] = store.state.data.extent;
    return [(x0 + x1) / 2, (y0 + y1) / 2];
  }

  /** The next or the last data point, in their order. */
  function visit(by) {
    const { xy } = store.points();
    if (xy.length === 0) return;
    const from = region.cursor?.point ?? (by > 0 ? -1 : 0);
    const point = (from + by + xy.length) % xy.length;
    region.cursor = { xy: xy[point], point, inside: true };
    look({ xy: xy[point], point });
    store.emit("select", { point });
    region.mark();
  }
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

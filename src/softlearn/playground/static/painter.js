// One loop at the screen's pace: the newest frame is painted and acknowledged, older ones are only acknowledged.
// A hidden page paints nothing and acknowledges nothing, so that its server stops sending pictures.

import { decodeFrame } from "./wire.js";

const CALM_MS = 250; // with reduced motion the picture changes four times a second

/** {take(buffer), repaint()}; `parts` have tick(now), called once a refresh. */
export function createPainter(store, send, region, parts) {
  const newest = new Map(); // kind -> bytes not painted yet
  const seen = new Set(); // numbers to be acknowledged
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let painted = 0;
  let again = false;

  function take(buffer) {
    const view = new DataView(buffer);
    seen.add(view.getUint32(4, true));
    newest.set(view.getUint8(15), buffer);
    window.__pg.frames += 1;
  }

  function loop(now) {
    requestAnimationFrame(loop);
    if ((newest.size || again) && (!calm.matches || now - painted >= CALM_MS)) {
      painted = now;
      paint();
    }
    for (const part of parts) part.tick(now);
  }

  function paint() {
    const units = newest.get(1);
    if (units) store.units = decodeFrame(units);
    const planes = newest.get(0);
    if (planes) {
      const frame = decodeFrame(planes);
      // A frame of the network before the last change is not painted: its classes are others.
      if (frame.classes === store.classes()) {
        store.frame = frame;
        window.__pg.painted += 1;
        window.__pg.step = frame.step;
        window.__pg.classes = frame.classes;
        store.emit("frame", frame);
      }
    }
    newest.clear();
    again = false;
    region.paint(store.frame);
    for (const seq of seen) send({ type: "ack", seq });
    seen.clear();
  }

  requestAnimationFrame(loop);
  return {
    take,
    repaint() {
      again = true;
      region.mark();
    },
  };
}

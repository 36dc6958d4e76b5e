// The exact solution of a network without hidden layers, with its proven bound; and pushes by hand.

import { button } from "./controls.js";
import { h, write } from "./dom.js";
import { number } from "./format.js";
import { say, t } from "./i18n.js";

const COUNTDOWN_MS = 1600;

export function solvePanel(store, send) {
  const solve = button({ text: "solve.solve", iconName: "target", testid: "solve", tip: "solve.tip", onclick: () => send({ type: "solve" }) });
  const nudge = button({ text: "solve.nudge", testid: "nudge", tip: "solve.nudge.tip", onclick: () => send({ type: "nudge" }) });
  const zero = button({ text: "solve.zero", testid: "zero", tip: "solve.zero.tip", onclick: () => send({ type: "zero" }) });
  const words = h("p", { class: "pg-note pg-solved", testid: "solved", role: "status" });
  const gap = h("p", { class: "pg-gap", testid: "gap" });
  const element = h("div", { class: "pg-solve" }, h("div", { class: "pg-group" }, solve, nudge, zero), words, gap);

  let counting = 0; // which countdown is running: a newer one ends it

  function show() {
    const linear = store.state.model.hidden.length === 0;
    solve.disabled = !linear;
    solve.title = t(linear ? "solve.tip" : "solve.deep");
    if (!store.solved) {
      write(words, "");
      write(gap, "");
    } else {
      write(words, say(store.solved.text));
    }
  }

  /** The gap between cost and bound, pass by pass: what the certificate proves, as it is proved. */
  function countDown({ path, gap: last }) {
    const mine = ++counting;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const rows = (path ?? []).filter(([, cost, bound]) => Number.isFinite(bound) && Number.isFinite(cost));
    const start = performance.now();
    const frame = (now) => {
      if (mine !== counting) return;
      const part = calm ? 1 : Math.min(1, (now - start) / COUNTDOWN_MS);
      const row = rows[Math.min(rows.length - 1, Math.floor(part * rows.length))];
      const value = part === 1 || !row ? last : row[1] - row[2];
      write(gap, t(part === 1 ? "solve.gap" : "solve.counting", { gap: number(value), step: row?.[0] ?? "" }));
      if (part < 1) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  store.on("solved", (event) => {
    show();
    countDown(event);
  });
  store.on("lang", () => store.state && show());
  return { element, show };
}

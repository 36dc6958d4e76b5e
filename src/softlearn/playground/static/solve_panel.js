// The exact solution of a network without hidden layers, with its proven bound; and pushes by hand.

import { button } from "./controls.js";
import { h, write } from "./dom.js";
import { number } from "./format.js";
import { lang, t } from "./i18n.js";

const COUNTDOWN_MS = 1600;
const EVERY_MS = 120;

export function createSolve(store, send) {
  const solve = button({
    text: "solve.solve",
    iconName: "target",
    testid: "solve",
    tip: "solve.tip",
    onclick: ask,
  });
  const nudge = button({
    text: "solve.nudge",
    testid: "nudge",
    tip: "solve.nudge.tip",
    onclick: () => send({ type: "nudge" }),
  });
  const zero = button({
    text: "solve.zero",
    testid: "zero",
    tip: "solve.zero.tip",
    onclick: () => send({ type: "zero" }),
  });
  const apply = button({
    text: "solve.apply",
    testid: "solve-apply",
    tip: "solve.apply.tip",
    onclick: () => send({ type: "solve", apply: true }),
  });
  const words = h("p", { class: "pg-note", testid: "solved", role: "status" });
  const gap = h("p", { class: "pg-gap", testid: "gap" });
  const answer = h(
    "div",
    { class: "pg-solved", hidden: true },
    words,
    h("div", { class: "pg-head" }, gap, apply),
  );
  const element = h(
    "div",
    { class: "pg-solve" },
    h("div", { class: "pg-group" }, solve, nudge, zero),
    answer,
  );

  function ask() {
    answer.hidden = false;
    write(words, t("solve.working")); // the first time takes a second
    write(gap, "");
    send({ type: "solve" });
  }

  let countdown = null; // {rows, start} while the solver's own path is played
  let last = 0;

  function show() {
    const linear = store.state.model.hidden.length === 0;
    solve.disabled = !linear;
    solve.title = t(linear ? "solve.tip" : "solve.deep");
    const { solved } = store;
    answer.hidden = !solved;
    apply.hidden = !solved?.proven;
    if (!solved) countdown = null;
    else say(solved);
  }

  /** In short where it is proven, with the server's whole sentence behind it; else the sentence itself. */
  function say({ proven, cost, gap: proof, text, text_ko: korean }) {
    const sentence = (lang() === "ko" && korean) || text;
    words.title = proven ? sentence : "";
    write(
      words,
      proven ? t("solve.proven", { cost: Number(cost.toPrecision(8)), gap: number(proof, 2) }) : sentence,
    );
  }

  /** The gap between a cost and the bound: first the solver's, pass by pass, then the training's. */
  function tick(now) {
    if (!store.solved || now - last < EVERY_MS) return;
    last = now;
    const { bound } = store.solved;
    if (countdown) {
      const part = (now - countdown.start) / COUNTDOWN_MS;
      const row = countdown.rows[Math.floor(part * countdown.rows.length)];
      if (row) return write(gap, t("solve.counting", { step: row[0], gap: number(row[1] - row[2]) }));
      countdown = null;
    }
    const cost = store.progress?.train?.cost;
    if (bound === null || cost === null || cost === undefined) return write(gap, "");
    return write(gap, t("solve.now", { gap: number(Math.max(0, cost - bound)) }));
  }

  store.on("solved", ({ path }) => {
    show();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const rows = (path ?? []).filter(([, cost, bound]) => cost !== null && bound !== null);
    countdown = calm || rows.length === 0 ? null : { rows, start: performance.now() };
  });
  for (const type of ["points", "lang"]) store.on(type, () => store.state && show());
  return { element, show, tick };
}

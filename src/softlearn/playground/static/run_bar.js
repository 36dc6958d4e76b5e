// Run, pause, step, epoch, reset; how fast; when to stop; what step it is.

import { button, disclosure, numberField, slider } from "./controls.js";
import { h, write } from "./dom.js";
import { number, whole } from "./format.js";
import { t } from "./i18n.js";

// Steps a frame: below one is slow motion, 0 is as many as fit.
const SPEEDS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 25, 50, 100, 0];

const EVERY_MS = 60;

export function createRunBar(root, store, send) {
  const command =
    (type, extra = {}) =>
    () =>
      send({ type, ...extra });
  const run = button({
    text: "run.run",
    iconName: "play",
    testid: "run",
    tip: "run.run.tip",
    onclick: command("run"),
  });
  const pause = button({
    text: "run.pause",
    iconName: "pause",
    testid: "pause",
    tip: "run.run.tip",
    onclick: command("pause"),
  });
  const step = button({
    text: "run.step",
    iconName: "step",
    testid: "step",
    tip: "run.step.tip",
    onclick: command("step", { n: 1 }),
  });
  const epoch = button({
    text: "run.epoch",
    iconName: "epoch",
    testid: "epoch",
    tip: "run.epoch.tip",
    onclick: command("epoch"),
  });
  const reset = button({
    text: "run.reset",
    iconName: "reset",
    testid: "reset",
    tip: "run.reset.tip",
    onclick: command("reset"),
  });

  const speed = slider({
    label: "run.speed",
    testid: "speed",
    min: 0,
    max: SPEEDS.length - 1,
    scale: { from: (i) => SPEEDS[i], to: nearestSpeed, format: speedWords },
    oninput: (value) => send({ type: "speed", steps_per_frame: value }),
  });

  const stop = stopRules(store, send);
  const counts = {};
  const count = (key, text, unit) =>
    h("div", { class: "pg-count" }, h("dt", { text }), (counts[key] = h("dd", { testid: unit })));
  const read = h(
    "dl",
    { class: "pg-counts" },
    count("step", "run.count.step", "step-count"),
    count("epoch", "run.count.epoch", "epoch-count"),
    count("rate", "run.count.rate", "rate"),
  );

  const element = h(
    "section",
    { class: "pg-runbar", label: "run.name" },
    h("div", { class: "pg-group" }, run, pause, step, epoch, reset),
    read,
    h("div", { class: "pg-group grow" }, speed.element, stop.element),
  );

  let before = null; // step and time of the last reading of the rate
  let last = 0;
  function tick(now) {
    if (now - last < EVERY_MS) return;
    last = now;
    write(counts.step, whole(store.step()));
    write(counts.epoch, whole(store.progress?.epoch ?? store.state?.epoch ?? 0));
    const running = store.running();
    run.classList.toggle("primary", !running);
    pause.classList.toggle("primary", running);
    run.setAttribute("aria-pressed", String(running));
    pause.setAttribute("aria-pressed", String(!running));
    if (!running) {
      before = null;
      write(counts.rate, "\u2013");
    } else if (!before || store.step() < before.step) {
      before = { step: store.step(), now };
    } else if (now - before.now > 1000) {
      write(counts.rate, number((1000 * (store.step() - before.step)) / (now - before.now)));
      before = { step: store.step(), now };
    }
  }

  const show = () => {
    if (!store.state) return;
    speed.set(store.state.speed ?? 0);
    stop.show();
  };
  store.on("state", show);
  store.on("lang", show);

  return { element, tick };
}

function nearestSpeed(value) {
  if (value === 0) return SPEEDS.length - 1;
  const far = (v) => Math.abs(Math.log(v / value));
  return SPEEDS.slice(0, -1).reduce((best, v, i) => (far(v) < far(SPEEDS[best]) ? i : best), 0);
}

function speedWords(value) {
  if (value === 0) return t("run.speed.max");
  if (value < 1) return t("run.speed.slow", { n: Math.round(1 / value) });
  return t("run.speed.steps", { n: value });
}

function stopRules(store, send) {
  const rule = (key, extra) =>
    numberField({
      label: `stop.${key}`,
      testid: `stop-${key}`,
      min: 0,
      placeholder: "\u2013",
      onchange: (value) => send({ type: "stop_when", [key]: value }),
      ...extra,
    });
  const percent = (value) => send({ type: "stop_when", accuracy: value === null ? null : value / 100 });
  const fields = {
    cost: rule("cost", { step: "any" }),
    accuracy: rule("accuracy", { max: 100, step: "any", onchange: percent }),
    steps: rule("steps", { min: 1, step: 1 }),
  };
  const words = h("span", {});
  const opener = h("button", { type: "button", class: "pg-button", testid: "stop-when" }, words);
  const panel = h(
    "div",
    { class: "pg-fields" },
    h("p", { text: "stop.help" }),
    Object.values(fields).map((f) => f.element),
  );
  const { element } = disclosure({ opener, panel, align: "right" });

  function show() {
    const rules = store.state.stop_when ?? {};
    fields.cost.set(rules.cost);
    fields.accuracy.set(
      rules.accuracy === null || rules.accuracy === undefined ? null : 100 * rules.accuracy,
    );
    fields.steps.set(rules.steps);
    const set = ["cost", "accuracy", "steps"].filter(
      (key) => rules[key] !== null && rules[key] !== undefined,
    );
    const value = (key) =>
      key === "accuracy"
        ? `${number(100 * rules[key])}\u202f%`
        : key === "steps"
          ? whole(rules[key])
          : number(rules[key]);
    write(
      words,
      set.length ? set.map((key) => t(`stop.short.${key}`, { v: value(key) })).join(", ") : t("stop.none"),
    );
  }
  return { element, show };
}

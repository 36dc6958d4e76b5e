// The network and how it learns: layers, optimizer and its parameters, the exact solution where there is one.

import { button, checkbox, numberField, select, slider, throttled } from "./controls.js";
import { h, write } from "./dom.js";
import { number, whole } from "./format.js";
import { t } from "./i18n.js";
import { layersControl } from "./layers_control.js";
import { createSolve } from "./solve_panel.js";

const BATCHES = [0, 1, 8, 16, 32, 64, 128, 256];
const NAMES = ["descent", "momentum", "rmsprop", "adam"];
const USES = {
  descent: [],
  momentum: ["beta", "average"],
  rmsprop: ["beta2", "eps"],
  adam: ["beta", "beta2", "eps"],
};

// Twenty positions to a factor of ten.
const log = (low) => ({
  from: (i) => Number((10 ** (low + i / 20)).toPrecision(2)),
  to: (v) => Math.round(20 * (Math.log10(Math.max(v, 1e-12)) - low)),
  format: (v) => number(v, 2),
});
const logOrZero = (low) => ({
  from: (i) => (i === 0 ? 0 : log(low).from(i - 1)),
  to: (v) => (v === 0 ? 0 : log(low).to(v) + 1),
  format: (v) => (v === 0 ? "0" : number(v, 2)),
});
// 1 - 10^-p: the same care near 1 as a power of ten has near 0.
const nearOne = {
  from: (i) => Number((1 - 10 ** (-i / 20)).toPrecision(4)),
  to: (v) => Math.round(-20 * Math.log10(Math.max(1 - v, 1e-5))),
  format: (v) => String(Number(v.toPrecision(4))),
};

export function createModelPanel(root, store, send) {
  const model = (values) => send({ type: "model", ...values });
  const optimizer = (values) => send({ type: "optimizer", ...values });
  const dragged = throttled(optimizer, 60);

  const layers = layersControl(store, model);
  const activation = select({
    label: "model.activation",
    testid: "activation",
    options: [],
    onchange: (v) => model({ activation: v }),
  });
  const seed = numberField({
    label: "model.seed",
    testid: "model-seed",
    min: 0,
    step: 1,
    onchange: (v) => model({ seed: v ?? 0 }),
  });
  const name = select({
    label: "opt.name",
    testid: "optimizer-name",
    options: NAMES.map((value) => ({ value, text: `opt.${value}` })),
    onchange: (v) => optimizer({ name: v }),
  });
  const batch = select({
    label: "opt.batch",
    testid: "batch",
    options: batches(),
    onchange: (v) => optimizer({ batch: Number(v) }),
  });
  const lr = slider({
    label: "opt.lr",
    testid: "lr",
    min: 0,
    max: 140, // 1,000: the course and a task ask for far too large a rate
    scale: log(-4),
    oninput: (v) => dragged({ lr: v }),
  });
  const l2 = slider({
    label: "opt.l2",
    testid: "l2",
    min: 0,
    max: 101,
    scale: logOrZero(-5),
    oninput: (v) => dragged({ l2: v }),
  });
  const fields = {
    beta: slider({
      label: "opt.beta",
      testid: "beta",
      min: 0,
      max: 80,
      scale: nearOne,
      oninput: (v) => dragged({ beta: v }),
    }),
    beta2: slider({
      label: "opt.beta2",
      testid: "beta2",
      min: 0,
      max: 100,
      scale: nearOne,
      oninput: (v) => dragged({ beta2: v }),
    }),
    eps: slider({
      label: "opt.eps",
      testid: "eps",
      min: 0,
      max: 200,
      scale: log(-10),
      oninput: (v) => dragged({ eps: v }),
    }),
    average: checkbox({
      label: "opt.average",
      testid: "average",
      tip: "opt.average.tip",
      onchange: (v) => optimizer({ average: v }),
    }),
  };
  const formula = h("p", { class: "pg-formula", testid: "formula" });
  const facts = h("p", { class: "pg-note" });
  const solve = createSolve(store, send);

  const element = h(
    "section",
    { class: "pg-panel pg-model", label: "model.name" },
    h("h2", { text: "model.name" }),
    layers.element,
    h("div", { class: "pg-pair" }, activation.element, seed.element, facts),
    h("hr", { class: "pg-divider" }),
    h("div", { class: "pg-pair" }, name.element, batch.element),
    h("div", { class: "pg-pair" }, lr.element, l2.element),
    h(
      "div",
      { class: "pg-pair many" },
      Object.values(fields).map((f) => f.element),
    ),
    formula,
    solve.element,
  );

  function batches() {
    return BATCHES.map((n) =>
      n === 0 ? { value: 0, text: "opt.batch.all" } : { value: n, plain: String(n) },
    );
  }

  function show() {
    const state = store.state;
    if (!state) return;
    const { model: m, optimizer: o } = state;
    layers.show();
    if (m.activations) activation.options(m.activations.map((v) => ({ value: v, plain: v })));
    activation.set(m.activation);
    activation.element.hidden = m.hidden.length === 0;
    facts.classList.toggle("wide", m.hidden.length > 0);
    seed.set(m.seed);
    write(facts, t(m.hidden.length ? "model.curved" : "model.straight", { n: whole(m.parameters) }));
    name.set(o.name);
    if (!BATCHES.includes(o.batch)) batch.options([...batches(), { value: o.batch, plain: String(o.batch) }]);
    batch.set(o.batch);
    lr.set(o.lr);
    l2.set(o.l2);
    for (const key of ["beta", "beta2", "eps", "average"]) {
      fields[key].set(o[key]);
      fields[key].element.hidden = !USES[o.name].includes(key);
    }
    fields.beta.element.parentElement.hidden = USES[o.name].length === 0;
    write(formula, t(o.name === "momentum" && !o.average ? "formula.momentum.sum" : `formula.${o.name}`));
    solve.show();
  }
  store.on("state", show);
  store.on("lang", show);
  store.on("error", show); // a refused value must not stay in sight

  return { element, tick: solve.tick };
}

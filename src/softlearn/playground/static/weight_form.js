// One weight by hand: which layer, from which unit to which, and its value.

import { button, numberField, select, slider, throttled } from "./controls.js";
import { h, write } from "./dom.js";
import { number } from "./format.js";
import { t } from "./i18n.js";

const REACH = 6; // the slider goes from -6 to 6; the field takes any number

/** The form; `changed()` is called when another weight is chosen. */
export function weightForm(store, send, changed) {
  let chosen = { layer: 1, i: 0, j: 0 };
  const put = (value) => value !== null && send({ type: "weight", ...chosen, value });
  const dragged = throttled(put, 50);
  const layer = select({
    label: "weight.layer",
    testid: "weight-layer",
    options: [],
    onchange: (v) => choose({ layer: Number(v), i: 0, j: 0 }),
  });
  const from = select({
    label: "weight.from",
    testid: "weight-from",
    options: [],
    onchange: (v) => choose({ ...chosen, j: Number(v) }),
  });
  const to = select({
    label: "weight.to",
    testid: "weight-to",
    options: [],
    onchange: (v) => choose({ ...chosen, i: Number(v) }),
  });
  const value = numberField({ label: "weight.value", testid: "weight-value", step: 0.1, onchange: put });
  const drag = slider({
    label: "weight.drag",
    testid: "weight-drag",
    min: -60,
    max: 60,
    scale: {
      from: (i) => (i / 60) * REACH,
      to: (v) => Math.round((Math.max(-REACH, Math.min(REACH, v)) / REACH) * 60),
      format: (v) => number(v),
    },
    oninput: dragged,
  });
  const name = h("p", { class: "pg-formula", testid: "weight-name" });
  const element = h(
    "form",
    { class: "pg-fields pg-weight", label: "weight.title", onsubmit: (event) => event.preventDefault() },
    h("h3", { text: "weight.title" }),
    name,
    h("div", { class: "pg-pair three" }, layer.element, from.element, to.element),
    value.element,
    drag.element,
    h(
      "div",
      { class: "pg-group" },
      button({ text: "weight.zero", testid: "weight-zero", onclick: () => put(0) }),
    ),
    h("p", { class: "pg-note", text: "weight.help" }),
  );

  const sizes = () => [2, ...store.state.model.hidden, store.classes()];

  function choose(next) {
    chosen = next;
    show();
    changed();
  }

  function show() {
    const n = sizes();
    const last = n.length - 1;
    if (chosen.layer > last || chosen.i >= n[chosen.layer] || chosen.j >= n[chosen.layer - 1])
      chosen = { layer: 1, i: 0, j: 0 };
    const unit = (l, i) =>
      l === 0 ? `x${i + 1}` : l === last ? t("weight.class", { k: i + 1 }) : t("weight.unit", { i: i + 1 });
    layer.options(n.slice(1).map((_, l) => ({ value: l + 1, plain: String(l + 1) })));
    from.options([
      ...Array.from({ length: n[chosen.layer - 1] }, (_, j) => ({
        value: j,
        plain: unit(chosen.layer - 1, j),
      })),
      { value: -1, plain: t("weight.bias") },
    ]);
    to.options(
      Array.from({ length: n[chosen.layer] }, (_, i) => ({ value: i, plain: unit(chosen.layer, i) })),
    );
    layer.set(chosen.layer);
    from.set(chosen.j);
    to.set(chosen.i);
    refresh();
  }

  /** The weight's value now. */
  function refresh() {
    const part = store.progress?.weights?.[chosen.layer - 1];
    const now = chosen.j < 0 ? part?.b[chosen.i] : part?.W[chosen.i]?.[chosen.j];
    write(name, now === undefined ? nameOf(chosen) : `${nameOf(chosen)} = ${number(now, 5)}`);
    if (now === undefined) return;
    if (document.activeElement !== value.input) value.set(now);
    if (!drag.input.matches(":active")) drag.set(now);
  }

  return { element, show, refresh, choose, chosen: () => chosen, nameOf };
}

/** W[1][3, 2] as people count, from 1 on. */
function nameOf({ layer, i, j }) {
  return j < 0 ? `b[${layer}] (${i + 1})` : `W[${layer}] (${i + 1}, ${j + 1})`;
}

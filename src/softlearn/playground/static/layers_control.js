// The hidden layers: a number of units each, one more or one less.

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";

export function layersControl(store, change) {
  const list = h("div", { class: "pg-layers" });
  const element = h(
    "div",
    { class: "pg-row top", role: "group", label: "model.hidden" },
    h("span", { class: "pg-label", text: "model.hidden" }),
    list,
  );
  let shown = null;

  function show() {
    const { hidden } = store.state.model;
    const key = `${hidden.join(",")} ${t("model.hidden")}`;
    if (key === shown) return;
    const focus = document.activeElement?.dataset?.testid;
    const within = list.contains(document.activeElement);
    shown = key;
    const { layers = 4, units = 32 } = store.state.limits ?? {};
    const parts = hidden.map((n, i) => layer(hidden, n, i, units));
    if (hidden.length < layers) parts.push(addButton(hidden));
    list.replaceChildren(...parts);
    if (within)
      (list.querySelector(`[data-testid="${focus}"]`) ?? list.querySelector("button, input"))?.focus();
  }

  function layer(hidden, n, i, most) {
    const input = h("input", {
      type: "number",
      min: 1,
      max: most,
      step: 1,
      class: "pg-number",
      testid: `hidden-${i + 1}`,
      "aria-label": t("model.units", { i: i + 1 }),
      value: String(n),
    });
    input.addEventListener("change", () => {
      const units = Math.min(most, Math.max(1, Math.round(Number(input.value) || 1)));
      change({ hidden: hidden.with(i, units) });
    });
    const remove = h(
      "button",
      {
        type: "button",
        class: "pg-button bare",
        testid: `hidden-remove-${i + 1}`,
        "aria-label": t("model.remove", { i: i + 1 }),
        title: t("model.remove", { i: i + 1 }),
        onclick: () => change({ hidden: hidden.toSpliced(i, 1) }),
      },
      icon("close"),
    );
    return h("span", { class: "pg-layer" }, input, remove);
  }

  function addButton(hidden) {
    const add = () => change({ hidden: [...hidden, hidden.at(-1) ?? 8] });
    return h(
      "button",
      {
        type: "button",
        class: "pg-button",
        testid: "hidden-add",
        label: "model.add",
        tip: "model.add",
        onclick: add,
      },
      icon("plus"),
      hidden.length ? null : h("span", { text: "model.addfirst" }),
    );
  }

  return { element, show };
}

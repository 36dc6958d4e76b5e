// How the plane is coloured, and what is drawn on it.

import { checkbox, segmented, select } from "./controls.js";
import { h, write } from "./dom.js";
import { MODES } from "./fills.js";
import { t } from "./i18n.js";

export function createViewBar(store) {
  const mode = segmented({
    label: "view.name",
    name: "view",
    kind: "views",
    options: MODES.map((value) => ({
      value,
      text: `view.${value}`,
      tip: `view.${value}.tip`,
      testid: `view-${value}`,
    })),
    onchange: (value) => store.set("view", { mode: value }),
  });
  const one = select({
    label: "view.which",
    testid: "view-one-class",
    options: [],
    hidden: true,
    onchange: (k) => store.set("view", { one: Number(k) }),
  });
  const toggles = ["boundaries", "numerals", "points", "tests"].map((key) => [
    key,
    checkbox({
      label: `view.${key}`,
      testid: `view-${key}`,
      onchange: (v) => store.set("view", { [key]: v }),
    }),
  ]);
  const legend = h("p", { class: "pg-note pg-legend" });
  const element = h("div", { class: "pg-viewbar pg-row wrap" }, mode.element, one.element);
  const beside = h(
    "div",
    { class: "pg-view-side" },
    toggles.map(([, box]) => box.element),
    legend,
  );

  function show() {
    const { view } = store;
    const count = store.classes();
    mode.set(view.mode);
    one.options(
      Array.from({ length: count }, (_, k) => ({ value: k, plain: t("paint.chip", { k: k + 1 }) })),
    );
    one.set(Math.min(view.one, Math.max(0, count - 1)));
    one.element.hidden = view.mode !== "one";
    for (const [key, box] of toggles) box.set(view[key]);
    write(legend, t(`view.${view.mode}.tip`));
  }
  store.on("view", show);
  store.on("state", show);
  store.on("lang", show);
  return { element, toggles: beside };
}

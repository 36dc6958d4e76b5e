// The data: how many classes, which preset, its numbers; and the tools that paint on the plane.

import { button, numberField, segmented, slider, throttled } from "./controls.js";
import { h, newId, write } from "./dom.js";
import { fixed, whole } from "./format.js";
import { say, t } from "./i18n.js";
import { createPaintTools } from "./paint_tools.js";

const THUMB = 46;

export function createDataPanel(store, send) {
  const data = (values) => send({ type: "data", ...values });
  const later = throttled(data, 120);

  const classes = segmented({
    label: "data.classes",
    name: "classes",
    options: [2, 3, 4, 5, 6].map((n) => ({ value: n, plain: String(n), testid: `classes-${n}` })),
    onchange: (n) => send({ type: "model", classes: n }),
  });
  const presets = h("div", { class: "pg-presets", role: "radiogroup", label: "data.presets" });
  const n = numberField({
    label: "data.n",
    testid: "n",
    min: 1,
    max: 5000,
    step: 1,
    onchange: (v) => v && data({ n: v }),
  });
  const seed = numberField({
    label: "data.seed",
    testid: "seed",
    min: 0,
    step: 1,
    onchange: (v) => data({ seed: v ?? 0 }),
  });
  const noise = slider({
    label: "data.noise",
    testid: "noise",
    min: 0,
    max: 100,
    scale: { from: (i) => i / 100, to: (v) => Math.round(100 * v), format: (v) => fixed(v, 2) },
    oninput: (v) => later({ noise: v }),
  });
  const test = slider({
    label: "data.test",
    testid: "test",
    min: 0,
    max: 90,
    step: 5,
    scale: {
      from: (i) => i / 100,
      to: (v) => Math.round(100 * v),
      format: (v) => `${Math.round(100 * v)}\u202f%`,
    },
    oninput: (v) => later({ test: v }),
  });
  const dice = button({
    text: "data.newseed",
    iconName: "dice",
    testid: "seed-next",
    compact: true,
    onclick: () => data({ seed: (store.state.data.seed + 1) % 4294967295 }),
  });
  const counted = h("p", { class: "pg-note", testid: "points-count" });
  const paint = createPaintTools(store, send);

  const element = h(
    "section",
    { class: "pg-panel pg-data", label: "data.name" },
    h("h2", { text: "data.name" }),
    h("div", { class: "pg-row" }, h("span", { class: "pg-label", text: "data.classes" }), classes.element),
    presets,
    h("div", { class: "pg-pair" }, noise.element, test.element),
    h("div", { class: "pg-pair" }, n.element, h("div", { class: "pg-with-button" }, seed.element, dice)),
    counted,
    h("h2", { text: "paint.name" }),
    paint.element,
  );

  const presetGroup = newId("preset"); // names of radio groups are the document's, which may hold two pages
  let listed = null;
  function show() {
    const state = store.state;
    if (!state) return;
    if (state.presets && listed !== state.presets) listPresets(state.presets);
    classes.set(store.classes());
    for (const input of presets.querySelectorAll("input")) input.checked = !state.data.given && input.value === state.preset;
    n.set(state.data.given ? state.data.count : state.data.n);
    seed.set(state.data.seed);
    noise.set(state.data.noise);
    test.set(state.data.test);
    paint.show();
    count();
  }

  function count() {
    const { test: held, xy } = store.points();
    const tests = held.reduce((sum, v) => sum + (v ? 1 : 0), 0);
    write(counted, t("data.count", { train: whole(xy.length - tests), test: whole(tests) }));
  }

  function listPresets(list) {
    listed = list;
    presets.replaceChildren(
      ...list.map((preset) => thumbnail(preset, presetGroup, () => data({ preset: preset.id }))),
    );
  }

  store.on("state", show);
  store.on("error", show); // a refused value must not stay in sight
  store.on("points", show);
  store.on("lang", () => {
    listed = null;
    show();
  });

  return { element };
}

function thumbnail(preset, group, choose) {
  const dots = Array.from({ length: preset.classes }, () => "");
  for (const [x, y, k] of preset.sample)
    dots[k] += `M${3 + x * (THUMB - 6)} ${3 + (1 - y) * (THUMB - 6)}h0`;
  const picture = h(
    "svg",
    { class: "pg-thumb", viewBox: `0 0 ${THUMB} ${THUMB}`, "aria-hidden": "true" },
    dots.map((d, k) => {
      const path = h("path", { d });
      path.style.stroke = `var(--class-${k})`;
      return path;
    }),
  );
  const input = h("input", {
    type: "radio",
    name: group,
    value: preset.id,
    testid: `preset-${preset.id}`,
    "aria-label": say(preset.title),
  });
  input.addEventListener("change", choose);
  const deep = preset.hidden?.length
    ? h("span", { class: "pg-thumb-tag", "aria-hidden": "true" }, preset.hidden.join("\u00b7"))
    : null;
  return h("label", { class: "pg-preset", title: say(preset.title) }, input, picture, deep);
}

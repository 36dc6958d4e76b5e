// The data: how many classes, which preset, its numbers; and the tools that paint on the plane.

import { button, numberField, segmented, slider, throttled } from "./controls.js";
import { csvDialog } from "./csv_dialog.js";
import { crisp, h, newId, write } from "./dom.js";
import { fixed, whole } from "./format.js";
import { say, t } from "./i18n.js";
import { icon } from "./icons.js";
import { COLOURS } from "./palette.js";
import { drawMarker, markerCanvas } from "./region.js";

const THUMB = 46;
const TOOLS = ["look", "brush", "erase", "relabel"];
const TOOL_ICONS = { look: "look", brush: "brush", erase: "eraser", relabel: "relabel" };

export function createDataPanel(root, store, send) {
  const data = (values) => send({ type: "data", ...values });
  const later = throttled(data, 120);

  const classes = segmented({
    label: "data.classes",
    name: "classes",
    options: [2, 3, 4, 5, 6].map((n) => ({ value: n, plain: String(n), testid: `classes-${n}` })),
    onchange: (n) => send({ type: "model", classes: n }),
  });
  const presets = h("div", { class: "pg-presets", role: "radiogroup", label: "data.presets" });
  const n = numberField({ label: "data.n", testid: "n", min: 1, max: 5000, step: 1, onchange: (v) => v && data({ n: v }) });
  const seed = numberField({ label: "data.seed", testid: "seed", min: 0, step: 1, onchange: (v) => data({ seed: v ?? 0 }) });
  const noise = slider({ label: "data.noise", testid: "noise", min: 0, max: 100, scale: { from: (i) => i / 100, to: (v) => Math.round(100 * v), format: (v) => fixed(v, 2) }, oninput: (v) => later({ noise: v }) });
  const test = slider({ label: "data.test", testid: "test", min: 0, max: 90, step: 5, scale: { from: (i) => i / 100, to: (v) => Math.round(100 * v), format: (v) => `${Math.round(100 * v)}\u202f%` }, oninput: (v) => later({ test: v }) });
  const dice = button({ text: "data.newseed", iconName: "dice", testid: "seed-next", compact: true, onclick: () => data({ seed: (store.state.data.seed + 1) % 4294967295 }) });
  const counted = h("p", { class: "pg-note", testid: "points-count" });
  const paint = paintTools(root, store, send);

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
    for (const input of presets.querySelectorAll("input")) input.checked = input.value === state.preset;
    n.set(state.data.n);
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
    presets.replaceChildren(...list.map((preset) => thumbnail(root, preset, presetGroup, () => data({ preset: preset.id }))));
  }

  store.on("state", show);
  store.on("points", () => { count(); paint.show(); });
  store.on("lang", () => { listed = null; show(); });
  store.on("theme", () => { listed = null; show(); });

  return { element };
}

function thumbnail(root, preset, group, choose) {
  const canvas = h("canvas", { class: "pg-thumb", "aria-hidden": "true" });
  const context = crisp(canvas, THUMB, THUMB);
  for (const [x, y, k] of preset.sample ?? []) {
    context.beginPath();
    context.arc(3 + x * (THUMB - 6), 3 + (1 - y) * (THUMB - 6), 1.6, 0, 2 * Math.PI);
    context.fillStyle = COLOURS[k];
    context.fill();
  }
  const input = h("input", { type: "radio", name: group, value: preset.id, testid: `preset-${preset.id}`, "aria-label": say(preset.title) });
  input.addEventListener("change", choose);
  const deep = preset.hidden?.length ? h("span", { class: "pg-thumb-tag", "aria-hidden": "true" }, preset.hidden.join("\u00b7")) : null;
  return h("label", { class: "pg-preset", title: say(preset.title) }, input, canvas, deep);
}

function paintTools(root, store, send) {
  const chips = h("div", { class: "pg-chips", role: "radiogroup", label: "paint.class" });
  const tools = segmented({
    label: "paint.tool",
    name: "tool",
    kind: "tools",
    options: TOOLS.map((kind) => ({ value: kind, text: `paint.${kind}`, tip: `paint.${kind}.tip`, testid: `tool-${kind}`, content: icon(TOOL_ICONS[kind]) })),
    onchange: (kind) => store.set("tool", { kind }),
  });
  const radius = slider({ label: "paint.radius", testid: "radius", min: 1, max: 25, scale: { from: (i) => i / 100, to: (v) => Math.round(100 * v), format: (v) => `${Math.round(100 * v)}\u202f%` }, oninput: (v) => store.set("tool", { radius: v }) });
  const op = (name) => () => send({ type: "points", op: name });
  const undo = button({ text: "paint.undo", iconName: "undo", testid: "undo", compact: true, tip: "paint.undo.tip", onclick: op("undo") });
  const redo = button({ text: "paint.redo", iconName: "redo", testid: "redo", compact: true, onclick: op("redo") });
  const clear = button({ text: "paint.clear", iconName: "trash", testid: "clear", compact: true, onclick: op("clear") });
  const csv = button({ text: "paint.csv", testid: "csv", onclick: () => dialog.open() });
  const dialog = csvDialog(store, send);
  const words = h("p", { class: "pg-note" });

  const element = h("div", { class: "pg-paint" }, chips, tools.element, radius.element, words, h("div", { class: "pg-group" }, undo, redo, clear, csv), dialog.element);

  const chipGroup = newId("chip");
  let shown = "";
  function show() {
    const count = store.classes();
    const key = `${count} ${store.state?.classes?.names}`;
    if (key !== shown) {
      shown = key;
      if (store.tool.label >= count) store.tool.label = 0;
      chips.replaceChildren(...Array.from({ length: count }, (_, k) => chip(root, store, chipGroup, k)));
    }
    undo.disabled = !store.state?.undo;
    redo.disabled = !store.state?.redo;
    showTool();
  }

  function showTool() {
    const { kind, label, radius: reach } = store.tool;
    tools.set(kind);
    radius.set(reach);
    radius.element.hidden = kind !== "erase" && kind !== "relabel";
    chips.querySelectorAll("input").forEach((input, k) => { input.checked = k === label; });
    write(words, t(`paint.${kind}.help`, { k: label + 1 }));
  }

  store.on("tool", showTool);
  store.on("lang", () => { shown = ""; show(); });
  store.on("theme", () => chips.querySelectorAll("canvas").forEach((canvas, k) => drawMarker(root, canvas, k, 16)));
  return { element, show };
}

function chip(root, store, group, k) {
  const name = store.state?.classes?.names?.[k];
  const own = name && name !== String(k + 1) ? ` (${name})` : "";
  const input = h("input", { type: "radio", name: group, value: String(k), testid: `paint-class-${k}`, "aria-label": t("paint.chip", { k: k + 1 }) + own });
  input.addEventListener("change", () => {
    const kind = store.tool.kind === "look" || store.tool.kind === "erase" ? "brush" : store.tool.kind;
    store.set("tool", { label: k, kind });
  });
  return h("label", { class: "pg-chip", title: t("paint.chip", { k: k + 1 }) + own }, input, markerCanvas(root, k, 16), h("span", {}, String(k + 1)));
}

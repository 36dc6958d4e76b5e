// The tools that paint on the plane: which class, which tool, undo and redo, points as CSV.

import { button, segmented, slider } from "./controls.js";
import { csvDialog } from "./csv_dialog.js";
import { h, newId, write } from "./dom.js";
import { t } from "./i18n.js";
import { icon, marker } from "./icons.js";

const TOOLS = ["look", "brush", "erase", "relabel"];
const TOOL_ICONS = { look: "look", brush: "brush", erase: "eraser", relabel: "relabel" };

export function createPaintTools(store, send) {
  const chips = h("div", { class: "pg-chips", role: "radiogroup", label: "paint.class" });
  const tools = segmented({
    label: "paint.tool",
    name: "tool",
    kind: "tools",
    options: TOOLS.map((kind) => ({
      value: kind,
      text: `paint.${kind}`,
      tip: `paint.${kind}.tip`,
      testid: `tool-${kind}`,
      content: icon(TOOL_ICONS[kind]),
    })),
    onchange: (kind) => store.set("tool", { kind }),
  });
  const radius = slider({
    label: "paint.radius",
    testid: "radius",
    min: 1,
    max: 25,
    scale: {
      from: (i) => i / 100,
      to: (v) => Math.round(100 * v),
      format: (v) => `${Math.round(100 * v)}\u202f%`,
    },
    oninput: (v) => store.set("tool", { radius: v }),
  });
  const op = (name) => () => send({ type: "points", op: name });
  const undo = button({
    text: "paint.undo",
    iconName: "undo",
    testid: "undo",
    compact: true,
    tip: "paint.undo.tip",
    onclick: op("undo"),
  });
  const redo = button({
    text: "paint.redo",
    iconName: "redo",
    testid: "redo",
    compact: true,
    onclick: op("redo"),
  });
  const clear = button({
    text: "paint.clear",
    iconName: "trash",
    testid: "clear",
    compact: true,
    onclick: op("clear"),
  });
  const csv = button({ text: "paint.csv", testid: "csv", onclick: () => dialog.open() });
  const dialog = csvDialog(store, send);
  const words = h("p", { class: "pg-note" });

  const element = h(
    "div",
    { class: "pg-paint" },
    chips,
    tools.element,
    radius.element,
    words,
    h("div", { class: "pg-group" }, undo, redo, clear, csv),
    dialog.element,
  );

  const chipGroup = newId("chip");
  let shown = "";
  function show() {
    const count = store.classes();
    const key = `${count} ${store.state?.classes?.names}`;
    if (key !== shown) {
      shown = key;
      if (store.tool.label >= count) store.tool.label = 0;
      chips.replaceChildren(...Array.from({ length: count }, (_, k) => chip(store, chipGroup, k)));
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
    chips.querySelectorAll("input").forEach((input, k) => {
      input.checked = k === label;
    });
    write(words, t(`paint.${kind}.help`, { k: label + 1 }));
  }

  store.on("tool", showTool);
  store.on("lang", () => {
    shown = "";
    show();
  });
  return { element, show };
}

function chip(store, group, k) {
  const name = store.state?.classes?.names?.[k];
  const own = name && name !== String(k + 1) ? ` (${name})` : "";
  const input = h("input", {
    type: "radio",
    name: group,
    value: String(k),
    testid: `paint-class-${k}`,
    "aria-label": t("paint.chip", { k: k + 1 }) + own,
  });
  input.addEventListener("change", () => {
    const kind = store.tool.kind === "look" || store.tool.kind === "erase" ? "brush" : store.tool.kind;
    store.set("tool", { label: k, kind });
  });
  return h(
    "label",
    { class: "pg-chip", title: t("paint.chip", { k: k + 1 }) + own },
    input,
    marker(k, 16),
    h("span", {}, String(k + 1)),
  );
}

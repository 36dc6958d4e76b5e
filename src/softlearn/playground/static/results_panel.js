// How well it does: cost and accuracy, the cost curve, pinned runs, who is taken for whom.

import { button, checkbox, segmented } from "./controls.js";
import { createCurve } from "./curve.js";
import { h, write } from "./dom.js";
import { number, percent, whole } from "./format.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";

const EVERY_MS = 80; // numbers that change faster cannot be read

export function createResults(root, store, send) {
  const curve = createCurve(root, store);
  const cells = {};
  const cell = (key) => (cells[key] = h("td", { testid: key }));
  const figures = h(
    "table",
    { class: "pg-figures", label: "results.figures" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("td", {}),
        h("th", { scope: "col", text: "results.train" }),
        h("th", { scope: "col", text: "results.test" }),
      ),
    ),
    h(
      "tbody",
      {},
      h("tr", {}, h("th", { scope: "row", text: "results.cost" }), cell("train-cost"), cell("test-cost")),
      h(
        "tr",
        {},
        h("th", { scope: "row", text: "results.accuracy" }),
        cell("train-accuracy"),
        cell("test-accuracy"),
      ),
    ),
  );
  const log = checkbox({ label: "curve.log", testid: "log", onchange: (v) => curve.setLog(v) });
  const pin = button({
    text: "results.pin",
    iconName: "pin",
    testid: "pin",
    tip: "results.pin.tip",
    onclick: () => send({ type: "pin" }),
  });
  const pins = h("ul", { class: "pg-pins", label: "results.pins" });
  const confusion = createConfusion(root, store);

  const element = h(
    "section",
    { class: "pg-panel pg-results", label: "results.name" },
    h(
      "div",
      { class: "pg-head" },
      h("h2", { text: "results.name" }),
      h("div", { class: "pg-group" }, log.element, pin),
    ),
    figures,
    curve.element,
    pins,
    confusion.element,
  );

  let drawn = "";
  let last = 0;
  /** Some times a second, and nothing is drawn that has not changed. */
  function tick(now) {
    if (now - last < EVERY_MS) return;
    last = now;
    const { progress, history } = store;
    const latest = progress ?? store.state;
    if (!latest) return;
    write(cells["train-cost"], number(latest.train?.cost));
    write(cells["test-cost"], number(latest.test?.cost));
    write(cells["train-accuracy"], percent(latest.train?.accuracy));
    write(cells["test-accuracy"], percent(latest.test?.accuracy));
    const key = `${history.length} ${history.at(-1)?.[0]} ${store.pinned.length} ${store.solved?.bound} ${store.themeSerial ?? 0}`;
    if (key === drawn) return;
    drawn = key;
    curve.draw();
    confusion.draw();
  }

  function showPins() {
    pins.replaceChildren(...store.pinned.map((run) => pinRow(run, send)));
  }
  store.on("pinned", showPins);
  store.on("state", () => {
    drawn = "";
    showPins();
  });
  store.on("theme", () => {
    drawn = "";
  });
  store.on("lang", () => {
    drawn = "";
    showPins();
  });
  return { element, tick };
}

function pinRow(run, send) {
  const last = run.history.at(-1);
  const figures = [
    run.train ? `${t("results.cost")} ${number(run.train.cost ?? last?.[1])}` : number(last?.[1]),
    run.train?.accuracy !== undefined ? percent(run.train.accuracy) : null,
    last ? t("curve.step", { step: whole(last[0]) }) : null,
  ];
  const words = t("results.unpin", { name: run.name });
  const remove = h(
    "button",
    {
      type: "button",
      class: "pg-button bare",
      testid: `unpin-${run.id}`,
      "aria-label": words,
      title: words,
      onclick: () => send({ type: "unpin", id: run.id }),
    },
    icon("close"),
  );
  return h("li", {}, h("b", {}, run.name), h("span", {}, figures.filter(Boolean).join(" \u00b7 ")), remove);
}

function createConfusion(root, store) {
  let part = "train";
  const choice = segmented({
    label: "confusion.part",
    name: "part",
    options: ["train", "test"].map((value) => ({
      value,
      text: `results.${value}`,
      testid: `confusion-${value}`,
    })),
    onchange(value) {
      part = value;
      draw();
    },
  });
  choice.set(part);
  const table = h("table", { class: "pg-confusion", testid: "confusion", label: "confusion.name" });
  const element = h(
    "div",
    { class: "pg-confusion-box" },
    h("div", { class: "pg-head" }, h("h3", { text: "confusion.name" }), choice.element),
    table,
  );
  let shape = "";

  function draw() {
    const latest = store.progress ?? store.state;
    const tests = latest?.test ?? null;
    choice.inputs.get("test").disabled = !tests;
    if (part === "test" && !tests) {
      part = "train";
      choice.set(part);
    }
    const matrix = latest?.[part]?.confusion;
    if (!matrix) return;
    const wanted = `${matrix.length} ${t("confusion.said")}`;
    if (shape !== wanted) build(matrix.length);
    shape = wanted;
    matrix.forEach((row, i) => {
      const total = row.reduce((s, v) => s + v, 0);
      row.forEach((v, j) => {
        const cell = table.tBodies[0].rows[i].cells[j + 1];
        write(cell, whole(v));
        cell.style.setProperty("--part", total ? `${Math.round((100 * v) / total)}%` : "0%");
        cell.classList.toggle("none", v === 0);
      });
      write(table.tBodies[0].rows[i].lastChild, total ? percent(row[i] / total) : "\u2013");
    });
  }

  function build(n) {
    const classes = Array.from({ length: n }, (_, k) => k);
    const head = h(
      "tr",
      {},
      h("td", { class: "pg-corner" }, t("confusion.corner")),
      classes.map((k) => h("th", { scope: "col", title: t("confusion.said", { k: k + 1 }) }, String(k + 1))),
      h("th", { scope: "col", title: t("confusion.recall.tip") }, t("confusion.recall")),
    );
    const row = (i) =>
      h(
        "tr",
        {},
        h("th", { scope: "row", title: t("confusion.is", { k: i + 1 }) }, String(i + 1)),
        classes.map((j) => h("td", { class: i === j ? "right" : "wrong" })),
        h("td", { class: "pg-recall" }),
      );
    table.replaceChildren(h("thead", {}, head), h("tbody", {}, classes.map(row)));
  }

  return { element, draw };
}

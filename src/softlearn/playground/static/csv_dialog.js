// Points in and out as CSV text: x, y, class. Files are read here, as text, and checked by the server.

import { button, select } from "./controls.js";
import { h, write } from "./dom.js";
import { refusal, t } from "./i18n.js";

const MOST = 900_000; // characters: a message may have 1 MB

export function csvDialog(store, send) {
  const text = h("textarea", {
    testid: "csv-text",
    rows: "9",
    spellcheck: "false",
    label: "csv.text",
    placeholder: "x,y,class\n0.5,-1.2,1\n1.1,0.3,2",
  });
  const file = h("input", {
    type: "file",
    accept: ".csv,.txt,text/csv,text/plain",
    testid: "csv-file",
    label: "csv.file",
  });
  const note = h("p", { class: "pg-note", role: "status" });
  const axes = ["x", "y"].map((axis) =>
    select({ label: `csv.${axis}`, testid: `csv-${axis}`, options: [], onchange: () => {} }),
  );
  const choice = h("div", { class: "pg-pair", hidden: true }, ...axes.map((axis) => axis.element));
  const close = () => element.close();
  const element = h(
    "dialog",
    { class: "pg-dialog", label: "csv.name" },
    h(
      "header",
      {},
      h("h2", { text: "csv.name" }),
      button({ text: "close", iconName: "close", compact: true, kind: "bare", onclick: close }),
    ),
    h("p", { text: "csv.help" }),
    file,
    text,
    note,
    choice,
    h(
      "footer",
      {},
      button({
        text: "csv.current",
        iconName: "copy",
        testid: "csv-current",
        onclick: () => send({ type: "export", what: "csv" }),
      }),
      button({
        text: "csv.import",
        iconName: "upload",
        testid: "csv-import",
        kind: "primary",
        onclick: bring,
      }),
    ),
  );

  file.addEventListener("change", async () => {
    if (file.files.length === 0) return;
    text.value = await file.files[0].text();
    file.value = "";
    choice.hidden = true;
    bring();
  });

  text.addEventListener("input", () => {
    choice.hidden = true;
  });

  /** Which two of several columns of numbers are meant. */
  function offer(columns) {
    choice.hidden = false;
    axes.forEach((axis, k) => {
      axis.options(columns.map(([value, plain]) => ({ value, plain })));
      axis.set(columns[k][0]);
    });
  }

  function bring() {
    if (text.value.trim() === "") return write(note, t("csv.empty"));
    if (text.value.length > MOST) return write(note, t("csv.long"));
    write(note, "");
    waiting = true;
    const columns = choice.hidden ? {} : { columns: axes.map((axis) => Number(axis.control.value)) };
    send({ type: "points", op: "import", text: text.value, ...columns });
  }

  let waiting = false;
  store.on("points", () => {
    if (waiting) close();
    waiting = false;
  });
  store.on("state", () => {
    if (waiting) close();
    waiting = false;
  });
  store.on("error", (event) => {
    if (!waiting) return;
    waiting = false;
    write(note, refusal(event));
    if (event.columns) offer(event.columns);
  });
  store.on("export", (event) => {
    if (event.what === "csv" && element.open) text.value = event.text;
  });

  return {
    element,
    open() {
      write(note, "");
      choice.hidden = true;
      element.showModal();
    },
  };
}

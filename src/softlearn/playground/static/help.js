// What the page shows, and its keys.

import { button } from "./controls.js";
import { h } from "./dom.js";

const KEYS = ["run", "step", "class", "undo", "reset", "tab", "plane", "enter", "page"];

export function createHelp() {
  const rows = KEYS.map((key) =>
    h("tr", {}, h("th", { scope: "row", text: `help.key.${key}` }), h("td", { text: `help.${key}` })),
  );
  const element = h(
    "dialog",
    { class: "pg-dialog", label: "help.name" },
    h(
      "header",
      {},
      h("h2", { text: "help.name" }),
      button({
        text: "close",
        iconName: "close",
        compact: true,
        kind: "bare",
        onclick: () => element.close(),
      }),
    ),
    h("p", { text: "help.what" }),
    h("p", { text: "help.try" }),
    h("h3", { text: "help.keys" }),
    h("table", { class: "pg-keys" }, h("tbody", {}, rows)),
  );
  return { element, open: () => element.showModal() };
}

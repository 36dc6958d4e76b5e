// The picture as Python: lines that make the same model with the library, bit for bit.

import { button } from "./controls.js";
import { copy } from "./copy.js";
import { h, write } from "./dom.js";
import { t } from "./i18n.js";

const EVERY_MS = 700;

export function createPythonTab(store, send) {
  const code = h("code", {});
  const pre = h(
    "pre",
    { class: "pg-code", testid: "python-code", tabIndex: 0, role: "region", label: "python.code" },
    code,
  );
  const copied = h("span", { class: "pg-note", role: "status" });
  const panel = h(
    "div",
    {},
    h(
      "div",
      { class: "pg-head" },
      h("p", { class: "pg-lead", text: "python.lead" }),
      h(
        "div",
        { class: "pg-group" },
        copied,
        button({ text: "python.refresh", iconName: "reset", testid: "python-refresh", onclick: ask }),
        button({
          text: "python.copy",
          iconName: "copy",
          testid: "python-copy",
          onclick: async () => write(copied, t((await copy(code.textContent)) ? "copied" : "copy.failed")),
        }),
      ),
    ),
    pre,
  );
  let open = false;
  let asked = { step: -1, at: 0 };
  let dirty = true;

  function ask() {
    asked = { step: store.step(), at: performance.now() };
    dirty = false;
    send({ type: "export", what: "python" });
  }

  store.on("export", (event) => {
    if (event.what === "python") write(code, event.text);
  });
  for (const type of ["state", "points", "event"])
    store.on(type, () => {
      dirty = true;
    });

  return {
    panel,
    /** While the tab is open and training rests, the lines follow what was changed. */
    tick(now) {
      if (!open || now - asked.at < EVERY_MS) return;
      if (dirty || (!store.running() && asked.step !== store.step())) ask();
    },
    opened(value) {
      open = value;
      if (open) dirty = true;
    },
  };
}

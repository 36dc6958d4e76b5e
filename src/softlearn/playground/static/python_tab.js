// The picture as Python: lines that make the same model with the library, bit for bit.

import { button } from "./controls.js";
import { copy } from "./copy.js";
import { h, write } from "./dom.js";
import { t } from "./i18n.js";

const EVERY_MS = 700;

export function createPythonTab(store, send) {
  const copied = h("span", { class: "pg-note", role: "status" });
  const refresh = button({
    text: "python.refresh",
    iconName: "reset",
    testid: "python-refresh",
    onclick: () => ask(),
  });
  const brief = listing("python.short", "python-short", "python-copy-short", copied);
  const full = listing("python.full", "python-code", "python-copy", copied);
  const panel = h(
    "div",
    {},
    h(
      "div",
      { class: "pg-head" },
      h("p", { class: "pg-lead", text: "python.lead" }),
      h("div", { class: "pg-group" }, copied, refresh),
    ),
    brief.element,
    full.element,
  );
  let open = false;
  let asked = { step: -1, at: 0 };
  let dirty = true;

  function ask() {
    asked = { step: store.step(), at: performance.now() };
    dirty = false;
    send({ type: "export", what: "python" });
  }

  store.on("export", ({ what, text, short }) => {
    if (what !== "python") return;
    full.set(text);
    brief.set(short ?? "");
    brief.element.hidden = !short;
  });
  brief.element.hidden = true;
  for (const type of ["state", "points", "event"]) {
    store.on(type, () => {
      dirty = true;
    });
  }

  return {
    panel,
    /** While the tab is open and training rests, the lines follow what was changed. */
    tick(now) {
      if (!open || now - asked.at < EVERY_MS) return;
      if (dirty || (!store.running() && asked.step !== store.step())) ask();
    },
    opened(value) {
      open = value;
      dirty = open;
    },
  };
}

/** A program with its title and a button that copies it. */
function listing(title, testid, copyId, copied) {
  const code = h("code", {});
  const onclick = async () => write(copied, t((await copy(code.textContent)) ? "copied" : "copy.failed"));
  const head = h(
    "div",
    { class: "pg-head" },
    h("h3", { text: title }),
    button({ text: "python.copy", iconName: "copy", testid: copyId, onclick }),
  );
  const pre = h("pre", { class: "pg-code", testid, tabIndex: 0, role: "region", label: title }, code);
  return {
    element: h("section", { class: "pg-listing", label: title }, head, pre),
    set: (text) => write(code, text),
  };
}

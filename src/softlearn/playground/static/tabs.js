// Tabs with the keys that tab lists have: arrows move, Home and End jump.

import { h, newId } from "./dom.js";

/** tabs: [{id, text, panel}]; returns {element, open(id), current()}. */
export function createTabs(tabs, changed) {
  let current = null;
  const prefix = newId("tab");
  const buttons = new Map();
  const panels = new Map();
  const list = h("div", { class: "pg-tablist", role: "tablist", label: "tabs.name" });
  const element = h("section", { class: "pg-tabs", label: "tabs.name" }, list);

  for (const { id, text, panel } of tabs) {
    const button = h("button", {
      type: "button",
      role: "tab",
      id: `${prefix}-${id}`,
      "aria-controls": `${prefix}-panel-${id}`,
      testid: `tab-${id}`,
      text,
      onclick: () => open(id),
    });
    panel.id = `${prefix}-panel-${id}`;
    panel.classList.add("pg-tabpanel");
    panel.dataset.tab = id;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", button.id);
    buttons.set(id, button);
    panels.set(id, panel);
    list.append(button);
    element.append(panel);
  }

  list.addEventListener("keydown", (event) => {
    const ids = [...buttons.keys()];
    const at = ids.indexOf(current);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: ids.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const id = ids[(to + ids.length) % ids.length];
    open(id);
    buttons.get(id).focus();
  });

  function open(id) {
    if (!buttons.has(id)) return;
    current = id;
    for (const [key, button] of buttons) {
      button.setAttribute("aria-selected", String(key === id));
      button.tabIndex = key === id ? 0 : -1;
      panels.get(key).hidden = key !== id;
    }
    changed(id);
  }

  return { element, open, current: () => current };
}

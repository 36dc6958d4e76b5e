// Labelled controls. Each returns {element, set(value)}; `set` shows a value and sends nothing.

import { h, newId, write } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";

/** A button with an icon, words, or both; with an icon alone the words are its name. */
export function button({ text, iconName, testid, tip, kind = "", compact = false, onclick }) {
  const attributes = {
    type: "button",
    class: `pg-button ${kind}`,
    testid,
    onclick,
    tip: tip ?? (compact ? text : null),
  };
  if (compact) return h("button", { ...attributes, label: text }, icon(iconName));
  return h("button", attributes, iconName ? icon(iconName) : null, h("span", { text }));
}

/** A number that is sent when it is final (Enter, blur, arrow), not while it is typed. */
export function numberField({
  label,
  testid,
  min,
  max,
  step = "any",
  onchange,
  placeholder = null,
  tip = null,
}) {
  const id = newId("number");
  const input = h("input", {
    id,
    type: "number",
    min,
    max,
    step,
    testid,
    placeholder,
    class: "pg-number",
    inputmode: "decimal",
  });
  input.addEventListener("change", () =>
    onchange(input.value === "" ? null : clamp(Number(input.value), min, max)),
  );
  return {
    element: h("div", { class: "pg-field", tip }, h("label", { for: id, text: label }), input),
    input,
    set(value) {
      const text = value === null || value === undefined ? "" : String(Number(value.toPrecision(8)));
      if (document.activeElement !== input || input.value === "") input.value = text;
      else input.value = Number(input.value) === Number(text) ? input.value : text;
    },
  };
}

const clamp = (v, min, max) => Math.min(max ?? Infinity, Math.max(min ?? -Infinity, v));

const HELD_MS = 400;

/** A slider over positions; `scale` = {from(position) -> value, to(value) -> position, format(value)}. */
export function slider({ label, testid, min, max, step = 1, scale, oninput, tip = null }) {
  const id = newId("slider");
  const output = h("output", { for: id, class: "pg-value" });
  const input = h("input", { id, type: "range", min, max, step, testid, class: "pg-range" });
  const show = (value) => {
    write(output, scale.format(value));
    input.setAttribute("aria-valuetext", scale.format(value));
    const part = (Number(input.value) - min) / (max - min);
    input.style.setProperty("--part", `${100 * part}%`);
  };
  let moved = -Infinity;
  input.addEventListener("input", () => {
    const value = scale.from(Number(input.value));
    moved = performance.now();
    show(value);
    oninput(value);
  });
  return {
    element: h("div", { class: "pg-field slider", tip }, h("label", { for: id, text: label }), output, input),
    input,
    set(value) {
      // While it is dragged, answers to earlier places arrive: they must not pull it back.
      if (performance.now() - moved < HELD_MS) return;
      input.value = scale.to(value);
      show(value);
    },
  };
}

/** A choice of few, all in sight: radio buttons drawn as one strip. */
export function segmented({ label, name, options, onchange, kind = "" }) {
  const group = newId(name);
  const inputs = new Map();
  const items = options.map(({ value, text, plain, testid, content, tip }) => {
    const input = h("input", {
      type: "radio",
      name: group,
      value: String(value),
      testid,
      label: content && text ? text : null,
    });
    input.addEventListener("change", () => onchange(value));
    inputs.set(value, input);
    const words = content ?? (text ? h("span", { text }) : h("span", {}, plain));
    return h("label", { class: "pg-segment", tip }, input, words);
  });
  return {
    element: h("div", { class: `pg-segmented ${kind}`, role: "radiogroup", label }, items),
    inputs,
    set(value) {
      for (const [key, input] of inputs) input.checked = key === value;
    },
  };
}

/** A choice of many. Options: [{value, text (key) or plain}]. */
export function select({ label, testid, options, onchange, hidden = false, tip = null }) {
  const id = newId("select");
  const control = h("select", { id, testid, class: "pg-select" });
  let listed = null;
  fill(control, options);
  control.addEventListener("change", () => onchange(control.value));
  const name = h("label", { for: id, text: label, class: hidden ? "pg-hidden" : "" });
  return {
    element: h("div", { class: "pg-field", tip }, name, control),
    control,
    set(value) {
      control.value = String(value);
    },
    /** Other options; the same ones are left alone, so that an open list stays open. */
    options(list) {
      const key = JSON.stringify([list, t(label)]);
      if (key === listed) return;
      listed = key;
      const value = control.value;
      fill(control, list);
      control.value = value;
    },
  };
}

function fill(control, options) {
  control.replaceChildren(
    ...options.map(({ value, text, plain }) =>
      h("option", text ? { value: String(value), text } : { value: String(value) }, ...(text ? [] : [plain])),
    ),
  );
}

export function checkbox({ label, testid, onchange, tip = null }) {
  const input = h("input", { type: "checkbox", testid });
  input.addEventListener("change", () => onchange(input.checked));
  return {
    element: h("label", { class: "pg-check", tip }, input, h("span", { text: label })),
    input,
    set(value) {
      input.checked = value;
    },
  };
}

/** A button that opens a small panel beneath it; Escape and a click elsewhere close it. */
export function disclosure({ opener, panel, align = "left" }) {
  const id = newId("panel");
  panel.id = id;
  panel.hidden = true;
  panel.classList.add("pg-popover", align);
  opener.setAttribute("aria-expanded", "false");
  opener.setAttribute("aria-controls", id);
  const element = h("div", { class: "pg-disclosure" }, opener, panel);
  const show = (open) => {
    panel.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (open) panel.querySelector("input, button, select, textarea")?.focus();
  };
  opener.addEventListener("click", () => show(panel.hidden));
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || panel.hidden) return;
    show(false);
    opener.focus();
    event.stopPropagation();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!panel.hidden && !element.contains(event.target)) show(false);
  });
  return { element, close: () => show(false) };
}

/** At most one call in `ms`, the last one always made: sliders are dragged faster than anyone needs. */
export function throttled(fn, ms) {
  let due = null;
  let last = 0;
  return (...args) => {
    clearTimeout(due);
    const wait = Math.max(0, last + ms - performance.now());
    due = setTimeout(() => {
      last = performance.now();
      fn(...args);
    }, wait);
  };
}

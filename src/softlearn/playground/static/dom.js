// Elements without a framework: h() makes one, and what it says is kept as a key so that a change of language can reach it.

import { t } from "./i18n.js";

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "g", "path", "line", "circle", "rect", "text", "title", "polyline"]);

const PROPERTIES = new Set(["tabIndex", "readOnly", "colSpan", "hidden", "disabled"]); // the rest are attributes

/** h("button", {class, testid, text: KEY, label: KEY, onclick, ...attributes}, ...children) */
export function h(tag, attributes = {}, ...children) {
  const element = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "text") say(element, value);
  else if (name === "label") label(element, value);
  else if (name === "tip") hint(element, value);
  else if (name === "testid") element.dataset.testid = value;
  else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (PROPERTIES.has(name)) element[name] = value;
  else element.setAttribute(name, value === true ? "" : value);
}

function say(element, key) {
  element.dataset.text = key;
  element.textContent = t(key);
}

function label(element, key) {
  element.dataset.label = key;
  element.setAttribute("aria-label", t(key));
}

function hint(element, key) {
  element.dataset.tip = key;
  element.title = t(key);
}

/** Says everything under `root` again, in the language that is now chosen. */
export function translate(root) {
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of root.querySelectorAll("[data-label]"))
    element.setAttribute("aria-label", t(element.dataset.label));
  for (const element of root.querySelectorAll("[data-tip]")) element.title = t(element.dataset.tip);
}

/** Writes text only where it differs: a live region must not speak twice, and layout is not touched for nothing. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A canvas as many device pixels wide as it is shown; returns its context in CSS pixels. */
export function crisp(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [w, hgt] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== hgt) {
    canvas.width = w;
    canvas.height = hgt;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

let serial = 0;
export const newId = (prefix) => `pg-${prefix}-${++serial}`;

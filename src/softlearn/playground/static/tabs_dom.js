// What the tabs share: words in two languages, numbers, colours, canvases.

import { crisp, h } from "./dom.js";

/** A box that scrolls sideways, by the keyboard, too; `word` from wording(), `name` says what is in it. */
export function scrolling(word, name, ...children) {
  return word(h("div", { class: "scroll", role: "region", tabindex: 0 }, ...children), name, "aria-label");
}

/** The words of a text {en, ko} in the language of the page. */
export function say(ctx, text) {
  if (text === null || text === undefined) return "";
  if (typeof text === "string") return text;
  return text[ctx.lang()] ?? text.en;
}

/** A function that puts a text {en, ko} on a node, and anew whenever the language is switched. */
export function wording(ctx) {
  const all = [];
  ctx.on("lang", () => all.forEach((set) => set()));
  return (node, text, attribute = null) => {
    const set = () =>
      attribute ? node.setAttribute(attribute, say(ctx, text)) : (node.textContent = say(ctx, text));
    all.push(set);
    set();
    return node;
  };
}

/** A number for people: `digits` significant ones, a true minus sign, no needless zeros. */
export function number(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text =
    size >= 1e6 || size < 1e-4
      ? value.toExponential(Math.max(0, digits - 2)).replace("e+", "e")
      : String(Number(value.toPrecision(Math.max(digits, Math.ceil(Math.log10(size + 1))))));
  return text.replace(/-/g, "−");
}

/** The value of a custom property of style.css or tabs.css. */
export function colour(node, name, otherwise = "#888") {
  return getComputedStyle(node).getPropertyValue(name).trim() || otherwise;
}

/** Red, green and blue of "#rrggbb" or "#rgb". */
export function rgb(hex) {
  const long = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, "$&$&") : hex;
  return [1, 3, 5].map((at) => parseInt(long.slice(at, at + 2), 16) || 0);
}

/** A canvas as wide as its frame, sharp on any screen; returns [context, width, height]. */
export function prepared(canvas, ratio) {
  const width = Math.max(160, Math.round(canvas.clientWidth || 320));
  const height = Math.round(width * ratio);
  const pen = crisp(canvas, width, height);
  pen.clearRect(0, 0, width, height);
  return [pen, width, height];
}

/** Call `redraw` once in the next frame, however often the returned function is called. */
export function onceAFrame(redraw) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      redraw();
    });
  };
}

/** Call `redraw` when a node changes its width, and when the page changes between light and dark. */
export function watchLooks(node, redraw) {
  let width = -1;
  new ResizeObserver(() => {
    if (node.clientWidth === width) return;
    width = node.clientWidth;
    requestAnimationFrame(redraw); // not here: what it changes may change the size again
  }).observe(node);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  const page = node.closest(".pg") ?? document.documentElement;
  new MutationObserver(redraw).observe(page, { attributes: true, attributeFilter: ["data-theme"] });
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

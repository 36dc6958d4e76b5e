// Matrices and vectors as small tables, with their shapes; large ones are shown in part.

import { h } from "./dom.js";
import { number } from "./tabs_dom.js";

const MOST = 7; // rows or columns shown; of more, the first six and the last

const shown = (length) =>
  length <= MOST ? [...Array(length).keys()] : [...Array(MOST - 1).keys(), null, length - 1];

function cell(value, largest) {
  const td = h("td", {}, number(value, 3));
  const strength = largest > 0 ? Math.min(1, Math.abs(value) / largest) : 0;
  td.dataset.sign = value < 0 ? "minus" : "plus";
  td.style.setProperty("--strength", `${Math.round(55 * strength)}%`);
  return td;
}

/**
 * A matrix [rows][columns] with its name and shape.
 * `strong` marks a row (the class of the example), `plain` leaves the colours out.
 */
export function matrix(name, rows, { strong = -1 } = {}) {
  const columns = rows[0]?.length ?? 0;
  const largest = Math.max(...rows.flat().map(Math.abs).filter(Number.isFinite), 0);
  const body = h("tbody");
  for (const r of shown(rows.length)) {
    const line = h("tr", { class: r === strong ? "strong" : null });
    for (const c of shown(columns)) {
      if (r === null || c === null) line.append(h("td", { class: "more" }, r === null && c === null ? "⋱" : r === null ? "⋮" : "…"));
      else line.append(cell(rows[r][c], largest));
    }
    body.append(line);
  }
  const shape = `${rows.length} × ${columns}`;
  const table = h("table", { class: "matrix", "aria-label": `${name}, ${shape}` }, body);
  return h("figure", { class: "matrix-box" }, table, h("figcaption", {}, h("b", {}, name), ` ${shape}`));
}

/** A vector as a column, as the course writes an example. */
export const column = (name, values, options) => matrix(name, values.map((value) => [value]), options);

/** Signs and matrices in a row: equation("z", "=", ...). */
export function equation(...parts) {
  const nodes = parts.map((part) =>
    typeof part === "string" ? h("span", { class: "operator" }, part) : part,
  );
  return h("div", { class: "equation" }, ...nodes);
}

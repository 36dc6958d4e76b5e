// The probe: what the library says at the place that is looked at, z -> t = e^z -> a, as bars with their numbers.

import { h, write } from "./dom.js";
import { fixed, number } from "./format.js";
import { t } from "./i18n.js";
import { marker } from "./icons.js";

const AGAIN_MS = 160; // while training runs the numbers under a resting cursor are asked for again this often

/**
 * The panel under the plane: `look(place)` asks the server, `tick(now)` keeps the numbers fresh.
 * `moved(place)` is called when the place is another without anyone having looked elsewhere.
 */
export function createProbe(store, send, moved) {
  const where = h("span", { class: "pg-probe-where", testid: "probe-where" });
  const verdict = h("span", { class: "pg-probe-verdict", testid: "probe-loss" });
  const body = h("tbody", {});
  const sums = h("tfoot", {});
  const heads = [
    ["z", "probe.z"],
    ["t", "probe.t"],
    ["a", "probe.a"],
    ["dz", "probe.dz"],
  ];
  const table = h(
    "table",
    { class: "pg-probe", testid: "probe", label: "probe.name" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col", text: "probe.class" }),
        heads.map(([k, text]) => h("th", { scope: "col", class: `col-${k}`, text })),
      ),
    ),
    body,
    sums,
  );
  const element = h(
    "section",
    { class: "pg-probe-panel", label: "probe.name" },
    h("p", { class: "pg-probe-head" }, where, verdict),
    table,
  );

  let place = null;
  let waiting = false; // one question at a time: the newest place is asked for when the answer is there
  let asked = 0;

  function look(next) {
    place = next.point === null ? next : { ...next, at: store.points().xy[next.point] };
    ask();
  }

  function ask() {
    if (!place || waiting) return;
    waiting = true;
    asked = performance.now();
    const { xy, point } = place;
    send(point === null ? { type: "probe", xy } : { type: "probe", point });
    place.sent = true;
  }

  function tick(now) {
    if (waiting && now - asked > 1500) waiting = false; // an answer was lost: do not stay silent
    if (!place || waiting) return;
    if (!place.sent || (store.step() !== place.step && now - asked > AGAIN_MS)) ask();
  }

  store.on("probe", (probe) => {
    waiting = false;
    if (place) place.step = store.step();
    show(probe);
  });
  store.on("error", () => {
    waiting = false;
  });
  store.on("lang", () => store.probe && show(store.probe));
  store.on("state", (event) => {
    waiting = false;
    if (event.points) settle(event.points);
    if (place) place.sent = false;
  });
  store.on("points", (event) => {
    settle(event.points);
    if (place) place.sent = false;
  });

  /** After a change of the points their numbers are others: the point is found again, or another is taken. */
  function settle(points) {
    if (place && place.point === null) return;
    const [x, y] = place?.at ?? [];
    const found = Math.max(
      0,
      points.xy.findIndex(([u, v]) => u === x && v === y),
    );
    place = points.xy.length ? { xy: points.xy[found], point: found, at: points.xy[found] } : null;
    moved(place);
  }

  function show(probe) {
    const classes = probe.z.length;
    if (body.rows.length !== classes) rebuild(body, classes);
    const at = t("probe.at", whereOf(probe.xy, store.state?.data?.units));
    const of = probe.label === null ? "" : ` \u00b7 ${t("probe.labelled", { k: probe.label + 1 })}`;
    write(where, at + of);
    write(verdict, verdictOf(probe));
    const largestZ = Math.max(1e-9, ...probe.z.map(Math.abs));
    const powers = probe.t.map((v) => v ?? Infinity); // e^z can be beyond the numbers
    const largestT = Math.max(...powers);
    [...body.rows].forEach((row, k) => {
      row.classList.toggle("winner", k === probe.argmax);
      row.classList.toggle("truth", k === probe.label);
      bar(row.cells[1], probe.z[k] / largestZ, logit(probe.z[k]), true);
      bar(row.cells[2], powers[k] === largestT ? 1 : powers[k] / largestT, number(powers[k]), false);
      bar(row.cells[3], probe.a[k], share(probe.a[k]), false);
      bar(row.cells[4], probe.dz ? probe.dz[k] : 0, probe.dz ? fixed(probe.dz[k], 3) : "", true);
    });
    table.classList.toggle("unlabelled", !probe.dz);
    showSums(sums, probe);
  }

  return { element, look, tick, place: () => place };
}

/** The place in the data's own units, where the plane is scaled. */
function whereOf(xy, units) {
  const own = (v, facts) => (facts ? number(facts.mean + facts.scale * v, 4) : fixed(v, 2));
  return { x: own(xy[0], units?.x), y: own(xy[1], units?.y) };
}

function verdictOf({ label, loss, argmax }) {
  if (loss === null || loss === undefined) return t("probe.says", { k: argmax + 1 });
  const key = argmax === label ? "probe.right" : "probe.wrong";
  return t(key, { k: argmax + 1, loss: number(loss) });
}

const logit = (z) => (Math.abs(z) < 1e5 ? fixed(z, 2) : number(z));
const share = (a) => (a > 0 && a < 0.0005 ? number(a, 2) : fixed(a, 3));

function rebuild(body, classes) {
  const cell = (name) =>
    h("td", { class: `col-${name}` }, h("span", { class: "pg-bar" }, h("i", {})), h("b", {}));
  body.replaceChildren(
    ...Array.from({ length: classes }, (_, k) =>
      h(
        "tr",
        { class: `class-${k}` },
        h("th", { scope: "row" }, marker(k, 14), String(k + 1)),
        ["z", "t", "a", "dz"].map(cell),
      ),
    ),
  );
}

/** A bar of `part` (-1 to 1) of its cell; a signed one grows from the middle. */
function bar(cell, part, text, signed) {
  const fill = cell.firstChild.firstChild;
  const width = 100 * Math.min(1, Math.abs(part)) * (signed ? 0.5 : 1);
  fill.style.width = `${width}%`;
  fill.style.marginLeft = signed ? `${part < 0 ? 50 - width : 50}%` : "0";
  write(cell.lastChild, text);
}

/** Sums under the columns, and with two classes the logistic function beside the softmax. */
function showSums(foot, { sum, a, logistic }) {
  const total = a.reduce((s, v) => s + v, 0);
  const rows = [
    h(
      "tr",
      {},
      h("th", { scope: "row" }, "\u03a3"),
      h("td", {}),
      h("td", {}, h("b", {}, number(sum ?? Infinity))),
      h("td", {}, h("b", {}, fixed(total, 3))),
      h("td", { class: "col-dz" }),
    ),
  ];
  if (logistic) {
    const words = t("probe.logistic", {
      margin: fixed(logistic.margin, 2),
      sigma: fixed(logistic.sigma, 6),
      a: fixed(a[1], 6),
    });
    rows.push(h("tr", { class: "pg-logistic" }, h("td", { colSpan: 5 }, words)));
  }
  foot.replaceChildren(...rows);
}

// The network: what each unit gives over the plane, and its weights, which can be changed by hand.

import { h } from "./dom.js";
import { number } from "./format.js";
import { t } from "./i18n.js";
import { connectionAt, edgePaths, layoutOf } from "./network_layout.js";
import { inkOf } from "./palette.js";
import { paintClass, paintInput, paintUnit } from "./unit_maps.js";
import { weightForm } from "./weight_form.js";

const EVERY_MS = 90;
const SMALL = 600; // parameters

/** `wanted({units, weights})` is told what is looked at. */
export function createNetwork(root, store, send, wanted) {
  const svg = h("svg", { class: "pg-edges", "aria-hidden": "true" });
  const maps = h("div", { class: "pg-maps" });
  const figure = h(
    "div",
    { class: "pg-network", role: "img", testid: "network", label: "tab.network" },
    svg,
    maps,
  );
  const form = weightForm(store, send, () => {
    drawn = 0;
  });
  const lead = h("p", { class: "pg-lead", text: "network.lead" });
  const panel = h("div", {}, lead, h("div", { class: "pg-network-row" }, figure, form.element));

  let open = false; // the tab
  let watched = false; // within the window
  let layout = null;
  let built = "";
  let drawn = 0;
  let units = []; // canvases by column

  const sizes = () => [2, ...store.state.model.hidden, store.classes()];

  function tick(now) {
    if (!open || !store.state || now - drawn < EVERY_MS) return;
    drawn = now;
    form.refresh();
    if (!watched) return;
    build();
    const weights = store.progress?.weights;
    if (weights && fits(weights)) drawEdges(weights);
    drawMaps();
  }

  const fits = (weights) =>
    weights.length === layout.columns.length - 1 &&
    weights.every(
      ({ W }, l) => W.length === layout.columns[l + 1].length && W[0].length === layout.columns[l].length,
    );

  function build() {
    const width = figure.clientWidth;
    const key = `${sizes()} ${width} ${root.dataset.theme} ${t("network.input")}`;
    if (key === built || !width) return;
    built = key;
    layout = layoutOf(sizes(), width);
    figure.style.height = `${layout.height}px`;
    svg.setAttribute("viewBox", `0 0 ${layout.width} ${layout.height}`);
    svg.replaceChildren(...heads());
    maps.replaceChildren();
    units = layout.columns.map((column) => column.map(unitCanvas));
  }

  function heads() {
    const last = layout.columns.length - 1;
    const words = (l) =>
      l === 0 ? t("network.input") : l === last ? t("network.output") : t("network.hidden", { l });
    const names = layout.columns.map((column, l) =>
      h("text", { x: column[0].x, y: 12, "text-anchor": "middle", class: "pg-column" }, words(l)),
    );
    const side = [
      ...layout.columns[0].map((u, j) => [u.x - u.size / 2 - 8, u.y, `x${"\u2081\u2082"[j]}`, "end"]),
      ...layout.columns[last].map((u, k) => [u.x + u.size / 2 + 8, u.y, String(k + 1), "start"]),
    ];
    return [
      h("g", { class: "edges" }),
      h("path", { class: "chosen" }),
      ...names,
      ...side.map(([x, y, text, anchor]) =>
        h("text", { x, y: y + 4, "text-anchor": anchor, class: "pg-unit-name" }, text),
      ),
    ];
  }

  function unitCanvas({ x, y, size }) {
    const canvas = h("canvas", { class: "pg-unit", "aria-hidden": "true" });
    Object.assign(canvas.style, {
      left: `${x - size / 2}px`,
      top: `${y - size / 2}px`,
      width: `${size}px`,
      height: `${size}px`,
    });
    maps.append(canvas);
    return canvas;
  }

  function drawEdges(weights) {
    const group = svg.querySelector(".edges");
    const paths = edgePaths(layout, weights);
    while (group.children.length < paths.length) group.append(h("path", {}));
    paths.forEach(({ d, negative, strength }, k) => {
      const path = group.children[k];
      path.setAttribute("d", d);
      path.setAttribute("class", negative ? "negative" : "positive");
      path.setAttribute("stroke-width", (0.5 + 3.2 * strength).toFixed(2));
      path.setAttribute("stroke-opacity", (0.16 + 0.7 * strength).toFixed(2));
    });
    const { layer, i, j } = form.chosen();
    const to = layout.columns[layer][i];
    const from = j >= 0 ? layout.columns[layer - 1][j] : null;
    const ring = to.size / 2 + 4;
    svg
      .querySelector(".chosen")
      .setAttribute(
        "d",
        from
          ? `M${from.x} ${from.y}L${to.x} ${to.y}`
          : `M${to.x - ring} ${to.y - ring}h${2 * ring}v${2 * ring}h${-2 * ring}z`,
      );
  }

  function drawMaps() {
    const { dark } = inkOf(root);
    const { frame, units: hidden } = store;
    units[0].forEach((canvas, j) => paintInput(canvas, j, dark));
    const inner = units.slice(1, -1).flat();
    if (hidden?.maps.length === inner.length)
      inner.forEach((canvas, u) => paintUnit(canvas, hidden.maps[u], hidden.side, dark));
    if (frame?.classes === units.at(-1).length)
      units.at(-1).forEach((canvas, k) => paintClass(canvas, frame, k));
  }

  figure.addEventListener("click", (event) => {
    const box = figure.getBoundingClientRect();
    const found = layout && connectionAt(layout, event.clientX - box.left, event.clientY - box.top);
    if (found) form.choose(found);
  });
  figure.addEventListener("pointermove", (event) => {
    const box = figure.getBoundingClientRect();
    const found = layout && connectionAt(layout, event.clientX - box.left, event.clientY - box.top);
    figure.style.cursor = found ? "pointer" : "";
    const weights = store.progress?.weights;
    if (!found || !weights?.[found.layer - 1]) figure.title = "";
    else figure.title = `${form.nameOf(found)} = ${number(valueOf(weights, found), 4)}`;
  });

  function describe() {
    drawn = 0;
    if (!store.state) return;
    figure.setAttribute("aria-label", t("network.name", { sizes: sizes().join(" \u2013 ") }));
    form.show();
    tell();
  }

  /** Unit maps are asked for while they are in sight; weights of a small network as long as the tab is open. */
  function tell() {
    const small = (store.state?.model.parameters ?? 0) <= SMALL;
    wanted({ units: open && watched, weights: open && (watched || small) });
  }

  store.on("state", describe);
  store.on("lang", describe);
  const sight = new IntersectionObserver(
    ([entry]) => {
      watched = entry.isIntersecting;
      drawn = 0;
      tell();
    },
    { rootMargin: "120px" },
  );
  sight.observe(panel);

  return {
    panel,
    tick,
    opened(value) {
      open = value;
      tell();
    },
  };
}

const valueOf = (weights, { layer, i, j }) => (j < 0 ? weights[layer - 1].b[i] : weights[layer - 1].W[i][j]);

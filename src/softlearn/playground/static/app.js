// The page: makes its parts, hands events to them, and begins.

import { createAppearance } from "./appearance.js";
import * as cards from "./cards.js";
import * as course from "./course.js";
import { createDataPanel } from "./data_panel.js";
import { h } from "./dom.js";
import { createGrid } from "./grid.js";
import { createHeader } from "./header.js";
import { createHelp } from "./help.js";
import { firstLang, lang, t } from "./i18n.js";
import { listen } from "./keyboard.js";
import { createLive } from "./live.js";
import { createModelPanel } from "./model_panel.js";
import { createNetwork } from "./network.js";
import { handle } from "./paint.js";
import { createPainter } from "./painter.js";
import { createProbe } from "./probe.js";
import { createPythonTab } from "./python_tab.js";
import * as race from "./race.js";
import { createRegion } from "./region.js";
import { createResults } from "./results_panel.js";
import { createRunBar } from "./run_bar.js";
import { createShare, hashWith } from "./share.js";
import * as steps from "./steps.js";
import { createStore } from "./store.js";
import { createTabs } from "./tabs.js";
import { createToasts } from "./toasts.js";
import { createViewBar } from "./view_bar.js";
import { watch } from "./watch.js";

const FIRST_SPEED = 5; // steps a frame: slow enough to see the boundaries find their places

/**
 * Builds the page in `root` and runs it over `transport` ({send, onMessage, onFrame, onStatus, close}).
 * options: {widget, lang}; a widget neither reads nor writes the address.
 */
export function start(root, transport, options = {}) {
  const hash = options.widget ? new URLSearchParams() : hashWith();
  firstLang(options.lang ?? hash.get("lang"));
  const store = createStore();
  const grid = createGrid(store, transport);
  const send = (message) => {
    grid.before(message);
    transport.send(message);
    store.emit("sent", message);
  };
  watch(store, send);
  if (matchMedia("(pointer: coarse)").matches) store.tool.kind = "look"; // a finger first scrolls
  const appearance = createAppearance(root, store, () => painter.repaint());

  const parts = createParts(root, store, send, grid, appearance, options);
  root.append(...layout(parts));
  handle(parts.region, store, send, parts.probe.look);
  const { runBar, probe, model, results, network, python, live } = parts;
  const painter = createPainter(store, send, parts.region, [
    grid,
    runBar,
    probe,
    model,
    results,
    network,
    python,
    live,
  ]);
  store.on("view", painter.repaint);
  for (const type of ["tool", "state", "points"]) store.on(type, parts.region.mark);
  listen(options.widget ? root : document, actions(store, send));

  connect(transport, store, painter, parts.toasts, () => begin(hash, store, send, parts.share, grid));
  const context = {
    store,
    send,
    t,
    lang,
    widget: Boolean(options.widget),
    on: store.on,
    emit: store.emit,
    openTab: parts.tabs.open,
  };
  race.mount(parts.panels.race, context);
  steps.mount(parts.panels.steps, context);
  cards.mount(parts.panels.cards, context);
  course.mount(parts.aside, context);
  parts.tabs.open("network");
  appearance.speak();
}

function createParts(root, store, send, grid, appearance, options) {
  const share = createShare(store, send, options.widget);
  const help = createHelp();
  const region = createRegion(root, store);
  const network = createNetwork(root, store, send, grid.wants);
  const python = createPythonTab(store, send);
  const panels = { steps: h("div"), race: h("div"), cards: h("div") };
  const shown = {
    network: network.panel,
    steps: panels.steps,
    race: panels.race,
    python: python.panel,
    cards: panels.cards,
  };
  return {
    share,
    help,
    region,
    network,
    python,
    panels,
    header: createHeader(root, store, send, {
      share: share.open,
      download: share.download,
      help: help.open,
      theme: appearance.switchTheme,
      language: appearance.switchLang,
    }),
    toasts: createToasts(store),
    runBar: createRunBar(root, store, send),
    aside: h("aside", { id: "course", hidden: true }),
    data: createDataPanel(store, send),
    viewBar: createViewBar(store),
    probe: createProbe(store, send, region.moved),
    model: createModelPanel(root, store, send),
    results: createResults(root, store, send),
    live: createLive(store),
    tabs: createTabs(
      Object.entries(shown).map(([id, panel]) => ({ id, text: `tab.${id}`, panel })),
      (id) => {
        network.opened(id === "network");
        python.opened(id === "python");
        store.emit("tab", id);
      },
    ),
  };
}

function layout({
  header,
  toasts,
  runBar,
  aside,
  data,
  viewBar,
  region,
  probe,
  model,
  results,
  tabs,
  live,
  share,
  help,
}) {
  const toPlane = (event) => {
    event.preventDefault(); // the address keeps its fragment
    region.marks.focus();
  };
  const plane = h(
    "div",
    { class: "pg-plane-grid" },
    viewBar.element,
    region.stage,
    viewBar.toggles,
    probe.element,
  );
  return [
    h("a", { class: "pg-skip", href: `#${region.marks.id}`, text: "skip", onclick: toPlane }),
    header.element,
    ...toasts.elements,
    h(
      "main",
      { class: "pg-main" },
      runBar.element,
      aside,
      data.element,
      h(
        "section",
        { class: "pg-panel pg-plane", label: "region.title" },
        h("h2", { class: "pg-hidden", text: "region.title" }),
        plane,
      ),
      h("div", { class: "pg-side" }, model.element, results.element),
      tabs.element,
    ),
    live.element,
    share.element,
    help.element,
  ];
}

/** What the keys of the whole page do. */
function actions(store, send) {
  return {
    toggle: () => send({ type: store.running() ? "pause" : "run" }),
    step: () => send({ type: "step", n: 1 }),
    reset: () => send({ type: "reset" }),
    undo: () => store.state?.undo && send({ type: "points", op: "undo" }),
    redo: () => store.state?.redo && send({ type: "points", op: "redo" }),
    paintClass: (k) =>
      k < store.classes() &&
      store.set("tool", { label: k, kind: store.tool.kind === "relabel" ? "relabel" : "brush" }),
  };
}

function connect(transport, store, painter, toasts, begin) {
  let begun = false;
  transport.onMessage((event) => {
    store.receive(event);
    if (event.type === "state" && !begun) {
      begun = true;
      begin();
    }
  });
  transport.onFrame(painter.take);
  transport.onStatus((status, reason) => {
    toasts.status(status, reason);
    if (status === "open") begun = false; // a new session
  });
}

/** What is done when the first state is there: what the address asks for, and run. */
function begin(hash, store, send, share, grid) {
  grid.again();
  if (share.restoreFromAddress(true)) return;
  const preset = hash.get("preset");
  if (preset && preset !== store.state.preset) send({ type: "data", preset });
  send({ type: "speed", steps_per_frame: FIRST_SPEED });
  if (store.state.begun !== "model") send({ type: "run" }); // a model that was brought along stays as it is
}

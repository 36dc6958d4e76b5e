// The page: makes its parts, hands events to them, and paints the newest frame once a screen refresh.

import * as cards from "./cards.js";
import * as course from "./course.js";
import { createDataPanel } from "./data_panel.js";
import { h, translate } from "./dom.js";
import { createGrid } from "./grid.js";
import { createHeader } from "./header.js";
import { createHelp } from "./help.js";
import { firstLang, lang, remember, remembered, setLang, t } from "./i18n.js";
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

/**
 * Builds the page in `root` and runs it over `transport` ({send, onMessage, onFrame, onStatus, close}).
 * options: {widget, lang}; a widget neither reads nor writes the address.
 */
export function start(root, transport, options = {}) {
  watchErrors();
  watchWidth(root);
  const hash = options.widget ? new URLSearchParams() : hashWith();
  firstLang(options.lang ?? hash.get("lang"));
  const store = createStore();
  const grid = createGrid(store, transport);
  const send = (message) => {
    grid.before(message);
    transport.send(message);
    store.emit("sent", message);
  };
  window.__pg.send = send;
  if (matchMedia("(pointer: coarse)").matches) store.tool.kind = "look"; // a finger first scrolls
  const dark = matchMedia("(prefers-color-scheme: dark)");
  setTheme(root, remembered("theme") ?? (dark.matches ? "dark" : "light"));

  const share = createShare(store, send, options.widget);
  const help = createHelp();
  const header = createHeader(root, store, send, {
    share: share.open,
    download: share.download,
    help: help.open,
    theme() {
      const theme = root.dataset.theme === "dark" ? "light" : "dark";
      remember("theme", theme);
      wear(theme);
    },
    language() {
      remember("lang", setLang(lang() === "en" ? "ko" : "en"));
      speak(root, store);
      repaint();
    },
  });
  const runBar = createRunBar(root, store, send);
  const region = createRegion(root, store);
  const viewBar = createViewBar(store);
  const probe = createProbe(root, store, send, region.moved);
  const model = createModelPanel(root, store, send);
  const results = createResults(root, store, send);
  const network = createNetwork(root, store, send, grid.wants);
  const python = createPythonTab(store, send);
  const live = createLive(store);
  const toasts = createToasts(store);
  const panels = { steps: h("div"), race: h("div"), cards: h("div") };
  const aside = h("aside", { id: "course", hidden: true });

  const tabs = createTabs(
    [
      { id: "network", text: "tab.network", panel: network.panel },
      { id: "steps", text: "tab.steps", panel: panels.steps },
      { id: "race", text: "tab.race", panel: panels.race },
      { id: "python", text: "tab.python", panel: python.panel },
      { id: "cards", text: "tab.cards", panel: panels.cards },
    ],
    (id) => {
      python.opened(id === "python");
      store.emit("tab", id);
    },
  );

  root.append(
    h("a", { class: "pg-skip", href: `#${region.marks.id}`, text: "skip", onclick: (event) => { event.preventDefault(); region.marks.focus(); } }),
    header.element,
    ...toasts.elements,
    h(
      "main",
      { class: "pg-main" },
      runBar.element,
      aside,
      createDataPanel(root, store, send).element,
      h(
        "section",
        { class: "pg-panel pg-plane", label: "region.title" },
        h("h2", { class: "pg-hidden", text: "region.title" }),
        h("div", { class: "pg-plane-grid" }, viewBar.element, region.stage, viewBar.toggles, probe.element),
      ),
      h("div", { class: "pg-side" }, model.element, results.element),
      tabs.element,
    ),
    live.element,
    share.element,
    help.element,
  );

  handle(region, store, send, probe.look);
  const painter = createPainter(store, send, region, [grid, runBar, probe, model, results, network, python, live]);
  const repaint = painter.repaint;
  store.on("view", repaint);
  store.on("tool", () => region.mark());
  store.on("state", () => region.mark());
  store.on("points", () => region.mark());

  function wear(theme) {
    setTheme(root, theme);
    store.emit("theme");
    repaint();
  }
  dark.addEventListener("change", () => remembered("theme") ?? wear(dark.matches ? "dark" : "light"));

  listen(options.widget ? root : document, {
    toggle: () => send({ type: store.running() ? "pause" : "run" }),
    step: () => send({ type: "step", n: 1 }),
    reset: () => send({ type: "reset" }),
    undo: () => store.state?.undo && send({ type: "points", op: "undo" }),
    redo: () => store.state?.redo && send({ type: "points", op: "redo" }),
    paintClass: (k) => k < store.classes() && store.set("tool", { label: k, kind: store.tool.kind === "relabel" ? "relabel" : "brush" }),
  });

  connect(transport, store, painter, toasts, () => first(hash, options, store, send, share, grid));
  const context = { store, send, t, lang, widget: Boolean(options.widget), on: store.on, emit: store.emit, openTab: tabs.open };
  race.mount?.(panels.race, context);
  steps.mount?.(panels.steps, context);
  cards.mount?.(panels.cards, context);
  course.mount?.(aside, context);
  tabs.open("network");
  speak(root, store);
  return { store, send };
}

const FIRST_SPEED = 5; // steps a frame: slow enough to see the boundaries find their places

/** What is done once, when the first state is there: what the address asks for, and run. */
function first(hash, options, store, send, share, grid) {
  grid.again();
  if (!options.widget) addEventListener("hashchange", () => share.restoreFromAddress());
  if (share.restoreFromAddress()) return;
  const preset = hash.get("preset");
  if (preset && preset !== store.state.preset) send({ type: "data", preset });
  send({ type: "speed", steps_per_frame: FIRST_SPEED });
  if (store.state.begun !== "model") send({ type: "run" }); // a model that was brought along stays as it is
}

function connect(transport, store, painter, toasts, begin) {
  let begun = false;
  Object.defineProperty(window.__pg, "state", { get: () => store.state });
  transport.onMessage((event) => {
    store.receive(event);
    if (event.type === "probe") window.__pg.lastProbe = event;
    if (event.type === "error") window.__pg.refusals.push(event);
    if (event.type === "state" && !begun) {
      begun = true;
      begin();
    }
  });
  transport.onFrame(painter.take);
  transport.onStatus((status, reason) => {
    toasts.status(status, reason);
    if (status === "lost") begun = false; // a new line has a new session
  });
}

/** Counters for the tests, and errors of the page itself. */
function watchErrors() {
  window.__pg = { frames: 0, painted: 0, step: 0, errors: [], refusals: [], lastProbe: null };
  addEventListener("error", (event) => {
    // What a ResizeObserver could not deliver it delivers in the next frame: no error, but reported as one.
    if (!event.message?.startsWith("ResizeObserver loop")) window.__pg.errors.push(String(event.message));
  });
  addEventListener("unhandledrejection", (event) => window.__pg.errors.push(String(event.reason)));
}

/** The document around it belongs to the page, but not to a widget. */
const ownsDocument = (root) => root.parentElement === document.body;

function setTheme(root, theme) {
  root.dataset.theme = theme;
  if (ownsDocument(root)) document.documentElement.dataset.theme = theme;
}

/** Style sheets go by the page's own width: in a notebook it is less than the window's. */
function watchWidth(root) {
  const measure = () => {
    const width = root.clientWidth;
    root.dataset.width = width <= 900 ? "medium narrow" : width <= 1180 ? "medium" : "wide";
  };
  measure();
  new ResizeObserver(() => requestAnimationFrame(measure)).observe(root);
}

function speak(root, store) {
  root.lang = lang();
  if (ownsDocument(root)) {
    document.documentElement.lang = lang();
    document.title = t("title");
  }
  translate(root);
  store.emit("lang", lang());
}

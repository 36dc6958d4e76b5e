// What the page knows: the server's last word on everything, and the choices of view that are the page's own.

const MAX_HISTORY = 6000;

export function createStore() {
  const listeners = new Map();
  const store = {
    state: null, // the last `state`, merged: keys that a later event leaves out stay
    progress: null,
    frame: null, // the newest kind-0 frame, decoded
    units: null, // the newest kind-1 frame, decoded
    probe: null,
    history: [], // [step, train cost, test cost or null]
    get pinned() {
      return store.state?.pinned ?? [];
    },
    get solved() {
      return store.state?.solved ?? null;
    },
    view: { mode: "confidence", one: 0, boundaries: true, numerals: true, points: true, tests: true },
    tool: { kind: "brush", label: 0, radius: 0.06 },

    on(type, fn) {
      if (!listeners.has(type)) listeners.set(type, []);
      listeners.get(type).push(fn);
    },
    emit(type, payload) {
      for (const fn of listeners.get(type) ?? []) fn(payload);
    },
    set(name, values) {
      Object.assign(store[name], values);
      store.emit(name, store[name]);
    },
    receive(event) {
      receivers[event.type]?.(store, event);
      store.emit(event.type, event);
    },
    step: () => store.progress?.step ?? store.state?.step ?? 0,
    running: () => store.state?.running ?? false,
    points: () => store.state?.points ?? { xy: [], label: [], test: [] },
    classes: () => store.state?.classes?.count ?? 0,
  };
  return store;
}

const receivers = {
  state(store, event) {
    const fresh = store.state === null;
    const l2 = store.state?.optimizer?.l2;
    store.state = { ...store.state, ...event };
    if (event.optimizer.l2 !== l2 && !("solved" in event)) store.state.solved = null; // another cost, another bound
    if (event.history) store.history = event.history.slice();
    if ("step" in event || fresh) store.progress = event.progress ?? null;
  },
  points(store, event) {
    const { points, undo, redo, count, given } = event;
    store.state = { ...store.state, points, undo, redo, solved: null };
    store.state.data = { ...store.state.data, count, given };
  },
  progress(store, event) {
    store.progress = event;
    store.state.running = event.running;
    append(store.history, event.history);
  },
  probe(store, event) {
    store.probe = event;
  },
  event(store, event) {
    if (event.kind === "stopped" || event.kind === "diverged") store.state.running = false;
  },
  pinned(store, event) {
    store.state.pinned = event.pinned;
  },
  solved(store, event) {
    store.state.solved = event;
  },
};

/** Adds the new part of the curve; the old half is thinned when it grows long, its newest part never. */
function append(history, rows) {
  const last = history.length ? history[history.length - 1][0] : -1;
  for (const row of rows) if (row[0] > last) history.push(row);
  if (history.length <= MAX_HISTORY) return;
  const half = history.length >> 1;
  const thinned = history.filter((_, i) => i >= half || i % 2 === 0);
  history.splice(0, history.length, ...thinned);
}

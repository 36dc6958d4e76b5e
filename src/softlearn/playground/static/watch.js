// What tests may look at: `window.__pg` counts pictures and keeps errors of the page itself.

/** Begins counting; `store` gives the state, `send` takes messages. */
export function watch(store, send) {
  window.__pg = {
    frames: 0,
    painted: 0,
    step: 0, // of the last picture
    classes: 0, // of the last picture
    errors: [],
    refusals: [],
    lastProbe: null,
    send,
    get state() {
      return store.state;
    },
    get progress() {
      return store.progress;
    },
  };
  addEventListener("error", ({ message }) => {
    // What a ResizeObserver could not deliver it delivers in the next frame: no error, but reported as one.
    if (!message?.startsWith("ResizeObserver loop")) window.__pg.errors.push(String(message));
  });
  addEventListener("unhandledrejection", ({ reason }) => window.__pg.errors.push(String(reason)));
  store.on("probe", (event) => {
    window.__pg.lastProbe = event;
  });
  store.on("error", (event) => window.__pg.refusals.push(event));
}

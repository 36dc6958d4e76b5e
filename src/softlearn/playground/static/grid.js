// How fine the picture is: coarse while anything moves, finer once all has been still for a while.

const MOVING = 128;
const STILL = 256;
const WAIT_MS = 700;
const QUIET = new Set(["probe", "view", "ack", "export", "race", "count", "softmax", "pin", "unpin"]);

export function createGrid(store, transport) {
  let grid = MOVING;
  let extra = { units: false, weights: false };
  let busy = 0; // when something last moved
  let seen = -1;

  const ask = () => transport.send({ type: "view", planes: true, ...extra, grid });

  function take(next) {
    if (grid === next) return;
    grid = next;
    ask();
  }

  return {
    /** Before a message that changes the picture it is coarse again: the answer must be quick. */
    before({ type }) {
      if (QUIET.has(type)) return;
      busy = performance.now();
      take(MOVING);
    },
    /** What is wanted besides the plane: {units, weights}. */
    wants(more) {
      if (more.units === extra.units && more.weights === extra.weights) return;
      extra = more;
      ask();
    },
    /** Says it again, to a new session. */
    again() {
      grid = MOVING;
      ask();
    },
    tick(now) {
      if (store.running() || store.step() !== seen) busy = now;
      seen = store.step();
      if (store.state && now - busy > WAIT_MS) take(STILL);
    },
  };
}

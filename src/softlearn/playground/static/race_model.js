// What a `race` event says, in the form the pictures use.

import { RACERS } from "./race_surfaces.js";

/** The racer of a run: by the order in which they were sent, else by name and form. */
function racerOf(run, sent, index) {
  const key = sent[index];
  return RACERS.find((racer) => racer.key === key) ?? RACERS[index % RACERS.length];
}

/**
 * A race: surface, start, note, `last` step of the longest run, and runs
 * {racer, index, path, cost, at, last, reached, text}; `at` has the step of each point of the path.
 */
export function modelOf(event, sent) {
  const runs = event.runs.map((run, k) => {
    const racer = racerOf(run, sent, k);
    const at = run.at ?? run.path.map((_, step) => step);
    const cost = run.cost.map((J) => J ?? Infinity); // beyond the largest number
    return { ...run, cost, racer, index: RACERS.indexOf(racer), at, last: at[at.length - 1] ?? 0 };
  });
  const { surface } = event;
  const flat = surface.extent.length === 2 || surface.grid.values.length === 1;
  return {
    name: event.name ?? surface.name,
    surface,
    flat,
    values: surface.grid.values,
    extent: surface.extent,
    start: event.start,
    note: event.note,
    runs,
    last: Math.max(1, ...runs.map((run) => run.last)),
  };
}

/** How many points of a run's path are at or before a step. */
export function pointsUntil(run, step) {
  let [low, high] = [0, run.at.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (run.at[middle] <= step) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** w and J of a run at a step, on the straight line between the points that were sent. */
export function whereAt(run, step) {
  const n = pointsUntil(run, step);
  const [i, j] = [Math.max(0, n - 1), Math.min(n, run.at.length - 1)];
  const wide = run.at[j] - run.at[i];
  const share = wide > 0 ? Math.min(1, Math.max(0, (step - run.at[i]) / wide)) : 0;
  const mix = (a, b) => a + share * (b - a);
  return {
    w: run.path[i].map((value, k) => mix(value, run.path[j][k])),
    cost: mix(run.cost[i], run.cost[j]),
    done: step >= run.last,
  };
}

/** Position of the scrubber (0 to 1) <-> step; logarithmic where some runs take thousands. */
export function stepScale(last) {
  if (last <= 400) return { step: (x) => Math.round(x * last), at: (k) => k / last };
  const top = Math.log(1 + last);
  return { step: (x) => Math.round(Math.expm1(x * top)), at: (k) => Math.log1p(k) / top };
}

// What a race is asked for: surface, start, optimizers with their rates, steps, nudge.

import { h } from "./dom.js";
import { RACERS, SURFACES, surfaceOf } from "./race_surfaces.js";
import { say } from "./tabs_dom.js";

const field = (testid, props) => h("input", { type: "number", step: "any", "data-testid": testid, ...props });

/** The form; `onchange()` is called after every choice, and `message()` is what to send. */
export function raceControls(ctx, word, onchange) {
  let surface = surfaceOf("saddle");
  const rates = {}; // by surface and racer, as typed
  const chosen = new Set(RACERS.map((racer) => racer.key));

  const tabs = SURFACES.map((each) =>
    word(
      h("button", {
        type: "button", class: "pill", "data-testid": `surface-${each.name}`,
        onclick: () => choose(each.name),
      }),
      each.title,
    ),
  );
  const starts = ["w₁", "w₂"].map((name, k) => field(`race-start-${k + 1}`, { "aria-label": name, onchange }));
  const startRow = h(
    "label", { class: "row" },
    word(h("span"), { en: "start w =", ko: "출발점 w =" }), ...starts,
  );
  const steps = field("race-steps", { min: 1, max: 50000, step: 1, onchange });
  const nudge = field("race-nudge", { min: 0, max: 1, step: 0.001, value: 0, onchange });
  const rows = RACERS.map((racer) => {
    const box = h("input", {
      type: "checkbox", checked: true, "data-testid": `racer-${racer.key}`,
      onchange: () => {
        if (box.checked) chosen.add(racer.key);
        else chosen.delete(racer.key);
        onchange();
      },
    });
    const rate = field(`race-lr-${racer.key}`, {
      min: 0, class: "rate",
      onchange: () => {
        rates[`${surface.name} ${racer.key}`] = Number(rate.value);
        onchange();
      },
    });
    word(rate, { en: `Learning rate of ${racer.title.en}`, ko: `${racer.title.ko}의 학습률` }, "aria-label");
    const label = h("label", {}, box, " ", word(h("span"), racer.title));
    return { racer, rate, line: h("div", { class: "racer" }, label, word(h("code"), racer.rule), h("span", { class: "alpha" }, "α ", rate)) };
  });

  function choose(name) {
    take(name);
    onchange();
  }

  function take(name) {
    surface = surfaceOf(name) ?? surface;
    tabs.forEach((tab, k) => tab.setAttribute("aria-pressed", String(SURFACES[k] === surface)));
    setStart(surface.start);
    startRow.hidden = surface.start.length === 0;
    starts[1].hidden = surface.start.length < 2;
    steps.value = surface.steps;
    rows.forEach(({ racer, rate }) => {
      rate.value = rates[`${surface.name} ${racer.key}`] ?? surface.lr;
    });
  }

  function setStart(w) {
    w.forEach((value, k) => {
      starts[k].value = String(Number(value.toPrecision(4)));
    });
  }

  const sentKeys = () => RACERS.map((racer) => racer.key).filter((key) => chosen.has(key));

  const run = word(
    h("button", { type: "button", class: "primary", "data-testid": "race-run", onclick: onchange }),
    { en: "Race again", ko: "다시 경주" },
  );

  const waiting = word(h("span", { class: "muted", hidden: true }), { en: "on the way …", ko: "경주하는 중 …" });

  const number = (input, otherwise) => (input.value.trim() === "" ? otherwise : Number(input.value));

  return {
    node: h(
      "div", { class: "race-controls" },
      h("div", { class: "pills", role: "group", "data-testid": "race-surfaces" }, ...tabs),
      h("div", { class: "row" }, startRow,
        h("label", { class: "row" }, word(h("span"), { en: "at most", ko: "최대" }), steps, word(h("span"), { en: "steps", ko: "번 반복" })),
        h("label", { class: "row" }, word(h("span"), { en: "random nudge", ko: "무작위로 밀기" }), nudge),
        run, waiting),
      h("div", { class: "racers" }, ...rows.map((row) => row.line)),
    ),
    choose,
    surface: () => surface,
    busy(is) {
      waiting.hidden = !is;
    },
    sentKeys,
    start: () => starts.slice(0, surface.start.length).map((input) => number(input, 0)),
    /** Put the start elsewhere, and race. */
    startAt(w) {
      setStart(w);
      onchange();
    },
    /** Set several fields at once (the course does): {surface, start, nudge, steps, only, lr}. */
    apply(wish) {
      if (wish.nudge !== undefined) nudge.value = wish.nudge;
      if (wish.only) {
        chosen.clear();
        wish.only.forEach((key) => chosen.add(key));
        rows.forEach(({ racer, line }) => {
          line.querySelector("input[type=checkbox]").checked = chosen.has(racer.key);
        });
      }
      for (const [key, value] of Object.entries(wish.lr ?? {})) rates[`${wish.surface} ${key}`] = value;
      take(wish.surface);
      if (wish.start) setStart(wish.start);
      if (wish.steps) steps.value = wish.steps;
      onchange();
    },
    message() {
      const optimizers = rows
        .filter(({ racer }) => chosen.has(racer.key))
        .map(({ racer, rate }) => ({ ...racer.send, lr: number(rate, surface.lr) }));
      if (optimizers.length === 0) return null;
      const message = { type: "race", surface: surface.name, optimizers, steps: number(steps, surface.steps), nudge: number(nudge, 0) };
      if (surface.start.length > 0) message.start = this.start();
      return message;
    },
    lesson: () => say(ctx, surface.lesson),
  };
}

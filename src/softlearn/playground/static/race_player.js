// Play, stop, and move through the steps of a race.

import { h } from "./dom.js";
import { whole } from "./format.js";
import { stepScale } from "./race_model.js";
import { calm, say } from "./tabs_dom.js";

const SECONDS = 7; // from the first step to the last

/** Buttons and a slider; `onstep(k)` is called with the step to show. */
export function player(ctx, word, onstep) {
  let last = 1;
  let scale = stepScale(1);
  let step = 0;
  let playing = false;
  let before = 0;
  let position = 0;

  const play = h("button", { type: "button", "data-testid": "race-play", onclick: toggle });
  const back = h("button", { type: "button", "data-testid": "race-back", onclick: () => go(step - 1) }, "‹");
  const on = h("button", { type: "button", "data-testid": "race-on", onclick: () => go(step + 1) }, "›");
  const slider = h("input", {
    type: "range", min: 0, max: 1000, step: 1, value: 0, "data-testid": "race-scrub",
    oninput: () => go(scale.step(Number(slider.value) / 1000), false),
  });
  const shown = h("output", { class: "race-step", "data-testid": "race-step" });
  word(back, { en: "One step back", ko: "한 단계 뒤로" }, "aria-label");
  word(on, { en: "One step on", ko: "한 단계 앞으로" }, "aria-label");
  word(slider, { en: "Step of the race", ko: "경주의 반복 횟수" }, "aria-label");
  ctx.on("lang", refresh);

  function refresh() {
    play.textContent = playing ? "❚❚" : "▶";
    play.setAttribute("aria-label", say(ctx, playing ? { en: "Stop", ko: "멈춤" } : { en: "Play the paths", ko: "경로 재생" }));
    const [k, of] = [whole(step), whole(last)];
    shown.textContent = say(ctx, { en: `step ${k} of ${of}`, ko: `${of}번 중 ${k}번째 반복` });
    slider.setAttribute("aria-valuetext", shown.textContent);
    back.disabled = step <= 0;
    on.disabled = step >= last;
  }

  function go(to, moveSlider = true) {
    playing = false;
    show(to, moveSlider);
  }

  function show(to, moveSlider) {
    step = Math.min(last, Math.max(0, Math.round(to)));
    position = scale.at(step);
    if (moveSlider) slider.value = String(Math.round(1000 * position));
    refresh();
    onstep(step);
  }

  function toggle() {
    if (playing) {
      playing = false;
      refresh();
    } else start();
  }

  function start() {
    playing = true;
    if (step >= last) position = 0;
    before = performance.now();
    requestAnimationFrame(tick);
  }

  function tick(now) {
    if (!playing) return;
    const gone = position + (now - before) / (1000 * SECONDS);
    before = now;
    show(scale.step(Math.min(1, gone)), true);
    position = gone; // finer than a step: few steps are shown slowly
    if (gone >= 1) playing = false;
    refresh();
    requestAnimationFrame(tick);
  }

  return {
    node: h("div", { class: "race-player" }, play, back, on, slider, shown),
    /** A new race of `steps` steps: played, or shown whole to those who want no motion. */
    set(steps) {
      last = Math.max(1, steps);
      scale = stepScale(last);
      step = 0;
      position = 0;
      before = performance.now();
      if (calm()) go(last);
      else {
        show(0, true);
        if (!playing) start();
      }
    },
    step: () => step,
  };
}

// The Race tab: optimizers from one start on the chapter's surfaces and on the network itself.

import { countSection } from "./count_chart.js";
import { h } from "./dom.js";
import { refusal } from "./i18n.js";
import { raceControls } from "./race_controls.js";
import { costCurve, rowOf } from "./race_cost.js";
import { modelOf } from "./race_model.js";
import { player } from "./race_player.js";
import { curveOf, fromAbove } from "./race_plot.js";
import { KINDS, surfaceOf } from "./race_surfaces.js";
import { inSpace } from "./surface3d.js";
import { onceAFrame, say, scrolling, watchLooks, wording } from "./tabs_dom.js";

const ABOVE = {
  en: "Level lines of J from above, with the paths. Click to put the start there; with the keyboard: arrow keys.",
  ko: "위에서 본 J의 등고선과 경로. 누르면 그곳에서 출발합니다. 키보드에서는 화살표 키를 쓰세요.",
};
const SPACE = {
  en: "J as a surface in space, with the paths. Drag to turn it; with the keyboard: arrow keys, + and −, Home.",
  ko: "J의 곡면과 경로. 끌어서 돌리세요. 키보드에서는 화살표 키, +와 −, Home을 쓰세요.",
};
const LINE = {
  en: "The curve J(w) and a point for each optimizer. Click to put the start there; with the keyboard: arrow keys.",
  ko: "곡선 J(w)와 알고리즘마다 하나씩 움직이는 점. 누르면 그곳에서 출발합니다. 키보드에서는 화살표 키를 쓰세요.",
};
const COST = { en: "Cost J of each optimizer against its steps.", ko: "반복 횟수에 따른 알고리즘별 비용 J." };
const FORMS = {
  en: "Momentum has two forms. The course's average, v = βv + (1 − β)g, takes steps as long as the gradient; the sum, v = βv + g, takes steps 1/(1 − β) = 10 times as long at β = 0.9. At the same α the average is slower than gradient descent on the saddle and the plateau; it pays with the larger α that it allows.",
  ko: "모멘텀에는 두 가지 형태가 있습니다. 강의의 평균형 v = βv + (1 − β)g는 기울기와 같은 크기로 움직이고, 합형 v = βv + g는 β = 0.9일 때 그 1/(1 − β) = 10배로 움직입니다. 안장점과 고원에서는 같은 α라면 평균형이 경사 하강법보다 느립니다. 더 큰 α를 쓸 수 있다는 것이 장점입니다.",
};

export function mount(root, ctx) {
  const word = wording(ctx);
  let race = null;
  let sent = [];
  let asked = null;
  let busy = false;
  let again = false;
  let wanted = null;
  let open = false;

  const canvas = (testid, text) =>
    word(h("canvas", { tabindex: 0, role: "img", "data-testid": testid }), text, "aria-label");
  const aboveCanvas = canvas("race-contour", ABOVE);
  const spaceCanvas = canvas("race-surface", SPACE);
  const lineCanvas = canvas("race-curve", LINE);
  const costCanvas = word(h("canvas", { role: "img", "data-testid": "race-cost" }), COST, "aria-label");
  const redraw = onceAFrame(draw);
  const above = fromAbove(aboveCanvas);
  const space = inSpace(spaceCanvas, redraw);
  const line = curveOf(lineCanvas);
  const cost = costCurve(costCanvas, ctx);
  const play = player(ctx, word, redraw);
  const controls = raceControls(ctx, word, ask);

  const formula = h("p", { class: "formula", "data-testid": "race-formula" });
  const lesson = h("p", { class: "lesson" });
  const note = h("p", { class: "note", "data-testid": "race-note", "aria-live": "polite" });
  const body = h("tbody");
  const logs = h("input", {
    type: "checkbox", "data-testid": "race-log",
    onchange: () => {
      cost.logarithmic = logs.checked;
      redraw();
    },
  });
  const head = [
    [{ en: "Optimizer", ko: "알고리즘" }], [{ en: "w now", ko: "현재 w" }], [{ en: "J now", ko: "현재 J" }],
    [{ en: "Result", ko: "결과" }],
  ].map(([text]) => word(h("th", { scope: "col" }), text));
  const table = h("table", { class: "race-table", "data-testid": "race-table" }, h("thead", {}, h("tr", {}, ...head)), body);
  const scene = h("div", { class: "race-scene" }, spaceCanvas, aboveCanvas, lineCanvas);

  root.classList.add("tab-race");
  root.append(
    controls.node, formula, lesson, scene, play.node,
    scrolling(word, { en: "Where the optimizers are", ko: "알고리즘의 현재 위치" }, table), note, costCanvas,
    h("label", { class: "row" }, logs, word(h("span"), { en: "logarithmic J", ko: "J를 로그 눈금으로" })),
    word(h("p", { class: "note" }), FORMS),
    countSection(ctx, word),
  );

  /** Send what the form says; while an answer is awaited only the last wish is kept. */
  function ask() {
    lesson.textContent = controls.lesson();
    if (!visible()) return;
    if (busy) {
      again = true;
      return;
    }
    const message = controls.message();
    if (!message) return;
    if (message.surface !== asked) {
      logs.checked = cost.logarithmic = Boolean(controls.surface().logarithmic);
    }
    sent = controls.sentKeys();
    scene.classList.toggle("waiting", race !== null && message.surface !== asked);
    asked = message.surface;
    headline();
    busy = true;
    controls.busy(true);
    ctx.send(message);
  }

  /** The formula of what is asked for, beside the lesson on it, before the answer is there. */
  function headline() {
    const { formula: text, goal } = surfaceOf(asked);
    const until = goal ? ` · ${say(ctx, { en: "arrived when", ko: "도착 조건" })} ${say(ctx, goal)}` : "";
    formula.textContent = `${text}${until}`;
  }

  const visible = () => open && ctx.store.state !== null;

  function done() {
    busy = false;
    controls.busy(false);
    scene.classList.remove("waiting");
    if (again) {
      again = false;
      ask();
    }
  }

  function show(event) {
    race = modelOf({ ...event, name: asked }, sent);
    race.nameOf = (kind) => say(ctx, KINDS[kind] ?? kind);
    [above, space, line, cost].forEach((picture) => picture.set(race));
    spaceCanvas.hidden = aboveCanvas.hidden = race.flat;
    lineCanvas.hidden = !race.flat;
    const { goal } = surfaceOf(asked);
    race.axes = asked === "network" ? ["d₁", "d₂"] : ["w₁", "w₂"];
    race.runs.forEach((run) => (run.goal = goal));
    note.textContent = say(ctx, race.note);
    body.replaceChildren(...race.runs.map(lineOf));
    play.set(race.last);
    done();
  }

  function lineOf(run) {
    const swatch = h("canvas", { class: "swatch", width: 44, height: 14, "aria-hidden": "true" });
    const pen = swatch.getContext("2d");
    pen.strokeStyle = getComputedStyle(root).getPropertyValue(`--run-${run.index}`).trim();
    pen.lineWidth = 3;
    pen.setLineDash(run.racer.dash);
    pen.beginPath();
    pen.moveTo(0, 7);
    pen.lineTo(44, 7);
    pen.stroke();
    const cells = ["w", "cost", "status"].map((name) => h("td", { class: name }));
    const name = h("th", { scope: "row" }, swatch, " ", say(ctx, run.racer.title));
    return h("tr", { title: run.text ?? "", "data-testid": `race-run-${run.racer.key}` }, name, ...cells);
  }

  function draw() {
    if (!race || !visible()) return;
    const step = play.step();
    if (race.flat) line.draw(step);
    else {
      above.draw(step);
      space.draw(step);
    }
    cost.draw(step);
    race.runs.forEach((run, k) => {
      const row = rowOf(ctx, run, step);
      const cells = body.rows[k].cells;
      [row.w, row.cost, row.status].forEach((text, j) => (cells[j + 1].textContent = text));
    });
  }

  for (const [node, picture] of [[aboveCanvas, above], [lineCanvas, line]]) {
    node.addEventListener("click", (event) => {
      const w = race && controls.surface().start.length > 0 ? picture.pick(event) : null;
      if (w) controls.startAt(w);
    });
    node.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
      if (!move || !race || controls.surface().start.length === 0) return;
      event.preventDefault();
      event.stopPropagation();
      const wide = [race.extent[1] - race.extent[0], (race.extent[3] ?? 0) - (race.extent[2] ?? 0)];
      controls.startAt(controls.start().map((value, k) => value + 0.02 * wide[k] * move[k]));
    });
  }

  ctx.on("race", show);
  ctx.on("state", (event) => {
    if (!event.presets) return;
    busy = false; // a new session, which knows nothing of what was asked before
    if (visible() && !race) ask();
  });
  ctx.on("error", (event) => {
    if (!busy) return;
    note.textContent = refusal(event);
    done();
  });
  ctx.on("lang", () => {
    lesson.textContent = controls.lesson();
    if (race) {
      headline();
      note.textContent = say(ctx, race.note);
      body.replaceChildren(...race.runs.map(lineOf));
      redraw();
    }
  });
  ctx.on("race-wish", (wish) => {
    wanted = wish;
    if (visible()) takeWish();
  });
  function takeWish() {
    const wish = wanted;
    wanted = null;
    if (wish) controls.apply(wish);
  }
  ctx.on("tab", (id) => {
    open = id === "race";
    if (!visible()) return;
    if (wanted) takeWish();
    else if (!race && !busy) ask();
  });
  watchLooks(root, () => {
    if (!race || !visible()) return;
    body.replaceChildren(...race.runs.map(lineOf));
    redraw();
  });
  controls.choose("saddle");
}

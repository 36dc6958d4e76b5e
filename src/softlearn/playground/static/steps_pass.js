// The forward and backward pass of one data point through the present network, stage by stage.

import { h } from "./dom.js";
import { stagesOf } from "./steps_stages.js";
import { say, scrolling } from "./tabs_dom.js";

const EVERY = 600; // milliseconds between two looks at a network that is in training

/** What a `probe` event says, in the form the stages use. */
const exampleOf = (event, state) => ({
  ...event,
  x: event.input,
  label: event.label ?? null,
  back: event.backward,
  activation: state.model.activation,
});

export function passSection(ctx, word, visible) {
  let point = 0;
  let at = 0;
  let example = null;
  let stages = [];
  let waiting = false;
  let asked = 0;

  const which = h("input", {
    type: "number", min: 0, step: 1, value: 0, "data-testid": "pass-point",
    onchange: () => choose(Number(which.value) || 0),
  });
  word(which, { en: "Number of the data point", ko: "데이터 번호" }, "aria-label");
  const about = h("span", { class: "muted", "data-testid": "pass-about" });
  const button = (testid, text, act) =>
    word(h("button", { type: "button", "data-testid": testid, onclick: act }), text);
  const previous = button("pass-previous", { en: "‹ Previous", ko: "‹ 이전" }, () => go(at - 1));
  const next = button("pass-next", { en: "Next ›", ko: "다음 ›" }, () => go(at + 1));
  const list = h("ol", { class: "stages", "data-testid": "pass-stages" });
  const title = h("h4", { "aria-live": "polite", "data-testid": "pass-title" });
  const course = h("code");
  const library = h("code");
  const text = h("p");
  const picture = scrolling(word, { en: "The matrices of this stage", ko: "이 단계의 행렬" });
  const shapes = h("dl", { class: "shapes" },
    word(h("dt"), { en: "course (columns are examples)", ko: "강의(열이 샘플)" }), h("dd", {}, course),
    word(h("dt"), { en: "softlearn (rows are examples)", ko: "softlearn(행이 샘플)" }), h("dd", {}, library));

  function choose(to) {
    const many = ctx.store.points().xy.length;
    point = many > 0 ? ((to % many) + many) % many : 0;
    which.value = String(point);
    ask(true);
  }

  function ask(now = false) {
    if (!visible() || ctx.store.points().xy.length === 0) return;
    if (!now && (waiting || performance.now() - asked < EVERY)) return;
    waiting = true;
    asked = performance.now();
    ctx.send({ type: "probe", point });
  }

  function go(to) {
    at = Math.max(0, Math.min(stages.length - 1, to));
    show();
  }

  function show() {
    if (stages.length === 0) return;
    at = Math.min(at, stages.length - 1);
    const stage = stages[at];
    title.textContent = `${at + 1} / ${stages.length} · ${say(ctx, stage.title)}`;
    course.textContent = stage.course;
    library.textContent = stage.library;
    text.textContent = say(ctx, stage.text);
    picture.replaceChildren(stage.draw());
    previous.disabled = at === 0;
    next.disabled = at === stages.length - 1;
    [...list.children].forEach((item, k) => {
      item.firstChild.setAttribute("aria-current", k === at ? "step" : "false");
    });
    const name = example.label === null ? "–" : example.label + 1;
    about.textContent = say(ctx, {
      en: `of ${ctx.store.points().xy.length} · class ${name}`,
      ko: `/ 전체 ${ctx.store.points().xy.length} · 클래스 ${name}`,
    });
  }

  function build() {
    const known = list.children.length;
    if (known === stages.length && list.dataset.lang === ctx.lang()) return;
    list.dataset.lang = ctx.lang();
    list.replaceChildren(
      ...stages.map((stage, k) =>
        h("li", {}, h("button", { type: "button", onclick: () => go(k), "data-testid": `pass-stage-${k}` }, say(ctx, stage.title))),
      ),
    );
  }

  /** Is this the answer to what was asked here, or one for the pointer on the plane? */
  function mine(event) {
    if (event.point !== undefined && event.point !== null) return event.point === point;
    const xy = ctx.store.points().xy[point];
    return xy !== undefined && Math.abs(xy[0] - event.xy[0]) + Math.abs(xy[1] - event.xy[1]) < 1e-6;
  }

  ctx.on("probe", (event) => {
    if (!mine(event)) return;
    waiting = false;
    if (!visible()) return;
    example = exampleOf(event, ctx.store.state);
    stages = stagesOf(example);
    build();
    show();
  });
  ctx.on("error", () => { waiting = false; });
  ctx.on("progress", () => ask());
  ctx.on("points", () => choose(point));
  ctx.on("state", () => {
    if (point >= ctx.store.points().xy.length) choose(0);
    else ask(true);
  });
  ctx.on("select", (event) => {
    if (event?.point !== undefined && event.point !== null) choose(event.point);
  });
  ctx.on("steps-wish", (wish) => {
    if (wish.stage !== undefined) at = wish.stage;
    if (wish.point !== undefined) choose(wish.point);
  });
  ctx.on("lang", () => {
    build();
    show();
  });

  return {
    node: h("section", { class: "pass" },
      word(h("h3"), { en: "Forward and back through the network", ko: "순전파와 역전파를 한 단계씩" }),
      h("div", { class: "row" },
        word(h("span"), { en: "data point", ko: "데이터" }), which, about,
        button("pass-point-previous", { en: "Point before", ko: "앞 데이터" }, () => choose(point - 1)),
        button("pass-point-next", { en: "Point after", ko: "다음 데이터" }, () => choose(point + 1))),
      list,
      h("div", { class: "stage" }, h("div", { class: "row" }, previous, next), title, text, picture, shapes)),
    start: () => ask(true),
  };
}

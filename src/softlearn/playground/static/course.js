// The course: stop after stop a question, something to set and move, and the answer.

import { COURSE } from "./course_stops_2.js";
import { h } from "./dom.js";
import { calm, say, wording } from "./tabs_dom.js";

/** The stop that the address names: #...&course=3 or #course=saddle; -1 without one. */
export function stopOf(hash) {
  const wish = new URLSearchParams(hash.replace(/^#/, "")).get("course");
  if (wish === null) return -1;
  const named = COURSE.findIndex((stop) => stop.id === wish);
  const numbered = Number(wish) - 1;
  if (named >= 0) return named;
  return Number.isInteger(numbered) && COURSE[numbered] ? numbered : 0;
}

export function mount(root, ctx) {
  const word = wording(ctx);
  const page = root.closest(".pg") ?? document.documentElement;
  const widget = Boolean(ctx.widget);
  const chosen = new Map();
  const revealed = new Set();
  let at = 0;
  let lit = null;

  const button = (testid, text, onclick, kind = "") =>
    word(h("button", { type: "button", class: kind, "data-testid": testid, onclick }), text);
  const place = h("p", { class: "course-place", "data-testid": "course-place" });
  const title = h("h2", { tabindex: -1, "data-testid": "course-title" });
  const ask = h("p", { class: "course-ask" });
  const choices = h("div", { class: "course-choices", role: "group" });
  word(choices, { en: "Your prediction", ko: "예상" }, "aria-label");
  const hint = h("p", { class: "course-hint" });
  const answer = h("p", { class: "course-answer", "aria-live": "polite", "data-testid": "course-answer" });
  const more = h("p", { class: "course-more" });
  const set = button("course-set", { en: "Set the playground", ko: "실험 준비하기" }, setUp, "primary");
  const reveal = button("course-reveal", { en: "Show the answer", ko: "답 보기" }, show);
  const previous = button("course-previous", { en: "‹ Previous", ko: "‹ 이전" }, () => go(at - 1));
  const next = button("course-next", { en: "Next ›", ko: "다음 ›" }, () => go(at + 1));
  const close = button("course-close", { en: "Close", ko: "닫기" }, hide);
  const dots = COURSE.map((stop, k) =>
    h("button", { type: "button", class: "dot", "data-testid": `course-stop-${k + 1}`, onclick: () => go(k) }, String(k + 1)),
  );

  root.classList.add("course");
  word(root, { en: "Course", ko: "강의" }, "aria-label");
  root.append(
    h("div", { class: "course-head" }, place, h("nav", { class: "course-dots" }, ...dots), previous, next, close),
    h("div", { class: "course-body" },
      h("div", {}, title, ask, choices),
      h("div", {}, h("div", { class: "row" }, set, reveal), hint, answer, more)),
  );
  word(root.querySelector("nav"), { en: "Stops", ko: "단계 목록" }, "aria-label");

  const find = (testid) => page.querySelector(`[data-testid="${testid}"]`);

  /** Put a ring around the control to move, in whatever tab it is; high up where the curve matters. */
  function light(testid, look = "center") {
    lit?.classList.remove("course-lit");
    lit = testid ? find(testid) : null;
    if (!lit) return;
    if (lit.matches("input[type=radio], input[type=checkbox]")) lit = lit.closest("label") ?? lit;
    lit.classList.add("course-lit");
    lit.scrollIntoView({ block: look, behavior: calm() ? "auto" : "smooth" });
  }

  function setUp() {
    const stop = COURSE[at];
    if (stop.tab) openTab(stop.tab);
    for (const message of stop.messages ?? []) ctx.send(message);
    if (stop.messages) ctx.store.set("view", { mode: stop.view ?? "confidence" });
    if (stop.steps) ctx.store.emit("steps-wish", stop.steps);
    if (stop.race) ctx.store.emit("race-wish", stop.race);
    hint.textContent = say(ctx, stop.hint);
    hint.dataset.on = "true";
    requestAnimationFrame(() => light(stop.move, stop.look));
  }

  function openTab(name) {
    if (ctx.openTab) ctx.openTab(name);
    else find(`tab-${name}`)?.click();
  }

  function choose(k) {
    chosen.set(at, k);
    render();
  }

  function show() {
    revealed.add(at);
    render();
  }

  function go(to) {
    at = Math.max(0, Math.min(COURSE.length - 1, to));
    delete hint.dataset.on;
    light("");
    if (!widget) writeHash();
    render();
    title.focus({ preventScroll: true });
  }

  function writeHash() {
    const parts = new URLSearchParams(location.hash.replace(/^#/, ""));
    parts.set("course", String(at + 1));
    history.replaceState(history.state, "", `#${parts}`);
  }

  function render() {
    const stop = COURSE[at];
    const open = revealed.has(at);
    place.textContent = say(ctx, {
      en: `Stop ${at + 1} of ${COURSE.length}`, ko: `${COURSE.length}단계 중 ${at + 1}단계`,
    });
    title.textContent = say(ctx, stop.title);
    ask.textContent = say(ctx, stop.ask);
    choices.replaceChildren(
      ...stop.choices.map((choice, k) => {
        const pick = h("button", {
          type: "button", class: "pill", "data-testid": `course-choice-${k}`,
          "aria-pressed": String(chosen.get(at) === k), onclick: () => choose(k)
        }, say(ctx, choice));
        if (open) pick.dataset.right = String(k === stop.right);
        return pick;
      }),
    );
    hint.textContent = hint.dataset.on ? say(ctx, stop.hint) : "";
    answer.textContent = open ? say(ctx, stop.answer) : "";
    const file = ctx.lang() === "ko" ? "docs/course.ko.md" : "docs/course.md";
    const section = say(ctx, stop.section);
    more.textContent = open
      ? say(ctx, { en: `To read: “${section}” in ${file}`, ko: `더 읽기: ${file}의 ‘${section}’` })
      : "";
    reveal.disabled = open;
    previous.disabled = at === 0;
    next.disabled = at === COURSE.length - 1;
    dots.forEach((dot, k) => {
      dot.setAttribute("aria-current", k === at ? "step" : "false");
      dot.setAttribute("aria-label", `${k + 1}. ${say(ctx, COURSE[k].title)}`);
      dot.dataset.done = String(revealed.has(k));
    });
  }

  function openAt(k) {
    root.hidden = false;
    page.classList?.add("course-on");
    page.querySelector('[data-testid="course-open"]')?.setAttribute("aria-expanded", "true");
    go(k);
  }

  function hide() {
    root.hidden = true;
    page.classList?.remove("course-on");
    light("");
    const opener = find("course-open");
    opener?.setAttribute("aria-expanded", "false");
    opener?.focus();
  }

  const readHash = () => {
    const wish = widget ? -1 : stopOf(location.hash);
    if (wish >= 0 && (wish !== at || root.hidden)) openAt(wish);
  };
  find("course-open")?.addEventListener("click", () => (root.hidden ? openAt(at) : hide()));
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  ctx.on("lang", render);
  root.hidden = true;
  render();
  if (!widget) {
    window.addEventListener("hashchange", readHash);
    readHash();
  }
}

// One softmax, number by number: sliders for z, and t, a, hardmax, loss and dz beside them.

import { h } from "./dom.js";
import { number, say, scrolling } from "./tabs_dom.js";

const CHAPTER = [5, 2, -1, 3];
const NAMES = [
  { en: "other", ko: "다른 것" }, { en: "cat", ko: "고양이" }, { en: "dog", ko: "개" },
  { en: "baby chick", ko: "병아리" }, { en: "duck", ko: "오리" }, { en: "cow", ko: "소" },
];
const RANGE = 10;

/** The section; the numbers are the library's, by the message `softmax`. */
export function softmaxSection(ctx, word) {
  let z = [...CHAPTER];
  let truth = 1;
  let answer = null;
  let waiting = false;
  let again = false;

  const body = h("tbody");
  const sum = h("p", { class: "formula", "data-testid": "softmax-sum" });
  const loss = h("p", { class: "formula", "data-testid": "softmax-loss" });
  const logistic = h("p", { class: "formula", "data-testid": "softmax-logistic" });
  const sizes = [2, 3, 4, 5, 6].map((C) =>
    h("button", { type: "button", class: "pill", "data-testid": `softmax-classes-${C}`, onclick: () => resize(C) }, String(C)),
  );
  const button = (testid, text, act) =>
    word(h("button", { type: "button", "data-testid": testid, onclick: () => set(act(z)) }), text);
  const tools = h(
    "div", { class: "row" },
    word(h("span"), { en: "classes C =", ko: "클래스 수 C =" }), ...sizes,
    button("softmax-chapter", { en: "z = (5, 2, −1, 3)", ko: "z = (5, 2, −1, 3)" }, () => CHAPTER),
    button("softmax-shift", { en: "z + 1", ko: "z + 1" }, (old) => old.map((value) => value + 1)),
    button("softmax-double", { en: "2 · z", ko: "2 · z" }, (old) => old.map((value) => 2 * value)),
    button("softmax-zero", { en: "z = 0", ko: "z = 0" }, (old) => old.map(() => 0)),
  );

  let rows = [];
  function build() {
    sizes.forEach((each, k) => each.setAttribute("aria-pressed", String(k + 2 === z.length)));
    rows = z.map((value, c) => {
      const name = say(ctx, NAMES[c]);
      const label = say(ctx, { en: `z of class ${name}`, ko: `${name} 클래스의 z` });
      const slider = h("input", {
        type: "range", min: -RANGE, max: RANGE, step: 0.1, value, "aria-label": label,
        "data-testid": `softmax-z-${c}`, oninput: () => move(c, Number(slider.value)),
      });
      const typed = h("input", {
        type: "number", step: 0.1, value, "aria-label": label, "data-testid": `softmax-number-${c}`,
        onchange: () => move(c, Number(typed.value) || 0),
      });
      const yes = h("input", {
        type: "radio", name: "softmax-truth", value: c, checked: c === truth, "data-testid": `softmax-y-${c}`,
        "aria-label": say(ctx, { en: `the true class is ${name}`, ko: `정답은 ${name}` }),
        onchange: () => { truth = c; show(); },
      });
      const cells = Object.fromEntries(["t", "a", "hard", "dz"].map((key) => [key, h("td", { class: `bar-cell ${key}` })]));
      const line = h("tr", {},
        h("th", { scope: "row" }, name),
        h("td", { class: "z" }, slider, typed), cells.t, cells.a, cells.hard,
        h("td", { class: "y" }, yes), cells.dz);
      line.style.setProperty("--hue", `var(--class-${c})`);
      return { line, slider, typed, cells };
    });
    body.replaceChildren(...rows.map((row) => row.line));
  }

  function resize(C) {
    truth = Math.min(truth, C - 1);
    set(Array.from({ length: C }, (_, c) => z[c] ?? CHAPTER[c] ?? 0));
  }

  function move(c, value) {
    const next = [...z];
    next[c] = value;
    set(next);
  }

  function set(next) {
    const rebuilt = next.length !== z.length || rows.length === 0;
    z = next.map((value) => Math.max(-700, Math.min(700, value)));
    if (rebuilt) build();
    rows.forEach((row, c) => {
      row.slider.value = String(z[c]);
      if (Number(row.typed.value) !== z[c]) row.typed.value = String(Number(z[c].toPrecision(4)));
    });
    ask();
  }

  function ask() {
    if (waiting) again = true;
    else {
      waiting = true;
      ctx.send({ type: "softmax", z });
    }
  }

  function bar(cell, value, share, digits = 3) {
    const fill = h("span", { class: value < 0 ? "bar minus" : "bar", "aria-hidden": "true" });
    fill.style.setProperty("--share", `${Math.max(0, Math.min(100, 100 * share))}%`);
    cell.replaceChildren(fill, h("span", { class: "value" }, number(value, digits)));
  }

  function show() {
    if (!answer || answer.z.length !== rows.length) return;
    const t = answer.t.map((value) => value ?? Infinity); // e^z beyond the largest number
    const largest = Math.max(...answer.a);
    rows.forEach(({ cells, line }, c) => {
      bar(cells.t, t[c], answer.a[c] / largest, 4);
      bar(cells.a, answer.a[c], answer.a[c]);
      bar(cells.hard, answer.hardmax[c], answer.hardmax[c]);
      const dz = answer.a[c] - (c === truth ? 1 : 0);
      bar(cells.dz, dz, Math.abs(dz));
      line.classList.toggle("strong", c === answer.argmax);
    });
    const terms = t.map((value) => number(value, 4)).join(" + ");
    sum.textContent = `Σ t = ${terms} = ${number(answer.sum ?? Infinity, 4)}`;
    const name = say(ctx, NAMES[truth]);
    const value = `${number(-answer.log_a[truth], 4)}`;
    loss.textContent = say(ctx, {
      en: `If the true class is ${name}: loss L = −log ${number(answer.a[truth])} = ${value}, and dz = a − y.`,
      ko: `정답이 ${name}일 때: 손실 L = −log ${number(answer.a[truth])} = ${value}, dz = a − y.`,
    });
    logistic.hidden = !answer.logistic;
    if (answer.logistic) {
      const { margin, sigma } = answer.logistic;
      logistic.textContent = say(ctx, {
        en: `C = 2: the logistic function of the difference is σ(${number(margin)}) = ${number(sigma, 6)}, the a of the second class is ${number(answer.a[1], 6)}: the same.`,
        ko: `C = 2: 두 로짓의 차의 로지스틱 함수 σ(${number(margin)}) = ${number(sigma, 6)}, 둘째 클래스의 a = ${number(answer.a[1], 6)}. 서로 같습니다.`,
      });
    }
  }

  ctx.on("softmax", (event) => {
    answer = event;
    waiting = false;
    show();
    if (again) {
      again = false;
      ask();
    }
  });
  ctx.on("error", (event) => {
    if (waiting) waiting = false;
    if (event.field === "z") sum.textContent = (ctx.lang() === "ko" && event.message_ko) || event.message;
  });
  ctx.on("steps-wish", (wish) => {
    if (wish.truth !== undefined) truth = wish.truth;
    if (wish.z) set(wish.z);
    build();
    show();
  });
  ctx.on("lang", () => { build(); show(); });

  const heads = [
    { en: "class", ko: "클래스" }, { en: "z", ko: "z" }, { en: "t = eᶻ", ko: "t = eᶻ" },
    { en: "a = t / Σt", ko: "a = t / Σt" }, { en: "hardmax", ko: "하드맥스" },
    { en: "y", ko: "정답 y" }, { en: "dz = a − y", ko: "dz = a − y" },
  ].map((text) => word(h("th", { scope: "col" }), text));

  build();
  return {
    node: h("section", { class: "softmax-steps" },
      word(h("h3"), { en: "From z to t to a", ko: "z에서 t로, t에서 a로" }), tools,
      scrolling(word, { en: "The steps of the softmax", ko: "소프트맥스의 계산 과정" },
        h("table", { class: "softmax-table", "data-testid": "softmax-table" }, h("thead", {}, h("tr", {}, ...heads)), body)),
      sum, loss, logistic),
    start: () => {
      if (!answer) {
        waiting = false;
        ask();
      }
    },
  };
}

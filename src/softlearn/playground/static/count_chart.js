// How rare minima are: critical points of random functions counted, beside the line 2^-d.

import { h } from "./dom.js";
import { number, say } from "./tabs_dom.js";

const DIMENSIONS = Array.from({ length: 12 }, (_, k) => k + 1);
const COUNTED = DIMENSIONS.slice(0, 6); // beyond, some dozens of points hold no minimum
const SIZE = { width: 420, height: 230, left: 52, right: 12, top: 12, bottom: 34 };
const FLOOR = 1e-4; // lowest share on the axis

const WHY = {
  en: "At a critical point each of the d directions curves up or down. If these were d coins, a share of 2⁻ᵈ would be minima, and all the rest saddles or maxima: so in many dimensions what stops training is a saddle, hardly ever a bad minimum.",
  ko: "임계점에서는 d개의 방향이 저마다 위로 휘거나 아래로 휩니다. 이것이 동전 d개를 던지는 일과 같다면 최소점의 비율은 2⁻ᵈ이고, 나머지는 거의 모두 안장점입니다. 그래서 차원이 높을 때 학습을 막는 것은 나쁜 지역 최솟값이 아니라 대개 안장점입니다.",
};

const KEY = {
  en: "Dashed: 2⁻ᵈ. Points with bars: counted, with a 95 % interval; 0: no minimum among the points found. Short lines: the expected share by the formula of Kac and Rice.",
  ko: "점선: 2⁻ᵈ. 막대가 달린 점: 세어 본 비율과 95 % 신뢰 구간. 0: 찾은 점 가운데 최소점이 없음. 짧은 선: 카츠-라이스 공식으로 얻은 기대 비율.",
};

/** The section with its button; counts come one dimension after another. */
export function countSection(ctx, word) {
  const results = new Map();
  let waiting = [];
  const picture = h("div", { class: "count-picture" });
  const words = h("p", { class: "count-text", "aria-live": "polite", "data-testid": "count-text" });
  const busy = h("span", { class: "muted" });
  const button = word(
    h("button", { type: "button", "data-testid": "count-run", onclick: start }),
    { en: "Count critical points", ko: "임계점 세어 보기" },
  );

  function start() {
    results.clear();
    waiting = [...COUNTED];
    button.disabled = true;
    next();
  }

  function next() {
    const dimension = waiting.shift();
    busy.textContent = "";
    if (dimension === undefined) {
      button.disabled = false;
      return;
    }
    const at = `d = ${dimension}`;
    busy.textContent = say(ctx, { en: `${at}: some seconds …`, ko: `${at}: 몇 초 걸립니다 …` });
    ctx.send({ type: "count", dimension });
  }

  const across = (d) => SIZE.left + ((d - 1) / 11) * (SIZE.width - SIZE.left - SIZE.right);
  const up = (share) => {
    const tall = SIZE.height - SIZE.top - SIZE.bottom;
    return SIZE.top + (Math.log10(Math.max(share, FLOOR)) / Math.log10(FLOOR)) * tall;
  };

  function pointOf([d, found]) {
    const share = found.minima / found.draws;
    const x = across(d);
    const bar = h("line", { x1: x, x2: x, y1: up(found.low), y2: up(found.high), class: "count-bar" });
    const name = `d = ${d}: ${found.minima} / ${found.draws}`;
    const sign =
      found.minima === 0
        ? h("text", { x, y: up(FLOOR) - 3, class: "count-none", "text-anchor": "middle" }, "0")
        : h("circle", { cx: x, cy: up(share), r: 4, class: "count-point" });
    sign.append(h("title", {}, name));
    return [bar, sign];
  }

  function draw() {
    const { width, height } = SIZE;
    const chart = h("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: "count-chart" });
    chart.setAttribute("aria-label", describe());
    for (let power = 0; power >= -4; power -= 1) {
      const y = up(10 ** power);
      chart.append(
        h("line", { x1: SIZE.left, x2: width - SIZE.right, y1: y, y2: y, class: "count-grid" }),
        h("text", { x: SIZE.left - 6, y: y + 4, "text-anchor": "end" }, number(10 ** power)),
      );
    }
    for (const d of DIMENSIONS) {
      chart.append(h("text", { x: across(d), y: height - 18, "text-anchor": "middle" }, String(d)));
    }
    const line = DIMENSIONS.map((d) => `${across(d)},${up(2 ** -d)}`).join(" ");
    chart.append(
      h("polyline", { points: line, class: "count-line" }),
      h("text", { x: across(9.2), y: up(2 ** -9.2) - 10, class: "count-name" }, "2⁻ᵈ"),
      h("text", { x: (SIZE.left + width) / 2, y: height - 3, "text-anchor": "middle" },
        say(ctx, { en: "dimension d", ko: "차원 d" })),
    );
    [...results].forEach(([d, found]) => {
      const [x, y] = [across(d), up(found.formula)];
      chart.append(h("line", { x1: x - 7, x2: x + 7, y1: y, y2: y, class: "count-expected" }));
    });
    [...results].forEach((each) => chart.append(...pointOf(each)));
    picture.replaceChildren(chart);
  }

  function describe() {
    const told = [...results].map(([d, found]) => `d = ${d}: ${found.minima} / ${found.draws}`);
    const name = say(ctx, { en: "Share of minima by dimension", ko: "차원별 최소점의 비율" });
    return told.length ? `${name}. ${told.join("; ")}.` : name;
  }

  ctx.on("count", (event) => {
    results.set(event.dimension, event);
    words.textContent = say(ctx, event.text);
    draw();
    next();
  });
  ctx.on("error", (event) => {
    if (event.field === "dimension") {
      waiting = [];
      button.disabled = false;
    }
  });
  ctx.on("lang", () => {
    draw();
    const last = [...results.values()].pop();
    if (last) words.textContent = say(ctx, last.text);
  });
  draw();

  return h(
    "section", { class: "count" },
    word(h("h3"), { en: "How rare are minima?", ko: "최소점은 얼마나 드문가?" }),
    word(h("p"), WHY), h("div", { class: "row" }, button, busy), picture, word(h("p", { class: "note" }), KEY), words,
  );
}

// The tab of tasks: each is ticked when the events show that it is done.

import { CARDS } from "./cards_list.js";
import { h } from "./dom.js";
import { say, wording } from "./tabs_dom.js";

const DONE = { en: "done", ko: "완료" };
const OPEN = { en: "open", ko: "진행 중" };
const WORDS = {
  en: "Tasks that check themselves: as soon as what happens on this page fulfils one, it is ticked.",
  ko: "스스로 채점되는 과제입니다. 이 페이지에서 조건이 이루어지는 순간 완료로 표시됩니다.",
};

export function mount(root, ctx) {
  const word = wording(ctx);
  const memories = new Map(CARDS.map((card) => [card.id, {}]));
  const done = new Set();
  const spoken = h("p", { class: "visually-hidden", role: "status", "data-testid": "cards-status" });
  const total = h("p", { class: "muted", "data-testid": "cards-total" });

  const shown = new Map(
    CARDS.map((card) => {
      const state = h("span", { class: "card-state" });
      const hint = h("details", {}, word(h("summary"), { en: "Hint", ko: "힌트" }), word(h("p"), card.hint));
      const node = h(
        "li", { class: "card", "data-testid": `card-${card.id}` },
        h("div", { class: "card-head" }, word(h("h4"), card.title), state), word(h("p"), card.task), hint,
      );
      return [card.id, { node, state }];
    }),
  );

  root.classList.add("tab-cards");
  root.append(word(h("p"), WORDS), total, spoken, h("ul", { class: "cards" }, ...[...shown.values()].map((each) => each.node)));

  function render() {
    for (const card of CARDS) {
      const { node, state } = shown.get(card.id);
      const is = done.has(card.id);
      node.dataset.done = String(is);
      state.textContent = `${is ? "✓ " : ""}${say(ctx, is ? DONE : OPEN)}`;
    }
    total.textContent = say(ctx, {
      en: `${done.size} of ${CARDS.length} done`, ko: `${CARDS.length}개 중 ${done.size}개 완료`,
    });
  }

  function see(event) {
    for (const card of CARDS) {
      if (done.has(card.id) || !card.when.includes(event.type)) continue;
      if (!card.check(event, memories.get(card.id), ctx.store)) continue;
      done.add(card.id);
      spoken.textContent = `${say(ctx, card.title)}: ${say(ctx, DONE)}.`;
      render();
    }
  }

  for (const type of new Set(CARDS.flatMap((card) => card.when))) {
    if (type === "sent") ctx.on("sent", (message) => see({ type: "sent", message }));
    else ctx.on(type, see);
  }
  ctx.on("lang", render);
  render();
}

// Once a second, in words, for those who do not see the picture: step, cost, accuracy.

import { h, write } from "./dom.js";
import { number, percent, whole } from "./format.js";
import { t } from "./i18n.js";

const EVERY_MS = 1000;

export function createLive(store) {
  const element = h("div", { id: "aria-live", class: "pg-hidden", role: "status", "aria-live": "polite" });
  let last = 0;
  function tick(now) {
    if (now - last < EVERY_MS || !store.progress) return;
    last = now;
    const { step, train, running } = store.progress;
    if (!running && element.textContent === "") return; // say nothing before anything happened
    write(
      element,
      t("live", { step: whole(step), cost: number(train?.cost), accuracy: percent(train?.accuracy) }),
    );
  }
  return { element, tick };
}

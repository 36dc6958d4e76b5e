// Sentences that come and go: what was refused, why training stopped, whether the line is up.

import { h } from "./dom.js";
import { lang, refusal, t } from "./i18n.js";

const STAY_MS = 7000;
const PATIENCE_MS = 300;
const SLOW = new Set(["export", "race", "solve"]); // the first of each loads libraries for a second

export function createToasts(store) {
  const list = h("div", { class: "pg-toast-list", role: "status" });
  const working = h("p", { class: "pg-toast notice", testid: "working", text: "working", hidden: true });
  const banner = h("p", { class: "pg-banner", role: "alert", testid: "banner", hidden: true });

  function toast(text, kind) {
    const last = list.lastElementChild;
    if (last?.dataset.said === text) last.remove(); // the same again replaces itself
    const element = h("p", { class: `pg-toast ${kind}`, testid: `toast-${kind}` }, text);
    element.dataset.said = text;
    element.addEventListener("click", () => element.remove());
    list.append(element);
    while (list.children.length > 3) list.firstElementChild.remove();
    setTimeout(() => element.remove(), STAY_MS);
  }

  let waiting = 0;
  store.on("sent", ({ type }) => {
    if (!SLOW.has(type)) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      working.hidden = false;
    }, PATIENCE_MS);
  });
  for (const type of ["export", "race", "solved", "error"]) {
    store.on(type, () => {
      clearTimeout(waiting);
      working.hidden = true;
    });
  }

  store.on("error", (event) => {
    // The probe may name a point that is being erased: the next one is right, and there is nothing to say.
    // Which columns of a CSV are meant is asked where the CSV is.
    if (event.field !== "point" && !event.columns) toast(refusal(event), "error");
  });
  store.on("event", (event) =>
    toast(inKorean(event.why_ko) ?? event.why, event.kind === "diverged" ? "error" : "notice"),
  );

  const inKorean = (text) => (lang() === "ko" ? text : null) ?? null;

  return {
    elements: [banner, h("div", { class: "pg-toasts" }, list, working)],
    status(state, reason) {
      const up = state === "open" || state === "resumed";
      if (up && !banner.hidden) toast(t(`line.${state}`), "notice");
      banner.hidden = up;
      if (state === "lost") banner.textContent = t("line.lost");
      if (state === "refused") banner.textContent = `${t(`line.${reason}`)} ${t("line.reload")}`;
    },
  };
}

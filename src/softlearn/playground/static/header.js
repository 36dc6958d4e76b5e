// The top line: name, preset, course, share, export, help, theme, language.

import { button, disclosure, select } from "./controls.js";
import { h } from "./dom.js";
import { lang, say, t } from "./i18n.js";
import { icon } from "./icons.js";

const EXPORTS = ["python", "json", "csv", "model", "report", "weights", "png", "svg"];

/** `act` has download(what), share(), help(), theme(), language(). */
export function createHeader(root, store, send, act) {
  const preset = select({
    label: "header.preset",
    testid: "preset",
    options: [],
    onchange: (id) => send({ type: "data", preset: id }),
  });

  const items = EXPORTS.map((what) =>
    h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          testid: `export-${what}`,
          onclick: () => {
            act.download(what);
            menu.close();
          },
        },
        h("b", { text: `export.${what}` }),
        h("span", { text: `export.${what}.what` }),
      ),
    ),
  );
  const opener = h(
    "button",
    { type: "button", class: "pg-button", testid: "export" },
    icon("download"),
    h("span", { text: "header.export" }),
    icon("down"),
  );
  const menu = disclosure({ opener, panel: h("ul", { class: "pg-menu" }, items), align: "right" });

  const theme = h("button", {
    type: "button",
    class: "pg-button",
    testid: "theme",
    label: "header.theme",
    tip: "header.theme",
    onclick: act.theme,
  });
  const language = h("button", { type: "button", class: "pg-button", testid: "lang", onclick: act.language });

  const element = h(
    "header",
    { class: "pg-header" },
    h(
      "h1",
      { class: "pg-brand" },
      brandMark(),
      h("span", {}, "softlearn "),
      h("span", { class: "light", text: "header.playground" }),
    ),
    preset.element,
    h(
      "div",
      { class: "pg-group end" },
      button({ text: "header.course", iconName: "course", testid: "course-open", onclick: () => {} }),
      button({ text: "header.share", iconName: "share", testid: "share", onclick: act.share }),
      menu.element,
      button({ text: "header.help", iconName: "help", testid: "help", compact: true, onclick: act.help }),
      theme,
      language,
    ),
  );

  function show() {
    const state = store.state;
    if (state?.presets) {
      const own = state.data.given; // points of one's own, and painted ones, are no preset's
      preset.options([
        ...(own ? [{ value: "", plain: t("header.own") }] : []),
        ...state.presets.map(({ id, title }) => ({ value: id, plain: say(title) })),
      ]);
      preset.set(own ? "" : state.preset);
    }
    showLanguage();
  }
  function showLanguage() {
    const other = lang() === "en" ? "ko" : "en";
    language.textContent = other === "ko" ? "한국어" : "English";
    language.lang = other;
  }
  function showTheme() {
    theme.replaceChildren(icon(root.dataset.theme === "dark" ? "sun" : "moon"));
  }
  for (const type of ["state", "points", "lang"]) store.on(type, show);
  store.on("theme", showTheme);
  showTheme();
  showLanguage();
  return { element };
}

/** Three regions that meet in a point: what a softmax of three classes draws. */
function brandMark() {
  return h(
    "svg",
    { viewBox: "0 0 24 24", width: "24", height: "24", "aria-hidden": "true", class: "pg-mark" },
    h("path", { class: "fill-0", d: "M12 12 12 1A11 11 0 0 0 2.47 17.5z" }),
    h("path", { class: "fill-1", d: "M12 12 2.47 17.5A11 11 0 0 0 21.53 17.5z" }),
    h("path", { class: "fill-2", d: "M12 12 21.53 17.5A11 11 0 0 0 12 1z" }),
  );
}

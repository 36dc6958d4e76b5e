// How the page looks and speaks: light or dark, narrow or wide, English or Korean.

import { translate } from "./dom.js";
import { lang, remember, remembered, setLang, t } from "./i18n.js";

/** The document around it belongs to the page, but not to a widget. */
const ownsDocument = (root) => root.parentElement === document.body;

/** {switchTheme(), switchLang(), speak()}; `repaint()` is called when canvases must be drawn anew. */
export function createAppearance(root, store, repaint) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const systems = () => (system.matches ? "dark" : "light");
  setTheme(remembered("theme") ?? systems());
  watchWidth(root);

  function setTheme(theme) {
    root.dataset.theme = theme;
    if (ownsDocument(root)) document.documentElement.dataset.theme = theme;
  }

  function wear(theme) {
    setTheme(theme);
    store.emit("theme");
    repaint();
  }
  system.addEventListener("change", () => remembered("theme") ?? wear(systems()));

  function speak() {
    root.lang = lang();
    if (ownsDocument(root)) {
      document.documentElement.lang = lang();
      document.title = t("title");
    }
    translate(root);
    store.emit("lang", lang());
  }

  return {
    speak,
    switchTheme() {
      const theme = root.dataset.theme === "dark" ? "light" : "dark";
      remember("theme", theme);
      wear(theme);
    },
    switchLang() {
      remember("lang", setLang(lang() === "en" ? "ko" : "en"));
      speak();
      repaint();
    },
  };
}

/** Style sheets go by the page's own width: in a notebook it is less than the window's. */
function watchWidth(root) {
  const measure = () => {
    const width = root.clientWidth;
    root.dataset.width = width <= 900 ? "medium narrow" : width <= 1180 ? "medium" : "wide";
  };
  measure();
  new ResizeObserver(() => requestAnimationFrame(measure)).observe(root);
}

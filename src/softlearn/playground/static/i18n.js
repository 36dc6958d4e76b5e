// Words in English and Korean. A key is looked up in the language that is chosen, then in English, and is shown itself
// when neither has it: a missing word is seen, and nothing breaks.

import { EN } from "./text_en.js";
import { KO } from "./text_ko.js";

const texts = { en: { ...EN }, ko: { ...KO } };
let current = "en";

export const lang = () => current;

export function setLang(code) {
  current = code === "ko" ? "ko" : "en";
  return current;
}

/** Another module's words: addTexts({en: {...}, ko: {...}}). */
export function addTexts(more) {
  for (const code of Object.keys(texts)) Object.assign(texts[code], more[code] ?? {});
}

/** The words of a key; {name} in them is replaced by values.name. */
export function t(key, values = {}) {
  const text = texts[current][key] ?? texts.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** A server text that comes in both languages: {en, ko} or a plain string. */
export function say(text) {
  if (text === null || text === undefined) return "";
  return typeof text === "string" ? text : (text[current] ?? text.en);
}

/** What an `error` event says. */
export const refusal = (event) => (current === "ko" ? event.message_ko : event.message);

/** The language to begin with: the address's, the last one chosen, the browser's. */
export function firstLang(wanted) {
  const saved = remembered("lang");
  const browser = navigator.language?.startsWith("ko") ? "ko" : "en";
  return setLang(wanted ?? saved ?? browser);
}

export function remembered(name) {
  try {
    return localStorage.getItem(`softlearn-playground-${name}`);
  } catch {
    return null; // storage may be forbidden; nothing depends on it
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(`softlearn-playground-${name}`, value);
  } catch {
    // as above
  }
}

// Sharing: the whole state in an address, and back from an address, a link or saved JSON.

import { button } from "./controls.js";
import { copy, fromLink, save } from "./copy.js";
import { h, write } from "./dom.js";
import { refusal, t } from "./i18n.js";

/** The dialog, and downloads; `widget` leaves the address alone. */
export function createShare(store, send, widget) {
  const link = h("textarea", { readOnly: true, rows: "4", testid: "share-link", label: "share.link" });
  const copyLink = button({
    text: "share.copy",
    iconName: "copy",
    testid: "share-copy",
    kind: "primary",
    onclick: async () => write(note, t((await copy(link.value)) ? "copied" : "copy.failed")),
  });
  const paste = h("textarea", {
    rows: "3",
    testid: "share-paste",
    label: "share.paste",
    spellcheck: "false",
  });
  const note = h("p", { class: "pg-note", role: "status" });
  const close = () => element.close();
  const element = h(
    "dialog",
    { class: "pg-dialog", label: "share.name" },
    h(
      "header",
      {},
      h("h2", { text: "share.name" }),
      button({ text: "close", iconName: "close", compact: true, kind: "bare", onclick: close }),
    ),
    h("p", { text: "share.help" }),
    link,
    h("div", { class: "pg-group" }, copyLink),
    h("h3", { text: "share.paste" }),
    paste,
    h(
      "footer",
      {},
      note,
      button({ text: "share.open", testid: "share-open", onclick: () => restoreFrom(paste.value) }),
    ),
  );
  const wanted = new Set(); // exports that are to be saved as files
  let restoring = false;
  let known = null; // the state in the address that is restored or was put there by Share
  if (!widget) addEventListener("hashchange", () => restoreFromAddress());

  store.on("export", (event) => {
    if (event.what === "link") showLink(event.text);
    if (wanted.delete(event.what)) save(event);
  });
  store.on("error", (event) => {
    if (restoring && element.open) write(note, refusal(event));
    restoring = false;
  });
  store.on("state", () => {
    if (restoring && element.open) close();
    restoring = false;
  });

  /** Until the new address has come there is nothing to copy: the last one holds an older state. */
  function putLink(text) {
    link.value = text;
    copyLink.disabled = !text;
  }

  function showLink(text) {
    const code = text.replace(/^.*[#&]?s=/, "");
    if (widget) {
      putLink(code);
      return;
    }
    const hash = hashWith({ s: code });
    known = code;
    history.replaceState(null, "", `#${hash}`);
    // Without the token, which is nobody else's.
    putLink(`${location.origin}/#${new URLSearchParams({ s: code })}`);
  }

  function restoreFrom(text) {
    try {
      restoring = true;
      send({ type: "restore", state: read(text.trim()) });
      return true;
    } catch {
      restoring = false;
      if (element.open) write(note, t("share.unreadable"));
      else store.emit("error", { message: t("share.unreadable"), message_ko: t("share.unreadable") });
      return false;
    }
  }

  /** Restores what the address holds, if that is new (to a new session: `anew`); says whether it could be read. */
  function restoreFromAddress(anew = false) {
    const code = widget ? null : hashWith().get("s");
    if (!code || (code === known && !anew)) return false;
    known = code;
    return restoreFrom(code);
  }

  return {
    element,
    open() {
      write(note, "");
      putLink("");
      send({ type: "export", what: "link" });
      element.showModal();
    },
    download(what) {
      wanted.add(what);
      send({ type: "export", what });
    },
    restoreFromAddress,
  };
}

function read(text) {
  if (text.startsWith("{")) return JSON.parse(text);
  return fromLink(text.replace(/^.*[#&]s=/, "").replace(/&.*$/, ""));
}

/** The address's fragment with some keys set; the others stay. */
export function hashWith(values = {}) {
  const hash = new URLSearchParams(location.hash.slice(1));
  for (const [name, value] of Object.entries(values)) hash.set(name, value);
  return hash;
}

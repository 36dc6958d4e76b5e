// Keys of the whole page: space, right arrow, 1 to 6, z, r. They rest while a control uses the key itself.

/** Listens on `target`; `actions` = {toggle, step, reset, undo, redo, paintClass(k)}. */
export function listen(target, actions) {
  target.addEventListener("keydown", (event) => {
    if (event.altKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() === "z" && !writes(event.target))
        act(event, event.shiftKey ? actions.redo : actions.undo);
      return;
    }
    if (writes(event.target)) return;
    if (event.key === " " && !presses(event.target)) act(event, actions.toggle);
    else if (event.key === "ArrowRight" && !moves(event.target)) act(event, actions.step);
    else if (/^[1-6]$/.test(event.key)) act(event, () => actions.paintClass(Number(event.key) - 1));
    else if (event.key === "z") act(event, actions.undo);
    else if (event.key === "Z") act(event, actions.redo);
    else if (event.key === "r") act(event, actions.reset);
  });
}

function act(event, action) {
  event.preventDefault();
  action();
}

const writes = (target) =>
  target.matches?.("textarea, select, input:not([type=radio]):not([type=checkbox]):not([type=range])");
const presses = (target) => target.matches?.("button, summary, a, input[type=checkbox], input[type=radio]");
const moves = (target) => target.matches?.("input, [role=tab], [role=application], [role=slider]");

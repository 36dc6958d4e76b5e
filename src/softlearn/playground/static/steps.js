// The tab "Softmax step by step": one softmax by sliders, and the passes of one data point.

import { passSection } from "./steps_pass.js";
import { softmaxSection } from "./steps_softmax.js";
import { wording } from "./tabs_dom.js";

export function mount(root, ctx) {
  const word = wording(ctx);
  let open = false;
  const visible = () => open && ctx.store.state !== null;
  const softmax = softmaxSection(ctx, word);
  const pass = passSection(ctx, word, visible);
  root.classList.add("tab-steps");
  root.append(softmax.node, pass.node);
  const start = () => {
    if (visible()) softmax.start();
  };
  ctx.on("tab", (id) => {
    open = id === "steps";
    start();
    if (visible()) pass.start();
  });
  ctx.on("state", start);
}

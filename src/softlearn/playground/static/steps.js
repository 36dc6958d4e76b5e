// The tab "Softmax step by step": one softmax by sliders, and the passes of one data point.

import { passSection } from "./steps_pass.js";
import { softmaxSection } from "./steps_softmax.js";
import { watchLooks, wording } from "./tabs_dom.js";

export function mount(root, ctx) {
  const word = wording(ctx);
  const visible = () => root.clientWidth > 0 && ctx.store.state !== null;
  const softmax = softmaxSection(ctx, word);
  const pass = passSection(ctx, word, visible);
  root.classList.add("tab-steps");
  root.append(softmax.node, pass.node);
  watchLooks(root, () => {
    if (!visible()) return;
    softmax.start();
    pass.start();
  });
  ctx.on("state", () => visible() && softmax.start());
}

// Icons of 16 x 16, drawn in the colour of the text beside them.

import { h } from "./dom.js";
import { markerOutline } from "./palette.js";

const FILLED = {
  play: "M4 2.5v11l9.5-5.5z",
  pause: "M3.5 2.5h3.2v11H3.5zM9.3 2.5h3.2v11H9.3z",
  step: "M3 3v10l7-5zM11 3h2.2v10H11z",
  epoch: "M1.5 3v10L8 8zM8 3v10l5-4V13h2V3h-2v4z",
};
const STROKED = {
  reset: "M3 8a5 5 0 1 0 1.6-3.7M3 2.2v3.2h3.2",
  undo: "M5.5 3 2.5 6l3 3M2.8 6H9.5a4 4 0 0 1 0 8H6",
  redo: "M10.5 3l3 3-3 3M13.2 6H6.500a4 4 0 0 0 0 8H10",
  share: "M8 10V1.800M4.800 4.800 8 1.600l3.200 3.200M3 8v6h10V8",
  download: "M8 1.800V10M4.800 7 8 10.200 11.200 7M3 10.500V14h10v-3.500",
  upload: "M8 10.500V2M4.800 5 8 1.800 11.200 5M3 10.500V14h10v-3.500",
  help: "M5.700 6a2.300 2.300 0 1 1 3.300 2.100c-.7.35-1 .8-1 1.600M8 12.200v.3",
  sun: "M8 5.200a2.800 2.800 0 1 0 0 5.600 2.800 2.800 0 0 0 0-5.600M8 1v1.700M8 13.300V15M1 8h1.700M13.300 8H15M3 3l1.200 1.200M11.800 11.800 13 13M13 3l-1.200 1.200M4.200 11.800 3 13",
  moon: "M13.500 9.600A6 6 0 0 1 6.400 2.500a6 6 0 1 0 7.100 7.100z",
  brush: "M13.600 2.400c-3 1.300-5.700 4-7 6.300l1.700 1.700c2.300-1.300 5-4 6.300-7zM6 9.600c-1.700 0-2 1.400-2.200 2.400-.1.700-.7 1.200-1.600 1.400 2.300 1 5.400.4 5.500-2.100",
  eraser: "M6 13.500h8M2.800 9.800 9 3.600l4 4-5.900 5.900H5.200l-2.400-2.400a.9.9 0 0 1 0-1.300zM6 6.600l4 4",
  relabel: "M2 5.500h10M9.500 3 12 5.500 9.500 8M14 10.500H4M6.500 8 4 10.500 6.500 13",
  look: "M1.500 8S4 3.500 8 3.500 14.500 8 14.500 8 12 12.500 8 12.500 1.500 8 1.500 8zM8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4",
  trash: "M2.500 4.300h11M6 4V2.300h4V4M4 4.500l.6 9h6.800l.6-9M6.700 7v4M9.300 7v4",
  copy: "M5.500 5.500V2.500h8v8h-3M2.500 5.500h8v8h-8z",
  pin: "M8 10.500V14.500M5 2h6M6 2v4l-2 2.500v2h8v-2L10 6V2",
  close: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  down: "M4 6l4 4 4-4",
  course: "M8 3.800C6.500 2.600 4.300 2.300 2 2.500v10c2.300-.2 4.500.1 6 1.300 1.500-1.200 3.700-1.500 6-1.300v-10c-2.300-.2-4.500.1-6 1.300zM8 3.800v10",
  target: "M8 2.200a5.800 5.800 0 1 0 0 11.600A5.800 5.800 0 0 0 8 2.200M8 5.600a2.400 2.400 0 1 0 0 4.800 2.400 2.400 0 0 0 0-4.800",
  dice: "M3 3h10v10H3zM5.800 5.800v.1M10.200 5.800v.1M5.800 10.200v.1M10.200 10.200v.1M8 8v.1",
};

export function icon(name) {
  const filled = name in FILLED;
  return h(
    "svg",
    { viewBox: "0 0 16 16", width: "16", height: "16", "aria-hidden": "true", class: filled ? "pg-icon filled" : "pg-icon" },
    h("path", { d: FILLED[name] ?? STROKED[name] }),
  );
}

/** Class k's marker; its colours are the style sheet's, so that another theme needs no drawing. */
export function marker(k, size) {
  const path = h("path", { d: markerOutline(k, size / 2, size / 2, size * 0.34) });
  path.style.fill = `var(--class-${k})`;
  return h(
    "svg",
    { viewBox: `0 0 ${size} ${size}`, width: size, height: size, "aria-hidden": "true", class: "pg-marker" },
    path,
  );
}

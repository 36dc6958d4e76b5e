// Colours and markers of the classes (plots/palette.py: told apart with any colour vision), and the theme's ink.

export const COLOURS = ["#5790fc", "#f89c20", "#e42536", "#964a8b", "#75bf81", "#7a21dd"];
const LIGHTER_ON_DARK = { 3: "#b66aab", 5: "#a565f0" }; // lines and text: below 3:1 on the dark ground as they are

export const MARKERS = ["circle", "square", "triangle", "diamond", "down", "plus"];

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
export const RGB = COLOURS.map(rgb);

/** The class's colour for lines and text on the page's ground. */
export function lineColour(k, dark) {
  return (dark && LIGHTER_ON_DARK[k]) || COLOURS[k];
}

const toLinear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const toSrgb = (v) => (v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055);

export const LINEAR = RGB.map((c) => c.map((v) => toLinear(v / 255)));
/** sRGB byte of a linear intensity given in 1/4095ths. */
export const SRGB_OF_LINEAR = Uint8ClampedArray.from({ length: 4096 }, (_, i) =>
  Math.round(255 * toSrgb(i / 4095)),
);

let read = { theme: null };

/** Colours and font that canvases need, read from the style sheet (once a theme) so that they are said once. */
export function inkOf(root) {
  if (read.theme !== root.dataset.theme) read = inkFrom(getComputedStyle(root), root.dataset.theme);
  return read;
}

function inkFrom(style, theme) {
  const value = (name) => style.getPropertyValue(name).trim();
  const names = ["bg", "panel", "ink", "muted", "line", "accent", "boundary", "halo", "marker-edge", "ramp"];
  const ink = Object.fromEntries(names.map((name) => [name, value(`--${name}`)]));
  return { ...ink, theme, font: style.fontFamily, rampRgb: rgb(ink.ramp), dark: theme === "dark" };
}

/** The outline of class k's marker around (x, y), as the data of an SVG path. */
export function markerOutline(k, x, y, r) {
  switch (MARKERS[k % MARKERS.length]) {
    case "circle":
      return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
    case "square":
      return polygon(x, y, 0.88 * Math.SQRT2 * r, 4, Math.PI / 4);
    case "triangle":
      return polygon(x, y + 0.12 * r, 1.2 * r, 3, -Math.PI / 2);
    case "diamond":
      return polygon(x, y, 1.22 * r, 4, 0);
    case "down":
      return polygon(x, y - 0.12 * r, 1.2 * r, 3, Math.PI / 2);
    default:
      return plus(x, y, 1.1 * r, 0.42 * r);
  }
}

const through = (points) => `M${points.map((point) => point.join(" ")).join("L")}Z`;

function polygon(x, y, r, sides, turn) {
  const angles = Array.from({ length: sides }, (_, i) => turn + (2 * Math.PI * i) / sides);
  return through(angles.map((angle) => [x + r * Math.cos(angle), y + r * Math.sin(angle)]));
}

function plus(x, y, r, w) {
  const xs = [-w, w, w, r, r, w, w, -w, -w, -r, -r, -w];
  const ys = [-r, -r, -w, -w, w, w, r, r, w, w, -w, -w];
  return through(xs.map((dx, i) => [x + dx, y + ys[i]]));
}

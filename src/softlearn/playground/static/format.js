// Numbers as people read them: a true minus sign, few digits, powers of ten where digits would run away.

const MINUS = "\u2212";
const SUPERSCRIPT = {
  "-": "\u207b",
  0: "\u2070",
  1: "\u00b9",
  2: "\u00b2",
  3: "\u00b3",
  4: "\u2074",
  5: "\u2075",
  6: "\u2076",
  7: "\u2077",
  8: "\u2078",
  9: "\u2079",
};

/** 3 significant digits, or `digits`; 1.2×10⁵ from a million on and below a ten-thousandth. */
export function number(v, digits = 3) {
  if (v === null || v === undefined || Number.isNaN(v)) return "\u2013";
  if (!Number.isFinite(v)) return v > 0 ? "\u221e" : `${MINUS}\u221e`;
  const size = Math.abs(v);
  if (v !== 0 && (size >= 1e6 || size < 1e-4)) return power(v, Math.max(1, digits - 1));
  const decimals =
    size >= 100
      ? Math.max(0, digits - 3)
      : size >= 10
        ? Math.max(0, digits - 2)
        : digits - 1 + (size < 1 && size > 0 ? Math.min(2, -Math.floor(Math.log10(size)) - 1) : 0);
  return size >= 10_000 ? whole(v) : fixed(v, decimals);
}

/** Always so many decimals: columns of numbers line up. */
export function fixed(v, decimals) {
  if (v === null || v === undefined || Number.isNaN(v)) return "\u2013";
  const text = v.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", MINUS);
}

function power(v, digits) {
  const [mantissa, exponent] = v.toExponential(digits - 1).split("e");
  const raised = String(Number(exponent)).replace(/[-\d]/g, (c) => SUPERSCRIPT[c]);
  return `${mantissa.replace("-", MINUS)}\u00d710${raised}`;
}

/** 12 345 with thin spaces, in either language. */
export function whole(v) {
  return String(Math.round(v))
    .replace("-", MINUS)
    .replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

export const percent = (v) =>
  v === null || v === undefined || Number.isNaN(v)
    ? "\u2013"
    : `${(100 * v).toFixed(v === 1 ? 0 : 1)}\u202f%`;

/** Some 4 to 6 round numbers between a and b. */
export function ticks(a, b, about = 5) {
  const raw = (b - a) / about;
  const base = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * base).find((s) => s >= raw) ?? 10 * base;
  const out = [];
  for (let v = Math.ceil(a / step - 1e-9) * step; v <= b + 1e-9 * step; v += step)
    out.push(Number(v.toPrecision(12)));
  return out;
}

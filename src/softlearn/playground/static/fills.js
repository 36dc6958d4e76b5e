// Colours of the plane, from the class probabilities of a frame. Numbers are never read from these bytes: only colour.

import { LINEAR, RGB, SRGB_OF_LINEAR } from "./palette.js";

export const MODES = ["confidence", "hardmax", "one", "entropy", "margin", "mix"];

const FAINT = 0.15; // alpha of the winner when all classes are equal, and of a sure winner:
const FULL = 0.6; // above it markers no longer stand out from their own region
const FLAT = 0.5;
const GREY = 0.8;

/** Fills `pixels` (Uint32Array over RGBA) for one frame in one mode; `ink.rampRgb` is the grey of entropy and margin. */
export function fillPixels(pixels, frame, mode, one, ink) {
  fills[mode](pixels, frame, ink, Math.min(one, frame.classes - 1));
}

const fills = {
  confidence(pixels, { argmax, planes, classes }) {
    const table = confidenceTable(classes);
    for (let i = 0; i < pixels.length; i++) {
      const k = argmax[i];
      pixels[i] = table[256 * k + planes[k][i]];
    }
  },
  hardmax(pixels, { argmax, classes }) {
    const colours = Array.from({ length: classes }, (_, k) => pack(RGB[k], FLAT));
    for (let i = 0; i < pixels.length; i++) pixels[i] = colours[argmax[i]];
  },
  one(pixels, { planes }, ink, one) {
    const table = Uint32Array.from({ length: 256 }, (_, p) => pack(RGB[one], (0.95 * p) / 255));
    const plane = planes[one];
    for (let i = 0; i < pixels.length; i++) pixels[i] = table[plane[i]];
  },
  entropy(pixels, { planes, classes }, ink) {
    const greys = greyTable(ink);
    for (let i = 0; i < pixels.length; i++) {
      let sum = 0;
      for (let k = 0; k < classes; k++) sum += PLOGP[planes[k][i]];
      pixels[i] = greys[Math.min(255, Math.round((255 * sum) / Math.log(classes)))];
    }
  },
  margin(pixels, { planes, classes }, ink) {
    const greys = greyTable(ink);
    for (let i = 0; i < pixels.length; i++) {
      let first = 0;
      let second = 0;
      for (let k = 0; k < classes; k++) {
        const p = planes[k][i];
        if (p > first) [first, second] = [p, first];
        else if (p > second) second = p;
      }
      pixels[i] = greys[255 - (first - second)];
    }
  },
  mix(pixels, { planes, classes }) {
    for (let i = 0; i < pixels.length; i++) {
      let r = 0;
      let g = 0;
      let b = 0;
      let sum = 1e-9;
      for (let k = 0; k < classes; k++) {
        const p = planes[k][i];
        sum += p;
        r += p * LINEAR[k][0];
        g += p * LINEAR[k][1];
        b += p * LINEAR[k][2];
      }
      const scale = 4095 / sum; // the bytes of a point need not add up to 255
      pixels[i] =
        ((0xd0 << 24) |
          (SRGB_OF_LINEAR[(b * scale) | 0] << 16) |
          (SRGB_OF_LINEAR[(g * scale) | 0] << 8) |
          SRGB_OF_LINEAR[(r * scale) | 0]) >>>
        0;
    }
  },
};

const PLOGP = Float64Array.from({ length: 256 }, (_, p) => (p === 0 ? 0 : -(p / 255) * Math.log(p / 255)));

/** One scale for all classes: s = (p - 1/C) / (1 - 1/C) goes from faint to full. */
function confidenceTable(classes) {
  const table = new Uint32Array(256 * classes);
  for (let k = 0; k < classes; k++) {
    for (let p = 0; p < 256; p++) {
      const s = Math.max(0, (p / 255 - 1 / classes) / (1 - 1 / classes));
      table[256 * k + p] = pack(RGB[k], FAINT + (FULL - FAINT) * s);
    }
  }
  return table;
}

const greyTable = (ink) => Uint32Array.from({ length: 256 }, (_, v) => pack(ink.rampRgb, (GREY * v) / 255));

/** RGBA as the 32-bit number that a little-endian machine keeps in ImageData. */
function pack([r, g, b], alpha) {
  return ((Math.round(255 * alpha) << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

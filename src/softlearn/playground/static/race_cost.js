// The cost of every optimizer against its steps.

import { whole } from "./format.js";
import { pointsUntil, stepScale, whereAt } from "./race_model.js";
import { axes, drawPath, ticks } from "./race_plot.js";
import { colour, number, prepared, say } from "./tabs_dom.js";

const EDGE = { left: 52, right: 138, top: 22, bottom: 34 };

/** Ticks of the axis of steps: round numbers, or powers of ten. */
function stepTicks(last) {
  if (last <= 400) return ticks(0, last, 5).map(Math.round);
  const found = [0];
  for (let k = 1; k <= last; k *= 10) found.push(k);
  return found;
}

/** Heights of the axis of costs: [transform, bottom, top, name]; a run that blows up is cut off. */
function costScale(race, logarithmic) {
  const costs = race.runs.flatMap((run) => run.cost).filter(Number.isFinite);
  const start = race.runs[0]?.cost[0] ?? 1;
  const lowest = Math.min(...costs);
  const most = start + 2 * (start - lowest) + 0.1 * Math.abs(start); // what blows up is cut off
  const highest = Math.max(start, Math.min(Math.max(...costs), most));
  if (!logarithmic || lowest < 0) {
    return [(J) => J, lowest, highest > lowest ? highest : lowest + 1, "J"];
  }
  const floor = Math.max(1e-12, Math.min(...costs.filter((J) => J > 0)));
  const tall = (J) => Math.log10(Math.max(J, floor));
  return [tall, tall(lowest), Math.max(tall(highest), tall(lowest) + 1), "log₁₀ J"];
}

/** A canvas for J against the step: `set(race)`, `draw(step)`; `logarithmic` may be set. */
export function costCurve(canvas, ctx) {
  let race = null;

  function nameSteps(pen, frame, scale) {
    pen.fillStyle = colour(canvas, "--muted", "#666");
    pen.textAlign = "center";
    pen.textBaseline = "top";
    const bottom = frame.top + frame.height;
    for (const k of stepTicks(race.last)) {
      pen.fillText(whole(k), frame.left + scale.at(k) * frame.width, bottom + 4);
    }
    const words =
      race.last > 400
        ? { en: "step (logarithmic)", ko: "반복 횟수(로그 눈금)" }
        : { en: "step", ko: "반복 횟수" };
    pen.fillText(say(ctx, words), frame.left + frame.width / 2, bottom + 18);
  }

  /** Names beside the heads of the lines, moved apart where they would overlap. */
  function nameRuns(pen, frame, heightOf) {
    pen.font = "11px system-ui, sans-serif";
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    const bottom = frame.top + frame.height;
    const names = race.runs.map((run) => ({ run, y: heightOf(run) })).sort((a, b) => a.y - b.y);
    names.forEach((name, k) => {
      name.y = Math.max(frame.top + 14 * k, k > 0 ? names[k - 1].y + 14 : 0, Math.min(name.y, bottom));
    });
    for (let k = names.length - 1, most = bottom; k >= 0; k -= 1, most = names[k + 1].y - 14) {
      names[k].y = Math.min(names[k].y, most);
    }
    for (const { run, y } of names) {
      pen.fillStyle = colour(canvas, `--run-${run.index}`);
      pen.fillText(say(ctx, run.racer.title), frame.left + frame.width + 12, y);
    }
  }

  const chart = {
    logarithmic: false,
    set(next) {
      race = next;
    },
    draw(step) {
      if (!race) return;
      const [pen, width, height] = prepared(canvas, canvas.clientWidth > 600 ? 0.34 : 0.62);
      const frame = {
        left: EDGE.left,
        top: EDGE.top,
        width: width - EDGE.left - EDGE.right,
        height: height - EDGE.top - EDGE.bottom,
      };
      const [tall, bottom, top, name] = costScale(race, chart.logarithmic);
      const scale = stepScale(race.last);
      const up = (J) =>
        frame.top + frame.height - ((tall(J) - bottom) / (top - bottom)) * frame.height;
      const place = (k, J) => [frame.left + scale.at(k) * frame.width, up(J)];
      axes(pen, frame, [null, null, bottom, top], ["", name], canvas);
      nameSteps(pen, frame, scale);
      pen.save();
      pen.beginPath();
      pen.rect(frame.left - 6, frame.top - 6, frame.width + 13, frame.height + 12);
      pen.clip();
      for (const run of race.runs) {
        const line = run.cost.slice(0, pointsUntil(run, step)).map((J, k) => place(run.at[k], J));
        line.push(place(Math.min(step, run.last), whereAt(run, step).cost));
        drawPath(pen, run, line, true, canvas);
      }
      pen.restore();
      nameRuns(pen, frame, (run) => up(whereAt(run, step).cost));
    },
  };
  return chart;
}

/** A run at a step in words: for the table, and for readers who do not see the picture. */
export function rowOf(ctx, run, step) {
  const { w, cost, done } = whereAt(run, step);
  const arrived = Number.isFinite(run.reached) && run.reached !== null && step >= run.reached;
  const [steps, end] = [whole(run.reached ?? 0), whole(run.last)];
  let status = { en: "on the way", ko: "가는 중" };
  if (arrived) status = { en: `arrived after ${steps} steps`, ko: `${steps}번 반복 만에 도착` };
  else if (done && run.goal === null) status = { en: `${end} steps`, ko: `${end}번 반복` };
  else if (done) status = { en: `not there after ${end}`, ko: `${end}번 반복으로도 도착하지 못함` };
  return {
    w: w.length === 1 ? number(w[0], 9) : `(${w.map((value) => number(value, 5)).join(", ")})`,
    cost: number(cost, 6),
    status: say(ctx, status),
  };
}

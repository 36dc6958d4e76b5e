// The cost of every optimizer against its steps.

import { stepScale, pointsUntil, whereAt } from "./race_model.js";
import { axes, drawPath, ticks } from "./race_plot.js";
import { colour, count, number, prepared, say } from "./tabs_dom.js";

const EDGE = { left: 52, right: 118, top: 10, bottom: 30 };

/** Ticks of the axis of steps: round numbers, or powers of ten. */
function stepTicks(last) {
  if (last <= 400) return ticks(0, last, 5).map(Math.round);
  const found = [0];
  for (let k = 1; k <= last; k *= 10) found.push(k);
  return found;
}

/** A canvas for J against the step: `set(race)`, `draw(step)`; `logarithmic` may be set. */
export function costCurve(canvas, ctx) {
  let race = null;
  const chart = {
    logarithmic: false,
    set(next) {
      race = next;
    },
    draw(step) {
      if (!race) return;
      const [pen, width, height] = prepared(canvas, width600(canvas) ? 0.34 : 0.6);
      const frame = {
        left: EDGE.left,
        top: EDGE.top,
        width: width - EDGE.left - EDGE.right,
        height: height - EDGE.top - EDGE.bottom,
      };
      const costs = race.runs.flatMap((run) => run.cost).filter(Number.isFinite);
      const floor = Math.min(...costs.filter((J) => J > 0), 1);
      const logs = chart.logarithmic && Math.min(...costs) >= 0;
      const tall = logs ? (J) => Math.log10(Math.max(J, floor)) : (J) => J;
      const bottom = Math.min(...costs.map(tall));
      const ceiling = Math.min(Math.max(...costs.map(tall)), tall(race.runs[0].cost[0]) + (logs ? 1 : Math.abs(tall(race.runs[0].cost[0])) + 1));
      const top = ceiling > bottom ? ceiling : bottom + 1;
      const scale = stepScale(race.last);
      const place = (k, J) => [
        frame.left + scale.at(k) * frame.width,
        frame.top + frame.height - ((tall(J) - bottom) / (top - bottom)) * frame.height,
      ];
      drawAxes(pen, frame, race.last, scale, bottom, top, logs);
      pen.save();
      pen.beginPath();
      pen.rect(frame.left, frame.top - 2, frame.width + 8, frame.height + 4);
      pen.clip();
      for (const run of race.runs) {
        const many = pointsUntil(run, step);
        const line = run.cost.slice(0, many).map((J, k) => place(run.at[k], J));
        line.push(place(Math.min(step, run.last), whereAt(run, step).cost));
        drawPath(pen, run, line, true, canvas);
      }
      pen.restore();
      drawNames(pen, frame, step, place);
    },
  };

  const width600 = (node) => node.clientWidth >= 600;

  function drawAxes(pen, frame, last, scale, bottom, top, logs) {
    axes(pen, frame, [0, 1, bottom, top], ["", logs ? "log₁₀ J" : "J"], blank(canvas));
    pen.fillStyle = colour(canvas, "--muted", "#666");
    pen.textAlign = "center";
    pen.textBaseline = "top";
    pen.clearRect(frame.left - 10, frame.top + frame.height + 2, frame.width + 24, 28);
    for (const k of stepTicks(last)) {
      pen.fillText(count(k), frame.left + scale.at(k) * frame.width, frame.top + frame.height + 4);
    }
    const words = { en: last > 400 ? "step (logarithmic)" : "step", ko: last > 400 ? "반복 횟수(로그 눈금)" : "반복 횟수" };
    pen.fillText(say(ctx, words), frame.left + frame.width / 2, frame.top + frame.height + 17);
  }

  const blank = (node) => node;

  /** Names beside the heads of the lines, moved apart where they would overlap. */
  function drawNames(pen, frame, step, place) {
    pen.font = "11px system-ui, sans-serif";
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    const names = race.runs
      .map((run) => ({ run, y: place(0, whereAt(run, step).cost)[1] }))
      .sort((a, b) => a.y - b.y);
    let lowest = frame.top;
    for (const name of names) {
      name.y = Math.max(lowest, Math.min(name.y, frame.top + frame.height));
      lowest = name.y + 13;
    }
    const over = Math.max(0, lowest - 13 - (frame.top + frame.height));
    for (const { run, y } of names) {
      pen.fillStyle = colour(canvas, `--run-${run.index}`);
      pen.fillText(say(ctx, run.racer.title), frame.left + frame.width + 12, y - over);
    }
  }

  return chart;
}

/** A sentence on each run at a step, for the table and for readers who do not see the picture. */
export function rowOf(ctx, run, step) {
  const { w, cost, done } = whereAt(run, step);
  const arrived = run.reached !== null && run.reached !== undefined && step >= run.reached;
  return {
    name: say(ctx, run.racer.title),
    w: `(${w.map((value) => number(value, 4)).join(", ")})`,
    cost: number(cost, 4),
    status: arrived
      ? say(ctx, { en: `arrived after ${count(run.reached)} steps`, ko: `${count(run.reached)}번 반복 만에 도착` })
      : done
        ? say(ctx, { en: `${count(run.last)} steps, not there`, ko: `${count(run.last)}번 반복, 도착하지 못함` })
        : say(ctx, { en: "on the way", ko: "가는 중" }),
  };
}

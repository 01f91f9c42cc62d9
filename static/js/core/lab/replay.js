/** How a drawing grew: its part up to a share of its ink, and the times of its points. Nothing here touches the document. */
import { indexOfLargest } from "../statistics.js";

const LONGEST_PAUSE = 500; // ms between two strokes in a replay
const USUAL_TIME = 2500; // ms for a drawing whose points have no times

const lengthOf = (stroke) => stroke.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - stroke[i][0], y - stroke[i][1]), 0);

/** The ink of each stroke in pad units; a dot counts as a line as long as the pen is wide. */
export const lengths = (strokes, pen) => strokes.map((stroke) => lengthOf(stroke) || pen);

/** The first part of the strokes, with this share of their ink; the last line is cut. */
export function beginning(strokes, pen, share) {
  const sizes = lengths(strokes, pen);
  let left = share * sizes.reduce((sum, size) => sum + size, 0);
  const kept = [];
  for (const [i, stroke] of strokes.entries()) {
    if (left <= 0) break;
    kept.push(left >= sizes[i] ? stroke : cut(stroke, left));
    left -= sizes[i];
  }
  return kept;
}

function cut(stroke, length) {
  const kept = [stroke[0]];
  let left = length;
  for (const [i, point] of stroke.slice(1).entries()) {
    const [x, y] = stroke[i];
    const step = Math.hypot(point[0] - x, point[1] - y);
    if (step >= left) {
      if (step > 0) kept.push([x + ((point[0] - x) * left) / step, y + ((point[1] - y) * left) / step, point[2]]);
      return kept;
    }
    kept.push(point);
    left -= step;
  }
  return kept;
}

/** The share of the ink at each moment: a list of [time in ms from 0, share], both growing. Long pauses are shortened. */
export function timeline(strokes, pen) {
  const sizes = lengths(strokes, pen);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const places = [[0, 0]];
  let [time, ink, last] = [0, 0, null];
  for (const [i, stroke] of strokes.entries()) {
    for (const [j, [x, y, t]] of stroke.entries()) {
      const pause = last === null ? 0 : Math.max(t - last, 0);
      time += j === 0 ? Math.min(pause, LONGEST_PAUSE) : pause;
      last = t;
      if (j > 0) ink += Math.hypot(x - stroke[j - 1][0], y - stroke[j - 1][1]);
      else if (stroke.length === 1) ink += sizes[i];
      places.push([time, Math.min(ink / total, 1)]);
    }
  }
  if (time > 0) return places;
  return [[0, 0], [USUAL_TIME, 1]];
}

/** The share of the ink at a time. */
export function shareAt(places, time) {
  const next = places.findIndex(([at]) => at > time);
  if (next === -1) return 1;
  if (next === 0) return places[0][1];
  const [[from, low], [to, high]] = [places[next - 1], places[next]];
  return low + ((high - low) * (time - from)) / (to - from);
}

/** The most likely digit of a prediction, even if its verdict is that the drawing is not a digit. */
export const mostLikelyDigit = ({ probabilities }) => indexOfLargest(probabilities);

/** Where the answer changes: [{ share, from, to }]; `share` is that of the first step with the new answer. */
export function changes(steps) {
  return steps.slice(1).map(({ share, prediction }, i) => ({ share, from: mostLikelyDigit(steps[i].prediction), to: mostLikelyDigit(prediction) })).filter(({ from, to }) => from !== to);
}

/** The share of the ink after which the answer no longer changes. */
export const decidedAt = (steps) => changes(steps).at(-1)?.share ?? steps[0].share;

/** The strokes without which the answer is different, counted from 0. */
export function decisiveStrokes(steps, strokes) {
  const answer = mostLikelyDigit(steps.at(-1).prediction);
  return strokes.map(({ without }, i) => [without, i]).filter(([without]) => without && mostLikelyDigit(without) !== answer).map(([, i]) => i);
}

/** The numbers of the plots, for one run or several. Nothing here touches the document. */
import { accuracyOf } from "./run-log.js";

export const MOST_LOSS = 5; // a larger loss is drawn at the upper end, so that the others stay visible
const MOST_POINTS = 1500; // points of one curve; more would be less than a pixel apart

/** The curve with at most `most` points, each of which has the mean loss of several points of the original. */
export function thinned(curve, most = MOST_POINTS) {
  const size = Math.ceil(curve.length / most);
  if (size <= 1) return curve;
  return Array.from({ length: Math.ceil(curve.length / size) }, (_, i) => {
    const part = curve.slice(i * size, (i + 1) * size);
    return { ...part.at(-1), loss: part.reduce((sum, { loss }) => sum + loss, 0) / part.length };
  });
}

/** [places on the axis of epochs, losses] of a run. */
export function lossCurve(log) {
  const curve = thinned(log.curve);
  return [curve.map(({ at }) => at), curve.map(({ loss }) => (Number.isFinite(loss) ? Math.min(loss, MOST_LOSS) : null))];
}

/** [epochs, accuracy on test images, accuracy on training images] of a run, as shares. */
export function accuracyCurve({ measured }) {
  return [measured.map(({ epoch }) => epoch), measured.map(({ test }) => accuracyOf(test)), measured.map(({ train }) => accuracyOf(train))];
}

/** The last epoch on the axis: enough for all runs. */
export const lastEpoch = (logs) => Math.max(1, ...logs.map((log) => Math.max(log.epochs, log.measured.at(-1)?.epoch ?? 0)));

/** The rows of the table: for each epoch and run [epoch, run, loss, accuracy on test images, on training images, your guess]. */
export function tableRows(runs) {
  const epochs = [...new Set(runs.flatMap(({ log }) => log.measured.map(({ epoch }) => epoch)))].sort((a, b) => a - b);
  return epochs.flatMap((epoch) =>
    runs.flatMap(({ name, log, guesses = [] }) => {
      const found = log.measured.find((each) => each.epoch === epoch);
      if (!found) return [];
      return [{ epoch, name, loss: found.test.loss, test: accuracyOf(found.test), train: accuracyOf(found.train), guess: guesses.find((each) => each.epoch === epoch)?.accuracy ?? null }];
    }),
  );
}

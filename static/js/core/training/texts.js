/** Runs in words: names, settings, progress, announcements. Nothing here touches the document. */
import { percent, plural, whole } from "../text.js";
import { predictionSentence } from "../prediction-text.js";
import { accuracyOf } from "./run-log.js";

const OPTIMISERS = { adam: "Adam", adamw: "AdamW", sgd: "SGD" };
export const STATES = Object.freeze({
  training: "training", paused: "paused", finished: "finished", stopped: "stopped", interrupted: "interrupted", failed: "failed",
});

/** A rate without an exponent: 0.000001. */
export const rateText = (rate) => (rate === 0 ? "0" : Number(rate.toPrecision(3)).toFixed(12).replace(/\.?0+$/, ""));

/** 0.9907 -> "99.07 %". */
export const accuracyText = (share) => (share === null || share === undefined ? "–" : `${(100 * share).toFixed(2)} %`);

const shareText = (share) => `${Number((100 * share).toPrecision(3))} %`;

/** What each setting is called, and how its value is written. */
export const SETTINGS = Object.freeze({
  recipe: ["recipe", String],
  epochs: ["epochs", whole],
  batch: ["images in a batch", whole],
  learning_rate: ["learning rate", rateText],
  optimiser: ["update rule", (name) => OPTIMISERS[name] ?? name],
  augmented: ["augmented images", shareText],
  share: ["share of the training images", shareText],
  seed: ["seed", String],
});

/** The settings in which runs differ: [[name, [value, …]], …]; "–" if the value for a run is unknown. */
export function differing(settings) {
  return Object.entries(SETTINGS)
    .filter(([key]) => new Set(settings.map((each) => each?.[key] ?? null)).size > 1)
    .map(([key, [name, write]]) => [name, settings.map((each) => (each?.[key] === undefined || each[key] === null ? "–" : write(each[key])))]);
}

/** The settings of a run in one line. */
export function settingsText(settings) {
  if (!settings) return "";
  const { epochs, batch, learning_rate: rate, optimiser, augmented, share } = settings;
  const parts = [plural(epochs, "epoch"), `batches of ${whole(batch)}`, `learning rate ${rateText(rate)}`];
  if (optimiser) parts.push(OPTIMISERS[optimiser] ?? optimiser);
  if (augmented) parts.push(`${shareText(augmented)} of the images augmented`);
  if (share !== undefined && share < 1) parts.push(`${shareText(share)} of the images`);
  return parts.join(" · ");
}

/** 75 -> "1 min 15 s", 12.3 -> "12 s". */
function timeText(seconds) {
  const left = Math.round(seconds);
  if (left < 60) return `${left} s`;
  return left < 3600 ? `${Math.floor(left / 60)} min ${left % 60} s` : `${Math.floor(left / 3600)} h ${Math.floor((left % 3600) / 60)} min`;
}

/** The progress of a run as a list of [name, value]. */
export function progress({ batch, batches, epochs }) {
  if (!batch) return [];
  const { epoch, batch: number, images_per_second: speed, seconds_left: left, learning_rate: rate } = batch;
  return [
    ["epoch", `${epoch} of ${epochs}`],
    ["batch", `${whole(number)} of ${whole(batches)}`],
    ["images per second", whole(Math.round(speed))],
    ["time left", timeText(left)],
    ["learning rate", rateText(rate)],
  ];
}

/** What screen readers announce after an epoch: the accuracy, and the student's digit. */
export function announcement({ epoch, epochs, test }, prediction = null) {
  const done = epoch === 0 ? "Before training" : `Epoch ${epoch} of ${epochs}`;
  return `${done}: ${accuracyText(accuracyOf(test))} of the test images are read correctly.${prediction ? ` ${predictionSentence(prediction)}` : ""}`;
}

/** A sentence about the state of a run; "" if it needs none. */
export function stateText({ state, message, finished, measured, download }, name) {
  if (download && measured.length === 0) return download.message;
  if (state === "finished" && finished) return `${name} is finished: ${accuracyText(accuracyOf(measured.at(-1)?.test))} of the test images are read correctly after ${timeText(finished.seconds)}.`;
  const early = measured.length < 2; // before the end of the first epoch
  if (state === "stopped") return `${name} was stopped${early ? " before the end of its first epoch" : ". Its complete epochs are kept"}.`;
  if (state === "interrupted") return `${name} was interrupted. It can ${early ? "start again" : "go on after its last complete epoch"}.`;
  if (state === "failed") return `${name} failed. ${message}`;
  return "";
}

/** An answer and its confidence, for a list: "7 · 98.2 %". */
export const answerText = ({ digit, confidence }) => `${digit} · ${percent(confidence)}`;

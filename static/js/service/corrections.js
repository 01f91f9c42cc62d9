/** Corrections: a drawing, its prediction and the right digit, saved by the service if its operator has enabled that. */
import { requestBody, SIDE } from "../core/drawing.js";
import { addressOf } from "../core/service/address.js";

/** A random UUID (version 4); crypto.randomUUID exists only on pages served over HTTPS. */
export function uuid(random = (bytes) => crypto.getRandomValues(bytes)) {
  const bytes = random(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/**
 * The body of POST /corrections. `label` is the right digit, null for no digit; `pixels` the preprocessed image, 28×28 grey
 * levels in one list: if the drawing does not consist of strokes, only this image is saved.
 */
function correctionBody({ id, label, drawn, pen, prepare, prediction, pixels }) {
  const { digit, probabilities, verdict, familiarity, model } = prediction;
  const rows = () => Array.from({ length: SIDE }, (_, row) => Array.from(pixels.slice(row * SIDE, (row + 1) * SIDE)));
  const drawing = drawn.image ? { pixels: rows() } : JSON.parse(requestBody(drawn, { prepare, pen }).body);
  return { id, label, model, prepare, answer: { digit, probabilities, verdict, familiarity }, ...drawing };
}

/** Save a correction: "" if it worked, otherwise a sentence that says why not. The same id is saved only once. */
export async function saveCorrection(correction) {
  const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(correctionBody(correction)) };
  return problemOf(addressOf("/corrections"), options, "The correction was not saved: the server did not answer.");
}

/** Delete a correction: "" if it is gone, otherwise a sentence that says why not. */
export async function deleteCorrection(id) {
  return problemOf(addressOf(`/corrections/${id}`), { method: "DELETE" }, "The correction was not deleted: the server did not answer.");
}

async function problemOf(url, options, noAnswer) {
  try {
    const response = await fetch(url, options);
    if (response.ok || (options.method === "DELETE" && response.status === 404)) return "";
    const { detail, title } = await response.json();
    return detail || title;
  } catch {
    return noAnswer;
  }
}

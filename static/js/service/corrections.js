/** "Wrong? Tell it": an answer and what the drawing really is, as the service keeps it. Nothing here touches the document. */
import { requestBody, SIDE } from "../core/drawing.js";

/** A UUID of random digits; browsers give out their own over https only. */
export function uuid(random = (bytes) => crypto.getRandomValues(bytes)) {
  const bytes = random(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/**
 * What POST /corrections is sent. `label` is the right digit, null for no digit; `picture` the prepared picture, 28×28 grey
 * levels in one list: of anything but strokes that alone is kept.
 */
export function correction({ id, label, drawn, pen, prepare, prediction, picture }) {
  const { digit, probabilities, verdict, familiarity, model } = prediction;
  const rows = () => Array.from({ length: SIDE }, (_, row) => Array.from(picture.slice(row * SIDE, (row + 1) * SIDE)));
  const drawing = drawn.picture ? { pixels: rows() } : JSON.parse(requestBody(drawn, { prepare, pen }).body);
  return { id, label, model, prepare, answer: { digit, probabilities, verdict, familiarity }, ...drawing };
}

/** Send it: "" when it is kept, else a sentence why it is not. Sent again with the same id it is kept once. */
export async function send(body) {
  const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return problemOf("/corrections", options, "It was not kept: the server did not answer.");
}

/** Delete the one with this id: "" when it is kept no longer, else a sentence why it still is. */
export async function deleteCorrection(id) {
  return problemOf(`/corrections/${id}`, { method: "DELETE" }, "It is still kept: the server did not answer.");
}

async function problemOf(url, options, silence) {
  try {
    const response = await fetch(url, options);
    if (response.ok || (options.method === "DELETE" && response.status === 404)) return "";
    const { detail, title } = await response.json();
    return detail || title;
  } catch {
    return silence;
  }
}

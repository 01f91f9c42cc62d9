/**
 * What the lesson's pages fetch from the service. Each loader fetches once and then returns the same promise; after a
 * failure the next call fetches again. All of them reject when the service does not answer or answers with an error.
 */
import { requestBody, PEN } from "../core/drawing.js";
import { REQUESTED_LAYERS, readFeatureMaps } from "../core/layers.js";
import { FACTS } from "../core/service-facts.js";
import { parse } from "../core/safetensors.js";
import { addressOf, addressOfFile } from "../core/service/address.js";

function once(load) {
  let promise = null;
  return () => (promise ??= load().catch((error) => {
    promise = null;
    throw error;
  }));
}

async function fetchOk(url, options) {
  const response = await fetch(url, options);
  if (!response.ok) throw new Error(`${url} answered with status ${response.status}.`);
  return response;
}

const json = (path) => once(async () => (await fetchOk(addressOf(path))).json());

/** The figures measured for the lesson: accuracy on moved and shuffled test images, and by epoch. */
export const loadFigures = json(`/lesson/figures?sha256=${FACTS.figures}`);
/** The model card of the loaded network: its layers, their sizes and costs. */
export const loadModelCard = json("/model");
/** The evaluation of the loaded weights; rejects if they have not been evaluated. */
export const loadEvaluation = json("/model/evaluation");
/** Label and place of each sample digit on the sheet of samples: [{ label, index, column, row }]. */
export const loadSampleIndex = once(async () => (await (await fetchOk(addressOfFile("samples/digits.json"))).json()).digits);
/** The four tensors of the lesson's dense network, { "1.weight": { shape, data }, … }. */
export const loadDenseNetwork = once(async () => parse(await (await fetchOk(addressOf("/lesson/dense"))).arrayBuffer()).tensors);

/** The activations and the prediction for one drawing, as float32; not cached. */
export async function loadActivations(drawing) {
  const { type, body } = requestBody(drawing, { prepare: "mnist", pen: drawing.pen ?? PEN.usual });
  const options = { method: "POST", headers: { "Content-Type": type, Accept: "application/vnd.safetensors" }, body };
  const response = await fetchOk(addressOf(`/feature-maps?layers=${REQUESTED_LAYERS.join(",")}&dtype=float32`), options);
  return readFeatureMaps(parse(await response.arrayBuffer()));
}

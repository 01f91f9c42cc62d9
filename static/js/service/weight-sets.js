/** The list of all sets of weights: runs and uploads come and go while a page is open. */
import { FACTS } from "../core/service-facts.js";
import { addressOf } from "../core/service/address.js";
import { deleteWeights } from "./training/runs.js";

/** Replace the list that the page was delivered with by that of GET /weights. Rejects if the service does not answer. */
export async function renewWeightSets(fetch = (...a) => globalThis.fetch(...a)) {
  const response = await fetch(addressOf("/weights"));
  if (!response.ok) throw new Error(`The list of weights did not load: status ${response.status}.`);
  FACTS.weights.splice(0, FACTS.weights.length, ...(await response.json()).weights);
}

/** Renew the list if the user has come back with the browser's buttons: the browser then shows the page as it was delivered. */
export async function renewAfterReturn() {
  if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") await renewWeightSets().catch(() => {});
}

/** Delete an upload and take it from the list. It may be gone already. Rejects with a sentence for the user if it stays. */
export async function deleteUpload(name) {
  try {
    await deleteWeights(name);
  } catch (error) {
    if (error.status !== 404) throw error;
  }
  FACTS.weights.splice(0, FACTS.weights.length, ...FACTS.weights.filter((set) => set.name !== name));
}

/** Whether a problem says that the service does not have the weights of a request. */
export const areUnknown = ({ type = "" }) => type.endsWith("unknown-weights");

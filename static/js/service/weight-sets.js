/** The list of all sets of weights, renewed: runs and uploads come and go while a page is open. */
import { FACTS } from "../core/service-facts.js";
import { addressOf } from "../core/service/address.js";

/** Replace the list that the page was delivered with by that of GET /weights. Rejects if the service does not answer. */
export async function renewWeightSets(fetch = (...a) => globalThis.fetch(...a)) {
  const response = await fetch(addressOf("/weights"));
  if (!response.ok) throw new Error(`The list of weights did not load: status ${response.status}.`);
  FACTS.weights.splice(0, FACTS.weights.length, ...(await response.json()).weights);
}

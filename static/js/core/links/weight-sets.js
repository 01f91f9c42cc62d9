/**
 * The sets of weights that the page can show and a link can name, from the list of GET /weights. A name can end with edits of the
 * weights, each after a "~": "lesson:5~conv1_7_off".
 */

/** The sets to choose from, the served one first. If a shipped set is served, it is listed only once, with its epochs. */
export function choices([served, ...shipped]) {
  const first = shipped.find(({ model }) => model === served.model) ?? served;
  return [first, ...shipped.filter((set) => set !== first)];
}

/** The set with this name: "lesson", or "lesson:3" for one of its epochs, perhaps with edits; null stands for the served set. */
export function setOf(sets, edited) {
  const list = choices(sets);
  const name = originalOf(edited);
  return list.find((set) => set.name === name || set.epochs.some((epoch) => epoch.name === name)) ?? list[0];
}

/** The label of a set in a list: the name of a run, otherwise `model`, which is the name with the hash of the weights. */
export const labelOf = ({ name, origin, model }) => (origin === "run" ? name : model);

const subject = (origin, label) => (origin === "run" ? `The run ${label} is` : `The weights ${label} are`);
/** What a page says when it has deleted a set or a run; `now` is what it shows instead, null if it showed something else. */
export const deletedText = ({ origin }, label, now) => `${subject(origin, label)} deleted.${now === null ? "" : ` This page now shows ${now}.`}`;
/** What a page says when the set or run that it showed has been deleted elsewhere. */
export const goneText = ({ origin }, label, now) => `${subject(origin, label)} no longer on this server. This page now shows ${now}.`;
/** What a page says about a link to a set that it does not know. */
export const unknownText = (sets) => `This link was made with weights that this server does not have. This page shows ${labelOf(choices(sets)[0])} instead, so the numbers may be different.`;

/** All names but that of the served set, which is the default. */
const namesOf = (sets) => choices(sets).flatMap(({ name, epochs }, i) => [...(i > 0 ? [name] : []), ...epochs.map((epoch) => epoch.name)]);

export const epochText = ({ epoch }, epochs) => (epoch === 0 ? "untrained" : `epoch ${epoch} of ${epochs.length - 1}`);

/** "98.47 % correct on MNIST’s test set"; "" if it was not measured; for an untrained network, why it knows nothing. */
export function summaryOf(set, name) {
  const edits = editsOf(name).length;
  if (edits > 0) return `with ${edits === 1 ? "an edit" : `${edits} edits`} from the lab`;
  const chosen = set.epochs.find((epoch) => epoch.name === name);
  if (chosen?.epoch === 0) return "Random weights: each digit gets about 10 %.";
  const accuracy = chosen?.accuracy ?? set.accuracy;
  return accuracy === null ? "" : `${(100 * accuracy).toFixed(2)} % correct on MNIST’s test set`;
}

/** The name without its edits; null for the served set without edits. */
export const originalOf = (name) => name?.split("~")[0] ?? null;

/** The edits in a name, as texts. */
export const editsOf = (name) => name?.split("~").slice(1) ?? [];

const EDITED = /^[\w:.-]+(~[\w.-]+)+$/;

/** Whether a link may name this set: a known one, or edits of a known one. */
export function isKnown(sets, name) {
  if (name === null) return true;
  const original = originalOf(name);
  const known = namesOf(sets).includes(original);
  return original === name ? known : EDITED.test(name) && (known || original === "served" || choices(sets)[0].name === original);
}

/** A name as text for a link, in which a colon would be escaped; textToName is the inverse. */
export const nameToText = (name) => name.replace(":", ".");
export function textToName(text) {
  const [original, ...edits] = text.split("~");
  return [original.replace(".", ":"), ...edits].join("~");
}

/** The sets of weights that the page can show and a link can name, from the list of GET /weights. */

/** The sets to choose from, the served one first; if it is one of the shipped sets, it is listed once, with its epochs. */
export function choices([served, ...shipped]) {
  const first = shipped.find(({ model }) => model === served.model) ?? served;
  return [first, ...shipped.filter((set) => set !== first)];
}

/** The set of a name: "lesson", or "lesson:3" for one of its epochs; null stands for the served set. */
export function setOf(sets, name) {
  const list = choices(sets);
  return list.find((set) => set.name === name || set.epochs.some((epoch) => epoch.name === name)) ?? list[0];
}

/** What a list calls a set: a run by its own name, an upload by the name of its file, and any other set with the hash of its weights. */
export const labelOf = ({ name, origin, model }) => (origin === "run" ? name : model);

/** All names but that of the served set, which is the default. */
export const namesOf = (sets) => choices(sets).flatMap(({ name, epochs }, i) => [...(i > 0 ? [name] : []), ...epochs.map((epoch) => epoch.name)]);

export const epochText = ({ epoch }, epochs) => (epoch === 0 ? "untrained" : `epoch ${epoch} of ${epochs.length - 1}`);

/** "98.47 % correct on MNIST’s test set"; "" if it was not measured; for an untrained network, why it knows nothing. */
export function summaryOf(set, name) {
  const chosen = set.epochs.find((epoch) => epoch.name === name);
  if (chosen?.epoch === 0) return "The weights are random, so each digit gets about 10 %.";
  const accuracy = chosen?.accuracy ?? set.accuracy;
  return accuracy === null ? "" : `${(100 * accuracy).toFixed(2)} % correct on MNIST’s test set`;
}

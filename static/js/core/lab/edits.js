/**
 * Edits of the weights, as texts in the name of a set of weights: "conv1_7_off". The service checks them. Nothing here touches the
 * document.
 */
import { FACTS } from "../service-facts.js";
import { plain } from "../text.js";

export const MOST_EDITS = FACTS.limits.edits;
const OF_UNITS = ["off", "negate", "times", "set", "sobel", "blur", "noise"];
const OF_LAYERS = ["prune", "round", "nobias", "shuffle"];
const EDIT = /^(conv1|conv2|dense1|logits|all)((?:_\d{1,4}){0,2})_([a-z]+)((?:_-?\d{1,3}(?:\.\d{1,6})?)*)$/;

/** "conv1_7_off" -> { layer, places, operation, numbers }; null for any other text. */
export function readEdit(text) {
  const [, layer, places, operation, numbers] = EDIT.exec(text) ?? [];
  if (!layer || !(places ? OF_UNITS : OF_LAYERS).includes(operation) || (places && layer === "all")) return null;
  const parts = (list) => list.split("_").slice(1).map(Number);
  return { layer, places: parts(places), operation, numbers: parts(numbers) };
}

/** { layer, places, operation, numbers } -> "conv1_7_off". */
export const writeEdit = ({ layer, places = [], operation, numbers = [] }) => [layer, ...places, operation, ...numbers.map((number) => String(Number(number.toFixed(6))))].join("_");

/** The name of a set of weights with these edits; without any, it is the name of the original. */
export const nameOf = (original, edits) => [original, ...edits].join("~");

/** What an edit applies to: edits of the same place with the same kind of operation replace each other. */
function placeOf(text) {
  const { layer, places, operation } = readEdit(text);
  const whole = places.length === 0;
  return [layer, ...places, whole ? operation : ""].join("_");
}

/** The edits with one more, which takes the place of an earlier edit of the same filter, unit or layer. */
export function withEdit(edits, text) {
  const kept = edits.filter((edit) => placeOf(edit) !== placeOf(text));
  return [...kept, text].slice(-MOST_EDITS);
}

const NOUNS = { conv1: "filter", conv2: "filter", dense1: "unit", logits: "logit" };

/** The edit in words: "filter 7 of conv1 is off". */
export function editText(text) {
  const { layer, places: [unit, source], operation, numbers } = readEdit(text);
  const [number = 0] = numbers;
  const weights = layer === "all" ? "all weights" : `the weights of ${layer}`;
  const whole = {
    prune: `${plain(number)} % of ${weights} are 0`,
    round: `${weights} have ${number} bit${number === 1 ? "" : "s"}`,
    nobias: layer === "all" ? "no biases" : `no biases in ${layer}`,
    shuffle: `the ${NOUNS[layer] ?? "filter"}s of ${layer === "all" ? "all layers" : layer} are shuffled`,
  };
  if (unit === undefined) return whole[operation];
  const name = `${NOUNS[layer]} ${unit} of ${layer}${source === undefined ? "" : `, input ${source},`}`;
  const own = new Map([
    ["off", "is off"],
    ["negate", "has the opposite sign"],
    ["times", `is multiplied by ${plain(number)}`],
    ["set", "has your weights"],
    ["sobel", "is a Sobel filter"],
    ["blur", "is a blur"],
    ["noise", "is noise"],
  ]);
  return `${name} ${own.get(operation)}`;
}

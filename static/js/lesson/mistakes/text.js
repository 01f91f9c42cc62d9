/** Sentences about the confusion matrix and the mistakes, and programs that print them. No DOM access. */
import { withArticle, percent, plural, whole } from "../../core/text.js";

const sum = (values) => values.reduce((all, value) => all + value, 0);
const were = (n) => `${whole(n)} ${n === 1 ? "was" : "were"}`;
const NAMED = 4; // at most this many other digits are listed one by one

/** The nonzero counts of a row or column outside the diagonal, largest first: [{ digit, count }]. */
const others = (counts, own) =>
  counts.map((count, digit) => ({ digit, count })).filter(({ digit, count }) => digit !== own && count > 0).sort((a, b) => b.count - a.count || a.digit - b.digit);

/** The counts of other digits as a list, most common first: "5 as 1, 1 as 2". */
function listed(found, word) {
  const rest = sum(found.slice(NAMED).map(({ count }) => count));
  return [...found.slice(0, NAMED).map(({ digit, count }) => `${whole(count)} ${word(count, digit)}`), ...(rest ? [`${whole(rest)} others`] : [])].join(", ");
}

/** Three sentences about a cell of the confusion matrix, its row and its column. */
export function sentences(confusion, label, read) {
  const row = confusion[label];
  const column = confusion.map((counts) => counts[read]);
  const [all, answered] = [sum(row), sum(column)];
  const [inRow, inColumn] = [others(row, label), others(column, read)];
  const share = (part, of) => (of === 0 ? "" : ` (${((100 * part) / of).toFixed(2)} %)`);
  return [
    label === read
      ? `${whole(row[read])} of ${plural(all, "image")} of ${withArticle(label)} were read correctly${share(row[read], all)}.`
      : `Of ${plural(all, "image")} of ${withArticle(label)}, ${were(row[read])} read as ${read}${share(row[read], all)}. The opposite mistake, ${withArticle(read)} read as ${label}: ${whole(confusion[read][label])}.`,
    inRow.length ? `Row ${label}: ${were(all - row[label])} read wrongly: ${listed(inRow, (_, digit) => `as ${digit}`)}.` : `Row ${label}: none was read wrongly.`,
    inColumn.length
      ? `Column ${read}: of ${plural(answered, "answer")} “${read}”, ${whole(answered - column[read])} ${answered - column[read] === 1 ? "is" : "are"} wrong: ${listed(inColumn, (count, digit) => `${count === 1 ? "image" : "images"} of ${withArticle(digit)}`)}.`
      : `Column ${read}: the answer “${read}” was never wrong.`,
  ];
}

/** The most common mistake, [label, answer]; null if there are no mistakes. */
export function mostCommonMistake(confusion) {
  let [most, at] = [0, null];
  for (const [label, row] of confusion.entries()) {
    for (const { digit, count } of others(row, label)) if (count > most) [most, at] = [count, [label, digit]];
  }
  return at;
}

/** The heading of the list of mistakes, which shows `shown` of them. `kind` is [label, answer]; null if all kinds are listed. */
export function headline({ confusion, mistakes }, kind, shown) {
  const wrong = sum(confusion.map((row, label) => sum(row) - row[label]));
  if (wrong === 0) return "The network made no mistakes.";
  if (kind === null) return shown < wrong ? `The ${shown} most confident of all ${plural(wrong, "mistake")}:` : `All ${plural(wrong, "mistake")}, the most confident first:`;
  const [label, read] = kind;
  if (label === read) return `${label === 8 ? "An" : "A"} ${label} read as ${read} is not a mistake.`;
  const count = confusion[label][read];
  if (count === 0) return `No ${label} was read as ${read}.`;
  if (shown === count) return count === 1 ? `The only ${label} that was read as ${read}:` : `All ${count} images of ${withArticle(label)} that were read as ${read}:`;
  return shown === 0
    ? `${plural(count, "image")} of ${withArticle(label)} ${count === 1 ? "was" : "were"} read as ${read}. Images are stored only for the ${mistakes.length} most confident mistakes, and none of these is among them.`
    : `${shown} of the ${count} images of ${withArticle(label)} read as ${read}. The others are not among the ${mistakes.length} most confident mistakes.`;
}

/** A mistake in a sentence. */
export const describeMistake = ({ index, label, answer, confidence, probabilities }) =>
  `Test image ${whole(index)} is ${withArticle(label)}. The network reads ${answer}. Its confidence is ${percent(confidence)}${probabilities ? `; the probability of ${label} is ${percent(probabilities[label])}` : ""}.`;

/** Programs that print the mistakes, and request a prediction for the one that is shown. */
export function programsOf({ origin, mistake }) {
  const shown = mistake.index;
  return {
    numpy: `# The most confident mistakes of the loaded weights, and a new prediction for one of them.
import json
import urllib.request

import numpy as np

SERVICE = ${JSON.stringify(origin)}
measured = json.load(urllib.request.urlopen(SERVICE + "/model/evaluation"))
for mistake in measured["mistakes"]:
    print("{index}: a {label} read as {answer}, {confidence:.4f}".format(**mistake))

confusion = np.array(measured["confusion"])  # row: true digit, column: answer
print("read wrongly:", confusion.sum() - np.trace(confusion))

(image,) = [mistake["picture"] for mistake in measured["mistakes"] if mistake["index"] == ${shown}]
request = urllib.request.Request(
    SERVICE + "/predict?prepare=none",  # the image needs no preprocessing
    json.dumps({"pixels": image}).encode(),
    {"Content-Type": "application/json"},
)
answer = json.load(urllib.request.urlopen(request))
print("image ${shown}:", int(np.argmax(answer["probabilities"])), f'{max(answer["probabilities"]):.4f}')
`,
    curl: `curl --silent --show-error --fail '${origin}/model/evaluation' \\
  | python3 -c 'import json, sys; print(json.dumps({"pixels": next(m["picture"] for m in json.load(sys.stdin)["mistakes"] if m["index"] == ${shown})}))' \\
  | curl --silent --show-error --fail '${origin}/predict?prepare=none' --header 'Content-Type: application/json' --data @- \\
  | python3 -c 'import json, sys; p = json.load(sys.stdin)["probabilities"]; print(p.index(max(p)), f"{max(p):.4f}")'
`,
  };
}

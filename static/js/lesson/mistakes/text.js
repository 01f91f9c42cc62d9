/** What the confusion matrix says, in sentences, and the mistakes as programs. Nothing here touches the document. */
import { withArticle, percent, plural, whole } from "../../core/text.js";

const sum = (values) => values.reduce((all, value) => all + value, 0);
const were = (n) => `${whole(n)} ${n === 1 ? "was" : "were"}`;
const NAMED = 4; // digits that are named one by one

/** The other digits of a row or column that are not 0, the largest first: [{ digit, count }]. */
const others = (counts, own) =>
  counts.map((count, digit) => ({ digit, count })).filter(({ digit, count }) => digit !== own && count > 0).sort((a, b) => b.count - a.count || a.digit - b.digit);

/** "5 as 1, 1 as 2": how often each of the other digits, the commonest first. */
function listed(found, word) {
  const rest = sum(found.slice(NAMED).map(({ count }) => count));
  return [...found.slice(0, NAMED).map(({ digit, count }) => `${whole(count)} ${word(count, digit)}`), ...(rest ? [`${whole(rest)} others`] : [])].join(", ");
}

/** Three sentences for the cell of a digit and what it was read as: the cell, its row, its column. */
export function sentences(confusion, label, read) {
  const row = confusion[label];
  const column = confusion.map((counts) => counts[read]);
  const [all, answered] = [sum(row), sum(column)];
  const [taken, missed] = [others(row, label), others(column, read)];
  const share = (part, of) => (of === 0 ? "" : ` (${((100 * part) / of).toFixed(2)} %)`);
  return [
    label === read
      ? `${whole(row[read])} of ${plural(all, "picture")} of ${withArticle(label)} were read right${share(row[read], all)}.`
      : `Of ${plural(all, "picture")} of ${withArticle(label)}, ${were(row[read])} read as ${read}${share(row[read], all)}. The other way round: ${whole(confusion[read][label])}.`,
    taken.length ? `Row ${label}: ${were(all - row[label])} read wrong, ${listed(taken, (_, digit) => `as ${digit}`)}.` : `Row ${label}: none was read wrong.`,
    missed.length
      ? `Column ${read}: of ${plural(answered, "answer")} “${read}”, ${whole(answered - column[read])} ${answered - column[read] === 1 ? "is" : "are"} wrong: ${listed(missed, (count, digit) => `${count === 1 ? "was" : "were"} ${withArticle(digit)}`)}.`
      : `Column ${read}: the answer “${read}” was never wrong.`,
  ];
}

/** The digit and what it was read as most often, [label, answer]; null where every picture was read right. */
export function commonest(confusion) {
  let [most, at] = [0, null];
  for (const [label, row] of confusion.entries()) {
    for (const { digit, count } of others(row, label)) if (count > most) [most, at] = [count, [label, digit]];
  }
  return at;
}

/** What is said of the mistakes that are shown: so many of those of one kind, [label, answer], or of all where that is null. */
export function headline({ confusion, mistakes }, kind, shown) {
  const wrong = sum(confusion.map((row, label) => sum(row) - row[label]));
  if (wrong === 0) return "It made no mistake.";
  if (kind === null) return shown < wrong ? `The ${shown} surest of ${plural(wrong, "mistake")}:` : `All ${plural(wrong, "mistake")}, the surest first:`;
  const [label, read] = kind;
  if (label === read) return `${label === 8 ? "An" : "A"} ${label} read as ${read} is no mistake.`;
  const count = confusion[label][read];
  if (count === 0) return `No ${label} was read as ${read}.`;
  if (shown === count) return count === 1 ? `The one ${label} read as ${read}:` : `All ${count} read as ${read} that are ${withArticle(label)}:`;
  return shown === 0
    ? `${plural(count, "picture")} of ${withArticle(label)} ${count === 1 ? "was" : "were"} read as ${read}, none among the ${mistakes.length} surest mistakes; only those are kept as pictures.`
    : `${shown} of the ${count} of ${withArticle(label)} read as ${read}; the others are not among the ${mistakes.length} surest mistakes.`;
}

/** A mistake in a sentence. */
export const told = ({ index, label, answer, confidence, probabilities }) =>
  `Test picture ${whole(index)} is ${withArticle(label)}. The network reads ${answer} and is ${percent(confidence)} sure${probabilities ? `; to the ${label} it gives ${percent(probabilities[label])}` : ""}.`.replaceAll(" %", "\u00a0%");

/** The mistakes as programs that print them, and ask about the one that is shown once more. */
export function programsOf({ origin, mistake }) {
  const shown = mistake.index;
  return {
    numpy: `# The surest mistakes of the weights that are loaded, and one of them read once more.
import json
import urllib.request

import numpy as np

SERVICE = ${JSON.stringify(origin)}
measured = json.load(urllib.request.urlopen(SERVICE + "/model/evaluation"))
for mistake in measured["mistakes"]:
    print("{index}: a {label} read as {answer}, {confidence:.4f}".format(**mistake))

confusion = np.array(measured["confusion"])  # row: what it is, column: what was read
print("read wrong:", confusion.sum() - np.trace(confusion))

(picture,) = [mistake["picture"] for mistake in measured["mistakes"] if mistake["index"] == ${shown}]
request = urllib.request.Request(
    SERVICE + "/predict?prepare=none",  # it is 28 × 28 as it stands
    json.dumps({"pixels": picture}).encode(),
    {"Content-Type": "application/json"},
)
answer = json.load(urllib.request.urlopen(request))
print("picture ${shown}:", int(np.argmax(answer["probabilities"])), f'{max(answer["probabilities"]):.4f}')
`,
    curl: `curl --silent --show-error --fail '${origin}/model/evaluation' \\
  | python3 -c 'import json, sys; print(json.dumps({"pixels": next(m["picture"] for m in json.load(sys.stdin)["mistakes"] if m["index"] == ${shown})}))' \\
  | curl --silent --show-error --fail '${origin}/predict?prepare=none' --json @- \\
  | python3 -c 'import json, sys; p = json.load(sys.stdin)["probabilities"]; print(p.index(max(p)), f"{max(p):.4f}")'
`,
  };
}

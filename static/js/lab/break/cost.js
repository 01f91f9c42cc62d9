/** What the edits cost on 2,000 test digits: the guess that comes first, the count, the digits that are newly wrong. */
import { createLatest, json, request } from "../../service/lab.js";
import { SIDE } from "../../core/drawing.js";
import { plain, whole } from "../../core/text.js";
import { el, setText } from "../../ui/dom.js";
import { createSheet } from "../shared/digit-sheet.js";
import { createGuess, earlierText } from "../shared/guess-form.js";
import { costText, guessText } from "./texts.js";

const MOST_SHOWN = 12;

/** `part(name)` finds a part of the panel; `changed()` is called when there is something new to show. */
export function createCost(part, { say, changed }) {
  let measured = null; // the newest response, with the name of the weights that it is for
  let requested = null;
  const sheet = createSheet("test", changed);

  const measure = createLatest(
    async (weights) => ({ ...(await request("/lab/accuracy", {}, json({ weights }))), weights }),
    (found) => {
      measured = found;
      changed();
    },
    (error) => say(error.message),
  );

  const question = createGuess(part("guess-form"), [0, 100], { say, changed });
  part("ask-again").addEventListener("click", question.again);

  function showBroken({ broken, broken_as: readAs }) {
    part("broken").replaceChildren(...broken.slice(0, MOST_SHOWN).map((position, i) => {
      const canvas = el("canvas", { width: SIDE, height: SIDE, role: "img", "aria-label": `A digit that is now read as ${readAs[i]}` });
      sheet.draw(canvas, position);
      return el("figure", {}, canvas, el("figcaption", {}, `→ ${readAs[i]}`));
    }));
    part("broken-says").hidden = broken.length === 0;
    setText(part("broken-says"), `Newly misread${broken.length > MOST_SHOWN ? `, ${MOST_SHOWN} of ${whole(broken.length)}` : ""}, with the new answer:`);
  }

  function showConfusion({ confusion }) {
    const head = el("tr", {}, el("td"), ...confusion.map((_, digit) => el("th", { scope: "col" }, String(digit))));
    const rows = confusion.map((row, digit) => el("tr", {}, el("th", { scope: "row" }, String(digit)), ...row.map((count, as) =>
      el("td", { class: as === digit ? "same" : count === 0 ? "none" : count < 5 ? "some" : count < 20 ? "more" : "most" }, String(count)))));
    part("confusion").replaceChildren(el("thead", {}, head), el("tbody", {}, ...rows));
  }

  let shown = null;
  return {
    question,
    /** Show what `weights`, a name with `count` edits, cost. */
    show(weights, count) {
      if (weights !== requested) {
        requested = weights;
        measure(weights);
      }
      const ready = measured?.weights === weights;
      const { revealed, guess } = question;
      const holds = question.holds({ weights });
      if (guess !== null && !holds) setText(part("guessed"), earlierText(`${plain(guess, 1)} of 100`, "other edits or weights"));
      part("guess-form").hidden = revealed || count === 0;
      part("cost").hidden = !revealed || count === 0;
      part("cost").dataset.settled = String(ready);
      const about = `${weights} ${guess} ${holds} ${sheet.ready}`;
      if (!ready || !revealed || shown === about) return;
      if (holds) setText(part("guessed"), guess === null ? "" : guessText(guess, measured));
      part("guessed").hidden = guess === null;
      setText(part("cost-says"), costText(measured));
      showBroken(measured);
      showConfusion(measured);
      shown = about;
    },
  };
}

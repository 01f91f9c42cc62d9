/** The game: "draw a 4 that is read as a 9". The best attempts are kept in this browser only. */
import { drawingToText, linkableDrawing, textToDrawing } from "../../core/links/drawing-text.js";
import { percent } from "../../core/text.js";
import { el, replaceIfChanged, setText } from "../../ui/dom.js";
import { scoreOf, scoreText } from "./texts.js";

const KEY = "inkling.lab.fool";
const MOST = 3; // attempts kept for each pair

/** `part(name)` finds a part of the panel. Returns { pair, set(pair), show() }. */
export function createGame(part, lab) {
  const [rights, wrongs] = [part("right"), part("wrong")];
  let pair = [4, 9];
  let attempts = read();
  let seen = null; // the last answer that was scored

  for (const [i, select] of [rights, wrongs].entries()) {
    select.addEventListener("change", () => {
      const value = Number(select.value);
      const other = pair[1 - i] === value ? pair[i] : pair[1 - i]; // two equal digits: they are exchanged
      pair = i === 0 ? [value, other] : [other, value];
      lab.changed();
    });
  }
  part("forget").addEventListener("click", () => {
    attempts = {};
    keep();
    lab.changed();
  });

  function read() {
    try {
      return JSON.parse(localStorage.getItem(KEY)) ?? {};
    } catch {
      return {}; // storage is not allowed, or holds something else
    }
  }
  function keep() {
    try {
      localStorage.setItem(KEY, JSON.stringify(attempts));
    } catch {
      // Storage is not allowed: the attempts last for this visit.
    }
  }

  /** Keep a finished drawing among the best of its pair. */
  function add(score) {
    const { drawn, pen } = lab.drawing();
    if (score < 0.01 || drawn.strokes.length === 0) return;
    const text = drawingToText(linkableDrawing(drawn, { pen, prepare: "mnist" }).drawing);
    const list = (attempts[pair.join("-")] ?? []).filter((each) => each.drawing !== text);
    attempts = { ...attempts, [pair.join("-")]: [...list, { score, drawing: text }].sort((a, b) => b.score - a.score).slice(0, MOST) };
    keep();
  }

  function showBest() {
    const list = attempts[pair.join("-")] ?? [];
    replaceIfChanged(part("best"), JSON.stringify(list), () => list.map(({ score, drawing }) => {
      const button = el("button", { type: "button", class: "quiet", title: "Put this drawing on the pad" }, percent(score));
      button.addEventListener("click", () => {
        const { strokes, pen } = textToDrawing(drawing);
        lab.setDrawing({ strokes: strokes.map((stroke) => stroke.map(([x, y]) => [x, y, 0])), image: null, pen });
      });
      return el("li", {}, button);
    }));
    part("best-block").hidden = list.length === 0;
  }

  return {
    get pair() {
      return pair;
    },
    set(next) {
      pair = next;
    },
    show() {
      const { answer } = lab.state;
      [rights.value, wrongs.value] = pair.map(String);
      const score = scoreOf(answer.prediction, pair[1]);
      setText(part("score"), scoreText(answer.prediction, pair));
      part("meter").style.width = `${100 * score}%`;
      if (lab.settled && seen !== `${answer.number} ${pair}`) {
        seen = `${answer.number} ${pair}`;
        add(score);
      }
      showBest();
    },
  };
}

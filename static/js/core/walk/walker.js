/**
 * The walk from cell to cell: pinning, going to an operand and back, following the strongest path, and sliding the window. It
 * changes the store; nothing here touches the document.
 */
import { byName } from "../layers.js";
import { strongestCell } from "../statistics.js";
import { lastCell, nextCell, sameCell, shiftedCell, startAt, stepBack, stepTo } from "./path.js";
import { calculate, cellOf, operands, strongest } from "./calculation.js";

const STEP = 5000; // ms for each cell on the strongest path, enough to read its sentence
const SLIDE = 160; // ms for each place of a sliding window

/** Whether a kind of layer has a window that can slide. */
export const canSlide = (kind) => kind === "convolution" || kind === "max_pool" || kind === "relu" || kind === "input";

/** `still()` says whether the user prefers reduced motion: then animations take one step per press. */
export function createWalker(store, { still }) {
  let timer = null;
  let cached = [];
  let predictedDigit = null;

  /** The calculation of a cell; null until the activations are exact and the weights loaded. The last one is cached. */
  function calculation(cell) {
    const { answer, weights } = store.state;
    if (!cell || !answer?.exact || !weights?.covers(cell.layer)) return null;
    const key = [cell, answer, weights];
    if (key.some((value, i) => value !== cached[i])) cached = [...key, calculate(cell, answer.activations, weights, answer.temperature)];
    return cached[3];
  }

  const explained = () => lastCell(store.state.path) ?? store.state.auto;
  const setPath = (path, more = {}) => store.set({ path, channel: null, hovered: null, pointed: null, ...more });

  function stop() {
    clearInterval(timer);
    timer = null;
    store.set({ playing: null });
  }

  function start(playing, pause, step) {
    stop();
    if (step() === false || still()) return;
    store.set({ playing });
    timer = setInterval(() => step() === false && stop(), pause);
  }

  /**
   * Move the window to another cell of its layer. The old path does not lead there, so a new walk begins; the shown
   * channel stays, so that the same filter slides.
   */
  function slideTo(cell) {
    if (sameCell(cell, explained())) return;
    setPath(startAt(cell), { channel: store.state.channel ?? strongestChannel() });
  }
  const strongestChannel = () => {
    const current = calculation(explained());
    return current?.channels?.length > 1 ? strongest(current).map : null;
  };

  /** The cell of the predicted digit, or of 0 if there is none. */
  const answerCell = () => cellOf("probabilities", store.state.answer?.prediction.digit ?? 0);

  /**
   * Go one step along the strongest path; without a path, to the prediction. From the ink, it goes on to the recap of the path.
   * But if the path is still `first`, the path at the start of the animation, it goes to the prediction. Returns whether more
   * steps follow.
   */
  function advance(first = null) {
    const { path } = store.state;
    if (path.length === 0 || (path === first && lastCell(path).layer === "input")) {
      setPath(startAt(answerCell()));
      return true;
    }
    const current = calculation(lastCell(path));
    const to = current && strongest(current);
    if (to) setPath(stepTo(path, to));
    else if (current) store.set({ view: "path" });
    return Boolean(to);
  }

  /**
   * Pin a cell: go to it if it is an operand of the explained cell, otherwise begin a new walk. A pinned cell stays pinned: the
   * arrow keys move the pin, and Enter does not remove it; Esc does.
   */
  function pin(cell) {
    stop();
    const { path } = store.state;
    const at = lastCell(path);
    if (at && sameCell(at, cell)) return store.set({ hovered: null });
    const current = at && calculation(at);
    const follows = current && operands(current).some((operand) => sameCell(operand.cell, cell));
    setPath(follows ? stepTo(path, cell) : startAt(cell));
  }

  return {
    calculation,
    explained,
    stop,
    /** A cell was pressed: unpin it if it is the explained one, otherwise pin it. */
    togglePin(cell) {
      const { path } = store.state;
      if (path.length === 0 || !sameCell(lastCell(path), cell)) return pin(cell);
      stop();
      setPath(stepBack(path));
    },
    pin,
    /** Go to an operand. An explained cell that was not pinned becomes the first step of the walk. */
    goTo(cell) {
      stop();
      const { path } = store.state;
      setPath(stepTo(path.length ? path : startAt(explained()), cell));
    },
    jump(index) {
      stop();
      setPath(store.state.path.slice(0, index + 1));
    },
    answer() {
      stop();
      setPath(startAt(answerCell()));
    },
    /** There is a new prediction. A walk from the digit that was predicted before begins again at the new one. */
    predicted() {
      const { path, answer } = store.state;
      const [before, digit] = [predictedDigit, answer.prediction.digit];
      predictedDigit = digit;
      const start = path[0];
      if (!start || digit === before || start.row !== before || !(start.layer === "probabilities" || start.layer === "logits")) return;
      stop();
      setPath(digit === null ? [] : startAt(cellOf(start.layer, digit)));
    },
    back() {
      stop();
      setPath(stepBack(store.state.path));
    },
    /** Unpin everything. */
    release() {
      stop();
      setPath([]);
    },
    /** Move the window `dx` cells to the right and `dy` down, within its map. */
    slide(dx, dy) {
      stop();
      const cell = explained();
      if (!cell) return;
      slideTo(shiftedCell(byName[cell.layer], cell, dx, dy));
    },
    /** Move the pin to another cell of its layer. */
    slideTo(cell) {
      stop();
      slideTo(cell);
    },
    /** Move the window to a place of the map in the source map. */
    moveTo(x, y) {
      const cell = explained();
      const { kind, rows, cols } = byName[cell.layer];
      if (!canSlide(kind)) return;
      stop();
      const corner = kind === "max_pool" ? (at) => at >> 1 : kind === "convolution" ? (at) => at - 1 : (at) => at;
      const within = (at, size) => Math.min(Math.max(corner(at), 0), size - 1);
      slideTo({ ...cell, row: within(y, rows), col: within(x, cols) });
    },
    /** Follow the strongest path from the pinned cell, or from the prediction, to the ink and its recap; called again, it stops. */
    follow() {
      if (store.state.playing === "path") return stop();
      const { path } = store.state;
      start("path", STEP, () => advance(path));
    },
    /** One step along the strongest path; from the ink to the recap. */
    step() {
      stop();
      advance();
    },
    /** Make this the path. */
    goAlong(path) {
      stop();
      setPath(path);
    },
    /** Slide the window over the whole map; called again, it stops. */
    play() {
      if (store.state.playing === "window") return stop();
      start("window", SLIDE, () => {
        const cell = explained();
        if (!canSlide(byName[cell.layer].kind)) return false;
        slideTo(nextCell(byName[cell.layer], cell));
        return true;
      });
    },
  };
}

/** The strongest cell of conv1, which is explained until another cell is chosen. */
export const firstCell = (activations) => strongestCell("conv1", activations);

/**
 * The walk from cell to cell: pinning, going on to an operand, back, along the strongest path by itself, and the window
 * sliding over a map. It changes the store's path and nothing else; nothing here touches the document.
 */
import { byName } from "../layers.js";
import { back, begin, here, next, onTo, same, shifted } from "./path.js";
import { calculate, cellOf, operands, strongest } from "./calculation.js";

const STEP = 2500; // ms for each cell on the strongest path
const SLIDE = 160; // ms for each place of a sliding window

/** Layers whose cells look through a window that can slide. */
export const slides = (kind) => kind === "convolution" || kind === "max_pool" || kind === "relu" || kind === "input";

/**
 * `still()` says whether the reader wants no motion: then what moves by itself takes one step for each press.
 * `temperature` is the service's, see calculate.
 */
export function createWalker(store, { still, temperature = 1 }) {
  let timer = null;
  let memo = [];

  /** The calculation of a cell; null while the numbers are not exact, or the weights not here. One is remembered. */
  function calculation(cell) {
    const { answer, weights } = store.state;
    if (!cell || !answer?.exact || !weights) return null;
    const key = [cell, answer, weights];
    if (key.some((value, i) => value !== memo[i])) memo = [...key, calculate(cell, answer.activations, weights, temperature)];
    return memo[3];
  }

  const explained = () => here(store.state.path) ?? store.state.auto;
  const go = (path, more = {}) => store.set({ path, channel: null, hovered: null, pointed: null, ...more });

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
   * The window somewhere else in its layer. What led to where it was does not lead here, so the walk begins anew; the
   * channel that is looked at stays, or it would not be one filter that slides.
   */
  function slideTo(cell) {
    if (same(cell, explained())) return;
    go(begin(cell), { channel: store.state.channel ?? openChannel() });
  }
  const openChannel = () => {
    const to = calculation(explained());
    return to?.channels?.length > 1 ? strongest(to).map : null;
  };

  /** The winning bar, or the first one where nothing wins. */
  const answerCell = () => cellOf("probabilities", store.state.answer?.prediction.digit ?? 0);

  /** One step on from the path `now`; from its end, or from none, to the answer if it is still `first`. Says whether there are more. */
  function along(now, first) {
    const found = calculation(here(now));
    const to = found && strongest(found);
    if (!to && now !== first) return false;
    if (!to && now.length > 0 && !found) return false;
    go(to ? onTo(now, to) : begin(answerCell()));
    return !to || byName[to.layer].kind !== "input";
  }

  /**
   * Pin a cell: on to it if it is an operand of what is explained, else a new walk begins there. What is pinned stays so:
   * the arrow keys take the pin along, and Enter where they have led to must not undo it; Esc lets go.
   */
  function keep(cell) {
    stop();
    const { path } = store.state;
    const at = here(path);
    if (at && same(at, cell)) return store.set({ hovered: null });
    const found = at && calculation(at);
    const follows = found && operands(found).some((operand) => same(operand.cell, cell));
    go(follows ? onTo(path, cell) : begin(cell));
  }

  return {
    calculation,
    explained,
    stop,
    /** A cell was pressed: let go of it if it is what is explained, else keep it. */
    choose(cell) {
      const { path } = store.state;
      if (path.length === 0 || !same(here(path), cell)) return keep(cell);
      stop();
      go(back(path));
    },
    keep,
    /** An operand in the strip was pressed. What was explained there unpinned becomes the walk's first step. */
    on(cell) {
      stop();
      const { path } = store.state;
      go(onTo(path.length ? path : begin(explained()), cell));
    },
    jump(index) {
      stop();
      go(store.state.path.slice(0, index + 1));
    },
    answer() {
      stop();
      go(begin(answerCell()));
    },
    back() {
      stop();
      go(back(store.state.path));
    },
    /** Let go of everything that is pinned. */
    release() {
      stop();
      go([]);
    },
    /** The window one cell further in its map. */
    slide(dx, dy) {
      stop();
      const cell = explained();
      if (!cell) return;
      slideTo(shifted(byName[cell.layer], cell, dx, dy));
    },
    /** An arrow key has led from the pinned cell to this one of its layer. */
    slideTo(cell) {
      stop();
      slideTo(cell);
    },
    /** The window to a place of the map that is looked at. */
    put(x, y) {
      const cell = explained();
      const { kind, rows, cols } = byName[cell.layer];
      if (!slides(kind)) return;
      stop();
      const half = kind === "max_pool" ? (at) => at >> 1 : kind === "convolution" ? (at) => at - 1 : (at) => at;
      const keep = (at, size) => Math.min(Math.max(half(at), 0), size - 1);
      slideTo({ ...cell, row: keep(y, rows), col: keep(x, cols) });
    },
    /** From the answer, or from where one is, to the ink; pressed again it stops. */
    follow() {
      if (store.state.playing === "path") return stop();
      const { path } = store.state;
      start("path", STEP, () => along(store.state.path, path));
    },
    /** One step along the strongest path. */
    step() {
      stop();
      along(store.state.path, store.state.path);
    },
    /** Slide the window by itself over the whole map; pressed again it stops. */
    play() {
      if (store.state.playing === "window") return stop();
      start("window", SLIDE, () => {
        const cell = explained();
        if (!slides(byName[cell.layer].kind)) return false;
        slideTo(next(byName[cell.layer], cell));
        return true;
      });
    },
  };
}

/** The strongest cell of conv1: what is explained before anyone has pointed at anything. */
export function firstCell({ conv1 }) {
  const { rows, cols } = byName.conv1;
  const at = conv1.indexOf(Math.max(...conv1));
  return { layer: "conv1", map: Math.floor(at / (rows * cols)), row: Math.floor((at % (rows * cols)) / cols), col: at % cols };
}

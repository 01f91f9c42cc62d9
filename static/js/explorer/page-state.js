/** The state of the main page. */
import { history, PEN } from "../core/drawing.js";
import { createStore } from "../core/store.js";
import { beginsSimple } from "./first/first-view.js";
import { initialTheme } from "../ui/theme-switch.js";

/**
 * history      drawings: past, present, future
 * drawing      whether a pointer is down on the pad
 * pen          width of the pen in pad units
 * prepare      the preprocessing mode
 * calibrated   whether the probabilities are calibrated; otherwise they are the plain softmax
 * scale        range of the colours: "map", "layer" or "fixed"
 * theme, dark  see ui/theme-switch.js
 * answer       the newest response: { activations, prediction, stages, exact, … }; null before the first
 * comparison   predictions in all preprocessing modes: { drawn, pen, calibrated, predictions } (service/preprocessing-comparison.js)
 * weightSet    the name of the weights that answer, as GET /weights lists it; null for the served ones
 * weights      their numbers (service/weights.js), first those of conv1 only; null until they have loaded
 * hovered      the cell under the pointer, { layer, map, row, col }; null if there is none
 * auto         the cell that is explained while none is pinned: the strongest of conv1
 * path         the pinned cells, from the start of the walk to the explained one
 * channel      the channel of a conv2 calculation that is shown; null for the strongest
 * pointed      the operand under the pointer in the cell panel
 * code         the program that is shown instead of the numbers: "numpy", "torch" or "curl"; null for none
 * playing      the animation that runs: "path" or "window"; null for none
 * first        whether the page shows the simple view of the first visit (explorer/first/)
 * view         the tab of the network: "network", "map", "table", "costs", "trust", "contrast" or "path"
 * contrast     the newest response of service/contrast.js; null before the first
 * pair         the two digits of the view "contrast", "7-1"; null for the two most likely
 * sorted       whether the maps are sorted by strength instead of by number
 * work         whether the page asks for numbers instead of showing them
 * worked       the cells whose numbers have been worked out for this prediction, as subscripts
 */
export const createPageStore = () =>
  createStore({
    history: history(),
    drawing: false,
    pen: PEN.usual,
    prepare: "mnist",
    calibrated: true,
    weightSet: null,
    scale: "layer",
    ...initialTheme(),
    answer: null,
    comparison: { drawn: null, pen: null, calibrated: true, weightSet: null, predictions: {} },
    weights: null,
    hovered: null,
    auto: null,
    path: [],
    channel: null,
    pointed: null,
    code: null,
    playing: null,
    first: beginsSimple(),
    view: "network",
    contrast: null,
    pair: null,
    sorted: false,
    work: false,
    worked: [],
  });

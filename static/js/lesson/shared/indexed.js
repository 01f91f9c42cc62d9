/** A letter with its indices, as in a formula: O with the indices 0, 1 below the line. */
import { el } from "../../ui/dom.js";

/** The parts of the letter, to be placed between other texts. */
export const indexed = (letter, ...indices) => [el("i", {}, letter), el("sub", {}, indices.join(", "))];

/**
 * The lesson's sections, in its own order. Each module has
 *
 *   STEPS             { name: "what it shows" }, the places in the section that a link can name; the first is how it opens
 *   mount(root, lesson)   fills the section's .widget (and .try, .code); `lesson` is described in lesson.js. Gives back
 *                     { show(), go(step) }: show() paints the student's digit anew, in a frame and only while the section is
 *                     in sight; go(step) brings the section to one of its STEPS
 */
import * as correlation from "./correlation.js";
import * as dense from "./dense.js";
import * as edges from "./edges.js";
import * as mistakes from "./mistakes.js";
import * as network from "./network.js";
import * as pooling from "./pooling.js";
import * as size from "./size.js";
import * as softmax from "./softmax.js";
import * as training from "./training.js";

export const SECTIONS = Object.freeze({ dense, correlation, size, edges, pooling, network, softmax, training, mistakes });

/**
 * The lesson's sections, in its own order. Each module has
 *
 *   STEPS             { name: "what it shows" }, the places in the section that a link can name; the first is how it opens
 *   mount(root, lesson)   fills the section's .widget (and .try, .code); `lesson` is described in lesson.js. Gives back
 *                     { show(), go(step) }: show() paints the student's digit anew, in a frame and only while the section is
 *                     in sight; go(step) brings the section to one of its STEPS
 */
import * as correlation from "./correlation/section.js";
import * as dense from "./dense/section.js";
import * as edges from "./edges/section.js";
import * as mistakes from "./mistakes/section.js";
import * as network from "./network/section.js";
import * as pooling from "./pooling/section.js";
import * as size from "./size/section.js";
import * as softmax from "./softmax/section.js";
import * as training from "./training/section.js";

export const SECTIONS = Object.freeze({ dense, correlation, size, edges, pooling, network, softmax, training, mistakes });

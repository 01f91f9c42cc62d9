/**
 * The sections of the lesson, in order. Each module exports
 *
 *   STEPS                { name: "what it shows" }: the steps that a link can open. The section starts at the first step
 *   mount(root, lesson)  fills the section's .widget and .code; lesson.js describes `lesson`. Returns { show(), go(step) }:
 *                        show() repaints the section for the current digit, and is called in an animation frame while the
 *                        section is visible; go(step) opens one of its STEPS
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

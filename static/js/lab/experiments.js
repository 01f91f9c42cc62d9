/**
 * The experiments of the lab, in the order of their tabs. A module exports
 *
 *   mount(root, lab)  creates the experiment in its panel. Returns
 *                     show()       paints it, and asks the service for what is missing; called only while it is open
 *                     cell()       the cell of the network that its link data-to="network.cell" pins
 *                     missingInLink()  what get() leaves out because a link has no room for it, in a sentence; optional
 *                     needsPad()   whether a closed pad should open with the experiment; optional
 *                     get(), set(texts)  its settings for links, { name: text }, without those that have their usual values
 *
 * `lab` is described in lab.js.
 */
import * as breaking from "./break/experiment.js";
import * as fool from "./fool/experiment.js";
import * as map from "./map/experiment.js";
import * as matter from "./matter/experiment.js";
import * as replay from "./replay/experiment.js";
import * as teach from "./teach/experiment.js";

export const EXPERIMENTS = { break: breaking, matter, fool, map, replay, teach };

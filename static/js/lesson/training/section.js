/** Training: gradient steps on a small batch, computed by the service, and the training runs that come with Inkling. */
import { FACTS } from "../../core/service-facts.js";
import { createPrograms, fileOf } from "../../widgets/program-tabs.js";
import { combine } from "../../core/links/setting-parts.js";
import { createLoop } from "./loop.js";
import { torchProgram } from "./program.js";
import { createRuns } from "./runs.js";
import { scrollToPart } from "../shared/scrolling.js";
import { SERVICE } from "../../core/service/address.js";

export const STEPS = Object.freeze({
  loop: "the batch before any step",
  step: "one gradient step with SGD, and its numbers",
  small: "a learning rate that is too small",
  right: "twenty steps with SGD and a learning rate that is about right",
  large: "a learning rate that is too large",
  adam: "twenty steps with Adam",
  epochs: "whole training runs, epoch by epoch",
});
const SETTINGS = {
  loop: { optimiser: "sgd", rate: 0.03, step: 0 },
  step: { optimiser: "sgd", rate: 0.03, step: 1 },
  small: { optimiser: "sgd", rate: 0.001, step: 20 },
  right: { optimiser: "sgd", rate: 0.03, step: 20 },
  large: { optimiser: "sgd", rate: 3, step: 20 },
  adam: { optimiser: "adam", rate: 0.001, step: 20 },
};

export function mount(root, lesson) {
  const { sha256 } = FACTS.model;
  const places = { loop: root.querySelector(".loop-part"), epochs: root.querySelector(".runs-part") };
  let programs = null; // null until the loop has been painted for the first time
  const loop = createLoop({ changed: () => programs && refresh() });
  const runs = createRuns({ sha256 });
  places.loop.append(loop.node);
  root.querySelector(".loss-formula").append(loop.formula);
  places.epochs.append(runs.node);
  const file = fileOf(root); // examples/train_mnist.py
  programs = createPrograms(root.querySelector(".code"), ["torch", ...(file ? ["file"] : [])], () => {
    const current = loop.current();
    return { file, torch: current ? torchProgram({ ...current, origin: SERVICE }) : "# Take a step first. Then its program is shown here.\n" };
  }, lesson);
  let requested = false;

  function refresh() {
    programs.refresh();
    const [filter, , row, col] = loop.current()?.run.weight.index ?? [0, 0, 1, 1];
    root.querySelector(".onwards a").href = lesson.toNetwork({ path: [{ layer: "conv1", map: filter, row, col }], view: "map" });
  }

  return {
    settings: combine([loop.settings, runs.settings, programs.settings]),
    show() {
      if (!requested) lesson.figures().then(runs.showFigures, runs.showError);
      requested = true;
      loop.node.classList.add("seen"); // now it needs the image of its digits
      refresh(); // the link contains the drawing
    },
    go(step) {
      if (SETTINGS[step]) loop.set(SETTINGS[step]);
      const place = places[step] ?? places.loop;
      scrollToPart(place);
    },
  };
}

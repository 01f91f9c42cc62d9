/** Why not just dense layers: their cost, and what happens when the digit moves or its pixels are shuffled. */
import { el } from "../../ui/dom.js";
import { FACTS } from "../../core/service-facts.js";
import { loadDenseNetwork } from "../../service/lesson-data.js";
import { loadWeights } from "../../service/weights.js";
import { createFlatten } from "./flatten.js";
import { createShiftAccuracy } from "./shift-accuracy.js";
import { curlProgram, numpyProgram, torchProgram } from "./programs.js";
import { createShift } from "./shift.js";
import { createShuffle } from "./shuffle.js";
import { createPrograms } from "../../widgets/program-tabs.js";
import { scrollToPart } from "../shared/scrolling.js";
import { combine } from "../../core/links/setting-parts.js";
import { SERVICE } from "../../core/service/address.js";

export const STEPS = Object.freeze({
  flatten: "28 × 28 pixels as a list of 784 numbers, and how many weights that needs",
  shift: "the student’s digit, moved and read by a dense and by a convolutional network",
  measured: "all test images moved: how many are read correctly",
  shuffle: "all pixels shuffled: which network becomes less accurate",
});
const RETRY_MS = 3000;
const UNLOADED = "The numbers of this figure are not loaded yet. Print the lesson again in a few seconds.";

export function mount(root, lesson) {
  const { sha256 } = FACTS.model;
  const places = Object.fromEntries(["flatten", "shift", "measured", "shuffle"].map((name) => [name, root.querySelector(`.${name}-part`)]));
  let networks = { dense: null, weights: null }; // until they are loaded
  let requested = false;

  const flatten = createFlatten(lesson);
  const measured = createShiftAccuracy({ sha256 });
  const shift = createShift(lesson, { changed: refresh });
  const shuffle = createShuffle(lesson);
  for (const [name, part] of Object.entries({ flatten, shift, measured, shuffle })) places[name].append(part.node);
  const programs = createPrograms(root.querySelector(".code"), ["numpy", "torch", "curl"], () => {
    const current = shift.current();
    if (!current) return Object.fromEntries(["numpy", "torch", "curl"].map((kind) => [kind, "# Draw a digit first.\n"]));
    const about = { request: lesson.request(), origin: SERVICE, current };
    return { numpy: numpyProgram(about), torch: torchProgram(about), curl: curlProgram(about) };
  }, lesson);

  function refresh() {
    measured.show(shift.state);
    programs.refresh();
    const { dx, dy } = shift.state;
    const current = shift.current();
    const moved = current && (dx !== 0 || dy !== 0);
    const place = moved
      ? { drawing: { pixels: current.pixels }, prepare: "none", path: [{ layer: "probabilities", map: 0, row: current.cnn.digit, col: 0 }] }
      : { view: "costs" };
    root.querySelector(".onwards a").href = lesson.toNetwork(place);
  }

  root.classList.add("unloaded"); // then UNLOADED is printed in place of blank figures
  for (const part of [places.flatten, places.shift]) part.append(el("p", { class: "only-printed" }, UNLOADED));

  async function fetchNetworks() {
    try {
      const [dense, weights] = await Promise.all([loadDenseNetwork(), loadWeights(sha256)]);
      networks = { dense, weights };
      root.classList.remove("unloaded");
      lesson.repaint("dense");
    } catch {
      setTimeout(fetchNetworks, RETRY_MS);
    }
  }
  let wanted = false;
  /** Fetch both networks, 1.3 MB, when one of the parts that use them comes near the window, or is printed. */
  function wantNetworks() {
    if (wanted) return;
    wanted = true;
    observer.disconnect();
    fetchNetworks();
  }
  const observer = new IntersectionObserver((entries) => {
    if (entries.some(({ isIntersecting }) => isIntersecting)) wantNetworks();
  }, { rootMargin: "100px" });
  addEventListener("beforeprint", wantNetworks);
  for (const part of [places.flatten.querySelector(".dots"), places.shift]) observer.observe(part);

  /** Fetch the figures when the section first becomes visible. */
  function fetchFigures() {
    requested = true;
    lesson.figures().then((found) => {
      for (const part of [measured, shuffle]) part.showFigures(found);
    }, () => {
      for (const part of [measured, shuffle]) part.showError();
    });
  }

  return {
    settings: combine([flatten.settings, shift.settings, shuffle.settings, programs.settings]),
    show() {
      if (!requested) fetchFigures();
      for (const part of [flatten, shift]) part.show(networks);
      shuffle.show();
      refresh();
    },
    go(step) {
      if (step === "shift" || step === "measured") shift.set({ dx: 4, dy: 0 });
      if (step === "shuffle") shuffle.set({ shuffled: true });
      scrollToPart(places[step]);
    },
  };
}

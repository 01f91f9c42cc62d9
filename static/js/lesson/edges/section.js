/** Edges: the lesson's Sobel filter and why its output is negative, then the filter on the student's digit, compared with a learned filter. */
import { digitProgram, SOBEL_PROGRAM, torchProgram } from "./programs.js";
import { createByHand } from "./by-hand.js";
import { createYourDigit } from "./your-digit.js";
import { createPrograms, fileOf } from "../../widgets/program-tabs.js";
import { combine } from "../../core/links/setting-parts.js";
import { FILTERS } from "./filters.js";
import { scrollToPart } from "../shared/scrolling.js";
import { SERVICE } from "../../core/service/address.js";

export const STEPS = Object.freeze({
  hand: "the lesson’s 6 × 6 image under the Sobel filter",
  flipped: "the filter turned by 180°: the signs change",
  magnitude: "the magnitude: the strength of an edge without its direction",
  yours: "the Sobel filter on the student’s digit",
  transposed: "the transposed Sobel filter on the student’s digit",
  blur: "a blur on the student’s digit",
  alike: "the network’s filter that is most similar to the Sobel filter",
});

export function mount(root, lesson) {
  const places = { hand: root.querySelector(".hand"), yours: root.querySelector(".yours-part") };
  const hand = createByHand({ changed: refresh });
  const yours = createYourDigit(lesson, { changed: refresh });
  places.hand.append(hand.node);
  places.yours.append(yours.node);
  const file = fileOf(root); // examples/sobel.py
  const programs = createPrograms(root.querySelector(".code"), [...(file ? ["file"] : []), "numpy", "torch", "digit"], () => {
    const current = yours.current();
    return {
      file,
      numpy: SOBEL_PROGRAM,
      digit: current ? digitProgram({ request: lesson.request(), origin: SERVICE, ...current }) : "# There is no answer from the service yet.\n",
      torch: torchProgram({ image: hand.numbers().input, filter: FILTERS.sobel, how: hand.state.how }),
    };
  }, lesson);

  function refresh() {
    programs.refresh();
    link();
  }

  function link() {
    const current = yours.current();
    if (!current || current.chosen === null) return;
    const path = [{ layer: "conv1", map: current.chosen, ...current.spot }];
    root.querySelector(".onwards a").href = lesson.toNetwork({ path, view: "map" });
  }

  return {
    settings: combine([hand.settings, yours.settings, programs.settings]),
    show() {
      hand.show(lesson.theme);
      yours.show();
      refresh();
    },
    go(step) {
      const parts = { hand: "hand", flipped: "hand", magnitude: "hand" };
      if (parts[step]) hand.set({ how: step === "hand" ? "plain" : step, mirrored: false });
      else yours.set({ name: FILTERS[step] ? step : "sobel", filter: FILTERS[step] ?? FILTERS.sobel, magnitude: false, spot: null });
      const place = places[parts[step] ?? "yours"];
      scrollToPart(place);
    },
  };
}

/** Controls that a link can hide, so that a page shows only what a class needs. */

/** The names for `?hide=`, and what each hides. */
export const HIDEABLE = Object.freeze({
  tools: "Undo, redo and clear.",
  pen: "The slider for the pen's width.",
  samples: "The row of test digits.",
  upload: "The button for an image of your own.",
  prepare: "The switch between the preprocessing modes.",
  stages: "The stages of preprocessing.",
  scale: "The switch for the colour scale, and the legend.",
  views: "The tabs above the network: all layers, one map, table, costs, trust, one digit against another.",
  code: "The tabs that show the calculation as a program.",
  link: "The button that copies the link.",
  follow: "The button that follows the strongest path back to the drawing.",
  work: "The button that asks for numbers instead of showing them.",
  weights: "The list of weights.",
  experiments: "The tabs of the lab, so that the link shows only one experiment.",
});

/** The known names in `?hide=pen,samples`, in the order of HIDEABLE and each once. */
export function hiddenControls(search) {
  const named = new Set(new URLSearchParams(search).getAll("hide").join(",").split(","));
  return Object.keys(HIDEABLE).filter((name) => named.has(name));
}

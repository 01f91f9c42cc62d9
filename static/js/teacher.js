/** The teacher's page: every section and every step of it as a link to copy, with the digit that it is to carry. */
import { copy } from "./ui/clipboard.js";
import { el } from "./ui/dom.js";
import { createMessages } from "./ui/messages.js";
import { HIDEABLE } from "./core/links/hidden-controls.js";
import { loadSamples } from "./pad/samples.js";
import { encode } from "./core/links/lesson-permalink.js";
import { SECTIONS } from "./lesson/sections.js";

const $ = (id) => document.getElementById(id);
const say = createMessages($("message"), $("close-message"));
const TITLES = {
  dense: "Why not just dense layers?", correlation: "Cross-correlation by hand", size: "Output size", edges: "Edges", pooling: "Max pooling by hand",
  network: "The whole network", softmax: "Softmax", training: "Training", mistakes: "What it gets wrong",
};
let samples = null;

function line(section, step, says) {
  const anchor = el("a", { "data-section": section, "data-step": step }, says);
  const button = el("button", { type: "button", class: "quiet", "aria-label": `Copy the link: ${TITLES[section]}, ${says}` }, "Copy");
  button.addEventListener("click", () => copy(anchor.href, { say, done: "The link is copied." }));
  return el("li", {}, anchor, button);
}

for (const [i, [section, { STEPS }]] of Object.entries(SECTIONS).entries()) {
  $("links").append(el("h2", {}, `${i + 1} ${TITLES[section]}`), el("ul", { class: "teacher-links" }, ...Object.entries(STEPS).map(([step, says]) => line(section, step, says))));
}
$("hideable").append(...Object.entries(HIDEABLE).map(([name, hides]) => el("li", {}, el("code", {}, name), ` ${hides}`)));

function address() {
  const digit = $("digit").value;
  const sample = digit === "" ? null : samples?.byDigit[Number(digit)][0];
  const carried = { work: $("work").checked ? 1 : null, drawing: sample ? { sample: [sample.label, sample.index] } : null };
  for (const anchor of document.querySelectorAll("#links a")) anchor.href = `/lesson#${encode({ section: anchor.dataset.section, step: anchor.dataset.step, ...carried })}`;
  $("to-worksheet").href = `/lesson/worksheet#${encode({ ...carried, work: 1 })}`;
}
for (const id of ["digit", "work"]) $(id).addEventListener("change", address);
address();
samples = await loadSamples();
address();
$("links").dataset.settled = "true";

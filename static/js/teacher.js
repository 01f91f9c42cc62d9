/** The teacher's page: a link to every step of the lesson, with the chosen digit. */
import { copy } from "./ui/clipboard.js";
import { el } from "./ui/dom.js";
import { keepDrawing, linkTerms } from "./ui/glossary/links.js";
import { createMessages } from "./ui/messages.js";
import { HIDEABLE } from "./core/links/hidden-controls.js";
import { loadSamples } from "./pad/load-samples.js";
import { encode as encodeLab } from "./lab/shared/permalink.js";
import { decode, encode } from "./core/links/lesson-permalink.js";
import { SECTIONS } from "./lesson/sections.js";
import { addressOf } from "./core/service/address.js";

const $ = (id) => document.getElementById(id);
const say = createMessages($("message"), $("close-message"));
let samples = null;

function line(section, title, step, description) {
  const anchor = el("a", { "data-section": section, "data-step": step ?? "" }, description);
  const button = el("button", { type: "button", class: "quiet", "aria-label": `Copy the link: ${title}, ${description}` }, "Copy");
  button.addEventListener("click", () => copy(anchor.href, { say, done: "The link is copied." }));
  return el("li", {}, anchor, button);
}

/** What the link from the lesson contains: the drawing, and the settings of the widgets. */
const opened = decode(location.hash, SECTIONS);

/** The settings of one section. */
const settingsOf = (section) => Object.fromEntries(Object.entries(opened.settings).filter(([name]) => name.startsWith(`${section}.`)));

for (const list of document.querySelectorAll("#links ul")) {
  const { section, title } = list.dataset;
  if (Object.keys(settingsOf(section)).length > 0) {
    const own = line(section, title, opened.section === section ? opened.step : null, "as you have set it up in the lesson");
    own.firstChild.dataset.own = "true";
    list.append(own);
  }
  list.append(...Object.entries(SECTIONS[section].STEPS).map(([step, description]) => line(section, title, step, description)));
}
for (const button of document.querySelectorAll("#lab-links button")) button.addEventListener("click", () => copy(button.previousSibling.href, { say, done: "The link is copied." }));
if (opened.drawing) $("digit").append(new Option("your drawing in the lesson", "own", true, true));
if (opened.problem) say(opened.problem);
$("hideable").append(...Object.entries(HIDEABLE).map(([name, hides]) => el("li", {}, el("code", {}, name), ` ${hides}`)));

/** The chosen digit in the form that links contain, null for the student’s own drawing. */
function chosenDrawing() {
  const digit = $("digit").value;
  if (digit === "own") return opened.drawing;
  const sample = digit === "" ? null : samples?.byDigit[Number(digit)][0];
  return sample ? { sample: [sample.label, sample.index] } : null;
}

/** Set the addresses of all links: with the chosen digit, and with or without questions. */
function setAddresses() {
  const options = { work: $("work").checked ? 1 : null, drawing: chosenDrawing() };
  for (const anchor of document.querySelectorAll("main a[data-section]")) {
    const { section, step, own } = anchor.dataset;
    anchor.href = addressOf(`/lesson#${encode({ section, step, settings: own ? settingsOf(section) : {}, ...options })}`);
  }
  for (const anchor of document.querySelectorAll("main a[data-experiment]")) anchor.href = addressOf(`/lab#${encodeLab({ experiment: anchor.dataset.experiment, drawing: options.drawing })}`);
  $("to-worksheet").href = addressOf(`/lesson/worksheet#${encode({ ...options, work: 1 })}`);
}
for (const id of ["digit", "work"]) $(id).addEventListener("change", setAddresses);
setAddresses();
linkTerms(document.querySelectorAll("main > p"));
keepDrawing(chosenDrawing);
samples = await loadSamples();
setAddresses();
$("links").dataset.settled = "true";

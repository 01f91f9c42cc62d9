/** Links the first use of each term in a text to its entry in the glossary. */
import { FACTS } from "../../core/service-facts.js";
import { drawingToText } from "../../core/links/drawing-text.js";
import { toFragment } from "../../core/links/fragment.js";
import { encode } from "../../core/links/lesson-permalink.js";
import { addressOf } from "../../core/service/address.js";

const SLUGS = new Map(Object.entries(FACTS.glossary).map(([form, slug]) => [form.toLowerCase(), slug]));
const EVERYDAY = ["your class"]; // phrases that contain a term's word in another meaning
const forms = [...SLUGS.keys(), ...EVERYDAY].sort((a, b) => b.length - a.length); // "max pooling" before "pooling"
const FORM = new RegExp(`\\b(?:${forms.join("|")})(?![\\w’-])`, "gi");
const NOT_IN = "a, button, code, pre, math, sub, sup, h1, h2, h3, label, legend, summary, canvas";

/** Whether a text may contain links: not in a link or a button, nor in code or a heading. */
const mayLink = (text) => !text.parentElement.closest(NOT_IN);

/** Link the first use of each term in the elements `parts`, taken together, in their order. Earlier links in them are replaced. */
export function linkTerms(parts) {
  const linked = new Set();
  for (const part of parts) {
    for (const link of part.querySelectorAll("a.term")) link.replaceWith(link.textContent);
    part.normalize();
  }
  for (const part of parts) {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) if (mayLink(walker.currentNode)) texts.push(walker.currentNode);
    for (const text of texts) linkIn(text, linked);
  }
}

/** Link the terms in a section of the lesson: first in its text, then in the captions of its widget. */
export const linkSection = (section) => linkTerms([...section.querySelectorAll(".prose, .try"), ...section.querySelectorAll(".widget .caption")]);

function linkIn(text, linked) {
  const pieces = [];
  let end = 0;
  for (const match of text.data.matchAll(FORM)) {
    const slug = SLUGS.get(match[0].toLowerCase());
    if (!slug || linked.has(slug)) continue;
    linked.add(slug);
    const link = Object.assign(document.createElement("a"), { className: "term", href: addressOf(`/glossary#${slug}`), textContent: match[0] });
    link.dataset.term = slug;
    pieces.push(text.data.slice(end, match.index), link);
    end = match.index + match[0].length;
  }
  if (pieces.length > 0) text.replaceWith(...pieces, text.data.slice(end));
}

/**
 * Put the current drawing into each link to the glossary and to the lab, just before it is followed: the lab shows it, and the
 * glossary can lead back to it.
 */
export function keepDrawing(drawing, work = () => null) {
  for (const type of ["pointerdown", "focusin", "click"]) {
    addEventListener(type, ({ target }) => {
      const toLab = target.closest?.(`a[href^="${addressOf("/lab")}"]:not([data-whole])`);
      if (toLab) toLab.href = labAddress(toLab.dataset, drawing());
      const link = target.closest?.(`a[href^="${addressOf("/glossary")}"]`);
      if (link) link.href = addressOf(`/glossary#${encode({ section: link.dataset.term, work: work(), drawing: drawing() })}`);
    }, { capture: true });
  }
}

/** Make a link lead to an experiment of the lab with these settings; keepDrawing adds the drawing. */
export function linkToLab(link, experiment, settings = {}) {
  Object.assign(link.dataset, { experiment, settings: new URLSearchParams(settings) });
  link.href = labAddress(link.dataset, null);
}

/** The address of the lab, or of one of its experiments with its settings, with a drawing if there is one. */
function labAddress({ experiment, settings = "" }, drawing) {
  const fragment = toFragment({ ...(experiment && { e: experiment }), ...Object.fromEntries(new URLSearchParams(settings)), ...(drawing && { d: drawingToText(drawing) }) });
  return addressOf(fragment ? `/lab#${fragment}` : "/lab");
}

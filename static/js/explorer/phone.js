/**
 * What is different on a phone: the cell panel is a sheet, the layers scroll sideways, and the correction form and the controls of
 * the weights and the softmax move. On its side, a phone scrolls to the cell panel.
 */
import { keepFocus } from "../ui/input/focus.js";

const $ = (id) => document.getElementById(id);
const phone = matchMedia("(max-width: 719px)");
const finger = matchMedia("(hover: none)");
const MARGIN = 16; // px between a marked cell and what covers the page

export function createPhoneLayout() {
  $("sheet").addEventListener("click", () => openSheet(!$("strip").classList.contains("open")));
  const placeBelowPad = () => keepFocus(place);
  placeBelowPad();
  phone.addEventListener("change", placeBelowPad);
  return { openSheet, showLayer, showExplanation, showMark, placeBelowPad };
}

/** Open or close the sheet. */
function openSheet(open) {
  $("strip").classList.toggle("open", open);
  document.body.classList.toggle("with-sheet", open);
  $("sheet").setAttribute("aria-expanded", String(open));
  $("sheet").textContent = open ? "less" : "more";
}

/** Scroll to a layer, since a phone shows one at a time. */
function showLayer(name) {
  const layer = document.querySelector(`.columns [data-layer="${name}"]`);
  const columns = $("columns");
  if (!layer || !phone.matches) return;
  const [frame, box] = [columns, layer].map((part) => part.getBoundingClientRect());
  // Not scrollBy, which snaps to the next layer in the direction of the scroll.
  columns.scrollTo({ left: columns.scrollLeft + box.left + box.width / 2 - frame.left - frame.width / 2 });
  layer.scrollIntoView({ block: "start", inline: "nearest" });
}

/**
 * Scroll to the explanation if most of it is out of sight: in a low window, such as a phone on its side, it is below the network.
 * `first`: nothing was explained before. Later, only a finger needs this: with the arrow keys, the focus should stay in sight.
 */
function showExplanation(first) {
  if (!first && !finger.matches) return;
  // The explanation has its size only after it has been painted.
  requestAnimationFrame(() => {
    const { top, bottom, height } = $("strip").getBoundingClientRect();
    const inSight = Math.min(bottom, innerHeight) - Math.max(top, 0);
    if (inSight < Math.min(height, innerHeight) / 2) $("strip").scrollIntoView({ block: "nearest" });
  });
}

/** After a tap on a cell of the network, scroll to the cell if it is behind the pad or the cell panel. */
function showMark() {
  if (!finger.matches) return;
  // The panel has its size, and the mark its place, only after they have been painted.
  requestAnimationFrame(() => {
    const marks = [...document.querySelectorAll("#columns :is(.mark-cell, .eight-mark)")].map((mark) => mark.getBoundingClientRect());
    const mark = marks.find(({ height }) => height > 0);
    const covers = (id) => getComputedStyle($(id)).position === "fixed";
    if (!mark || !covers("strip")) return;
    const top = (covers("answer") ? $("answer").getBoundingClientRect().bottom : 0) + MARGIN;
    const bottom = $("strip").getBoundingClientRect().top - MARGIN;
    if (mark.bottom > bottom) scrollBy({ top: mark.bottom - bottom });
    else if (mark.top < top) scrollBy({ top: mark.top - top });
  });
}

/** On a phone, the header and the probabilities have no space for these controls. */
function place() {
  if (phone.matches) $("below-pad").prepend($("weights-control"));
  else $("copy-link").before($("weights-control"));
  // The simple view leaves space in the header, but not beside the pad.
  const simple = document.documentElement.classList.contains("first");
  if (phone.matches && !simple) $("below-pad").append($("page-view"));
  else $("theme").before($("page-view"));
  $(phone.matches && simple ? "maps-why-not" : "answer-why-not").before($("why"));
  const softmax = $("softmax");
  if (softmax && phone.matches) $("below-pad").append(softmax);
  else if (softmax) $("bars").closest(".bars").append(softmax);
  $(phone.matches ? "below-pad" : "answer").append($("tell"));
}

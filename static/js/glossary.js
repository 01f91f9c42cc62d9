/** The glossary: it scrolls to the term of the link, and its links back keep the drawing of the page that the reader comes from. */
import { FACTS } from "./core/service-facts.js";
import { encode as encodeNetwork } from "./core/links/permalink.js";
import { decode, encode } from "./core/links/lesson-permalink.js";
import { addressOf } from "./core/service/address.js";
import { encode as encodeTraining } from "./core/links/training-permalink.js";

const terms = [...document.querySelectorAll(".glossary > div")];
const sections = Object.fromEntries(terms.map(({ id }) => [id, { STEPS: {} }]));
const lesson = document.querySelectorAll(`a[href="${addressOf("/lesson")}"]`);
const network = document.querySelectorAll(`a[href="${addressOf("/")}"]`);
const training = document.querySelectorAll(`a[href="${addressOf("/training")}"]`);

function open() {
  const { section, work, drawing } = decode(location.hash, sections);
  for (const link of lesson) link.href = addressOf(drawing ? `/lesson#${encode({ work, drawing })}` : "/lesson");
  for (const link of network) link.href = addressOf(drawing ? `/#${encodeNetwork({ path: [], model: FACTS.model.name, drawing })}` : "/");
  for (const link of training) link.href = addressOf(drawing ? `/training#${encodeTraining({ drawing })}` : "/training");
  for (const term of terms) term.classList.toggle("asked", term.id === section);
  if (!section) return;
  const term = document.getElementById(section);
  term.scrollIntoView({ block: "center" });
  term.focus({ preventScroll: true });
}

// The letters at the top keep the drawing, too.
for (const link of document.querySelectorAll(".letters a")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const { work, drawing } = decode(location.hash, sections);
    location.hash = encode({ section: link.hash.slice(1), work, drawing });
  });
}
addEventListener("hashchange", open);
open();

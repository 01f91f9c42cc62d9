/**
 * The lesson's address after "#": which section and which of its steps, whether numbers are to be worked out, and the
 * student's digit: at=edges.magnitude&work=7&d=digit.7.0.mnist. Nothing here touches the document.
 */
import { decodeDrawing, encodeDrawing } from "./permalink.js";

/** { section, step, work, drawing } -> the fragment, without "#". `work` is the number of the questions, null for none. */
export function encode({ section, step, work = null, drawing }) {
  const parts = section ? [`at=${section}${step ? `.${step}` : ""}`] : [];
  if (work !== null) parts.push(`work=${work}`);
  if (drawing) parts.push(`d=${encodeDrawing(drawing)}`);
  return parts.join("&");
}

/**
 * A fragment -> { section, step, work, drawing, problem }; what is missing or unknown is null. `sections` says what there
 * is, { name: { STEPS } }. A plain name, #edges, is a section too.
 */
export function decode(fragment, sections) {
  const text = fragment.replace(/^#/, "");
  const parts = new Map(text.split("&").map((part) => [part.split("=")[0], decoded(part.split("=").slice(1).join("="))]));
  const [section, step] = (parts.get("at") ?? (text.includes("=") ? "" : text)).split(".");
  const known = Object.hasOwn(sections, section) ? section : null;
  const { drawing, problem } = parts.has("d") ? decodeDrawing(parts.get("d")) : { drawing: null, problem: "" };
  const work = /^\d{1,6}$/.test(parts.get("work") ?? "") ? Number(parts.get("work")) : null;
  const lost = section && !known ? "This link names a part of the lesson that is not here." : "";
  return { section: known, step: known && Object.hasOwn(sections[known].STEPS, step ?? "") ? step : null, work, drawing, problem: problem || lost };
}

/** Some senders write "~" as "%7E"; what is no text at all is left as it is. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The lines of a Python program that ask this service about the drawing. Nothing here touches the document. */
import { question as lines } from "../../core/programs.js";

/** `request` as lesson.request() gives it, `asked` the query, `reads` the module that reads the answer; it is called `maps` then. */
export function question({ prepare, request }, origin, asked, reads) {
  return lines({ prepare, origin, drawing: JSON.stringify(JSON.parse(request.body)) }, asked, reads).join("\n");
}

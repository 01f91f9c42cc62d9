/** The lines of a Python program that send the drawing to this service. No DOM access. */
import { requestCode } from "../../core/programs.js";

/** `request` comes from lesson.request(), `query` is the query string, `reader` the Python module that parses the response into `maps`. */
export function requestLines({ prepare, request }, origin, query, reader) {
  return requestCode({ prepare, origin, drawing: JSON.stringify(JSON.parse(request.body)) }, query, reader).join("\n");
}

/** The lines of a Python program that ask this service about the drawing. Nothing here touches the document. */

/** `request` as lesson.request() gives it, `asked` the query, `reads` the module that reads the answer; it is called `maps` then. */
export function question({ prepare, request }, origin, asked, reads) {
  return [
    `SERVICE = ${JSON.stringify(origin)}`,
    `drawing = ${JSON.stringify(JSON.parse(request.body))}`,
    "",
    "# Ask the service what this drawing became on its way.",
    "request = urllib.request.Request(",
    `    SERVICE + "/feature-maps?prepare=${prepare}&${asked}",`,
    "    data=json.dumps(drawing).encode(),",
    '    headers={"Content-Type": "application/json", "Accept": "application/vnd.safetensors"},',
    ")",
    `maps = ${reads}.load(urllib.request.urlopen(request).read())`,
  ].join("\n");
}

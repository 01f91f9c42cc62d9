/** The collected drawings as text, for links: "4ink.26.…~7ink.…", each with its digit in front. Nothing here touches the document. */
import { drawingToText, linkableDrawing, textToDrawing } from "../../core/links/drawing-text.js";

const MOST = 16_000; // characters; all browsers open links of this length

/** A list of { label, strokes, pen } -> { text, left }: `left` is how many of the last drawings do not fit into `most` characters. */
export function drawingsToText(list, most = MOST) {
  const texts = list.map(({ label, strokes, pen }) => `${label}${drawingToText(linkableDrawing({ strokes, image: null }, { pen, prepare: "mnist" }).drawing)}`);
  let [count, length] = [0, 0];
  while (count < texts.length && length + texts[count].length < most) length += texts[count++].length + 1;
  return { text: texts.slice(0, count).join("~"), left: texts.length - count };
}

/** The drawings in a text; those that cannot be read are left out. */
export function textToDrawings(text) {
  return text.split("~").flatMap((each) => {
    const [, label, drawing] = /^(\d)(ink\..*)$/.exec(each) ?? [];
    if (!label) return [];
    try {
      const { strokes, pen } = textToDrawing(drawing);
      return [{ label: Number(label), strokes: strokes.map((stroke) => stroke.map(([x, y]) => [x, y, 0])), pen }];
    } catch {
      return [];
    }
  });
}

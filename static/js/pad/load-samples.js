/** The sample digits from MNIST's test set. */
import { SIDE } from "../core/drawing.js";
import { bitmapOf } from "../ui/bitmap.js";

/** { byDigit, start }: for each digit its samples { kind, label, index, pixels, bitmap }, and the sample to begin with. */
export async function loadSamples() {
  const [about, sheet] = await Promise.all([
    fetch("/static/samples/digits.json").then((response) => response.json()),
    decodeSheet("/static/samples/digits.png"),
  ]);
  const canvas = new OffscreenCanvas(sheet.width, sheet.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(sheet, 0, 0);
  const byDigit = Array.from({ length: 10 }, () => []);
  for (const { label, index, column, row } of about.digits) {
    const imageData = context.getImageData(column * SIDE, row * SIDE, SIDE, SIDE);
    const pixels = Array.from({ length: SIDE }, (_, y) =>
      Array.from({ length: SIDE }, (_, x) => imageData.data[4 * (y * SIDE + x)]),
    );
    byDigit[label].push({ kind: "sample", label, index, pixels, bitmap: bitmapOf(imageData) });
  }
  return { byDigit, start: byDigit[about.start][0] };
}

async function decodeSheet(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

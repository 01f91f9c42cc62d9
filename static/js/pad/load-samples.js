/** The sample digits from MNIST's test set. */
import { SIDE } from "../core/drawing.js";
import { imageFromPixels } from "../ui/bitmap.js";
import { addressOfFile } from "../core/service/address.js";

const SIZE = SIDE ** 2; // bytes of an image

/**
 * { byDigit, start }: for each digit its samples { kind, label, index, pixels, bitmap }, and the sample to begin with.
 *
 * The grey levels come as bytes: browsers that protect their users' privacy change the pixels that a page reads from a canvas.
 */
export async function loadSamples() {
  const [about, levels] = await Promise.all([
    load("json").then((response) => response.json()),
    load("bin").then((response) => response.arrayBuffer()),
  ]);
  const byDigit = Array.from({ length: 10 }, () => []);
  for (const [i, { label, index }] of about.digits.entries()) {
    const bytes = new Uint8Array(levels, i * SIZE, SIZE);
    const pixels = Array.from({ length: SIDE }, (_, row) => Array.from(bytes.subarray(row * SIDE, (row + 1) * SIDE)));
    byDigit[label].push(Object.assign(imageFromPixels(pixels), { kind: "sample", label, index }));
  }
  return { byDigit, start: byDigit[about.start][0] };
}

async function load(type) {
  const response = await fetch(addressOfFile(`samples/digits.${type}`));
  if (!response.ok) throw new Error(`The sample digits did not load: status ${response.status}.`);
  return response;
}

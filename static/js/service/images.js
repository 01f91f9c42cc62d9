/** Sample digits, pictures of one's own, and pictures made of cells. */
import { BLANK, SIDE } from "../core/drawing.js";
import { FACTS } from "../core/facts.js";

/** The samples: [{ label, index, pixels, bitmap }] by digit, in the order they are offered. */
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
    const image = context.getImageData(column * SIDE, row * SIDE, SIDE, SIDE);
    const pixels = Array.from({ length: SIDE }, (_, y) =>
      Array.from({ length: SIDE }, (_, x) => image.data[4 * (y * SIDE + x)]),
    );
    byDigit[label].push({ kind: "sample", label, index, pixels, bitmap: bitmapOf(image) });
  }
  return { byDigit, start: byDigit[about.start][0] };
}

async function decodeSheet(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

function bitmapOf(image) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** 28 rows of 28 grey levels, drawn with the keyboard or brought by a link -> { kind: "pixels", pixels, bitmap }. */
export function imageFromPixels(pixels) {
  const image = new ImageData(SIDE, SIDE);
  new Uint32Array(image.data.buffer).set(pixels.flat().map((level) => (0xff000000 | (level * 0x010101)) >>> 0));
  return { kind: "pixels", pixels, bitmap: bitmapOf(image) };
}

/** The drawing of a link (core/links/permalink.js) as the pad holds it; undefined if it is a sample that is not among `byDigit`. */
export function drawingFromLink({ strokes, pen, sample, pixels }, byDigit) {
  if (pixels) return { strokes: [], picture: imageFromPixels(pixels) };
  if (!sample) return strokes.length ? { strokes: strokes.map((stroke) => stroke.map(([x, y]) => [x, y, 0])), picture: null, pen } : BLANK;
  const picture = byDigit[sample[0]]?.find(({ index }) => index === sample[1]);
  return picture && { strokes: [], picture };
}

const { bytes: MOST_BYTES, types: TYPES } = FACTS.upload;

/** What is wrong with a file, told before anyone is asked; "" if nothing can be seen from outside. */
export function objection({ size, type }) {
  if (size === 0) return "This file is empty. Nothing was changed.";
  if (type && !TYPES.includes(type)) return "Only PNG, JPEG or WebP pictures. Nothing was changed.";
  return "";
}

const STARTS = { "image/png": /^\x89PNG/, "image/jpeg": /^\xff\xd8\xff/, "image/webp": /^RIFF.{4}WEBP/s };

/** A file with the type that its first bytes tell, where the browser gives it none: it goes by the end of the name. */
export async function typed(file) {
  if (file.type) return file;
  const start = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  const type = TYPES.find((each) => STARTS[each].test(start)) ?? "application/octet-stream";
  return new File([file], file.name, { type });
}

const SHRUNK_SIDE = 1280;

/**
 * A file -> { kind: "upload", file, bitmap, note }. What is too heavy for the service (a phone's photo) is made smaller here
 * and `note` says so. A file that the browser cannot show is passed on as it is: the service will say what is wrong.
 */
export async function readUpload(file) {
  let bitmap = null;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return { kind: "upload", file, bitmap, note: "" };
  }
  if (file.size <= MOST_BYTES) return { kind: "upload", file, bitmap, note: "" };
  const scale = Math.min(1, SHRUNK_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const smaller = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
  const note = `Your picture is large; it was sent at ${canvas.width} × ${canvas.height} px.`;
  return { kind: "upload", file: smaller, bitmap, note };
}

/** Pictures opened with the button, dropped anywhere on the page or pasted all come to `take(file)`. */
export function listenForImages({ button, input, overlay, take }) {
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    if (input.files[0]) take(input.files[0]);
    input.value = ""; // so that the same file can be opened again
  });
  const carriesFile = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    overlay.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) overlay.hidden = true;
  });
  addEventListener("drop", (event) => {
    overlay.hidden = true;
    if (!carriesFile(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
  addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])][0];
    if (!file) return;
    event.preventDefault();
    take(file);
  });
}

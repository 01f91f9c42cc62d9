/** Images that the user opens: checked, and reduced if they are too large for the service. */
import { FACTS } from "../core/service-facts.js";
import { createCanvas, canReadPixels } from "../ui/bitmap.js";

const { bytes: MOST_BYTES, pixels: MOST_PIXELS, types: TYPES, aliases: ALIASES } = FACTS.upload;
const REDUCED_SIDE = 1280; // px, the longer side of an image that was too large
const FIRST_BYTES = { "image/png": /^\x89PNG/, "image/jpeg": /^\xff\xd8\xff/, "image/webp": /^RIFF.{4}WEBP/s };

/** Why a file cannot be used, judging by its size and type; "" if both are acceptable. */
export function reasonToRefuse({ size, type }) {
  if (size === 0) return "This file is empty. Nothing was changed.";
  if (type && !TYPES.includes(type)) return "Only PNG, JPEG or WebP images can be opened. Try a screenshot of this file. Nothing was changed.";
  return "";
}

/**
 * The file with its usual type: browsers derive it from the name's ending, so without an ending the first bytes decide. Some
 * programs that pass on files use aliases of types.
 */
export async function withUsualType(file) {
  if (file.type in ALIASES) return new File([file], file.name, { type: ALIASES[file.type] });
  if (file.type) return file;
  const start = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  const type = TYPES.find((each) => FIRST_BYTES[each].test(start)) ?? "application/octet-stream";
  return new File([file], file.name, { type });
}

/**
 * A file -> { kind: "upload", file, bitmap, note }. A file that is too large for the service, such as a phone's photo or the
 * scan of a whole page, is reduced here and `note` says so. A file that the browser cannot decode, or cannot reduce because it
 * does not let pages read canvases, is passed on unchanged: the service reports the error.
 */
export async function readUpload(file) {
  let bitmap = null;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return { kind: "upload", file, bitmap, note: "" };
  }
  const fits = file.size <= MOST_BYTES && bitmap.width * bitmap.height <= MOST_PIXELS;
  if (fits || !canReadPixels()) return { kind: "upload", file, bitmap, note: "" };
  const canvas = reduced(bitmap);
  bitmap.close();
  const smaller = await encoded(canvas, file.type);
  const note = `Your image is large: it was reduced to ${canvas.width} × ${canvas.height} px.`;
  return { kind: "upload", file: smaller, bitmap: canvas, note };
}

/** The image on a canvas whose longer side is at most REDUCED_SIDE. */
function reduced(bitmap) {
  const scale = Math.min(1, REDUCED_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = createCanvas(...[bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale))));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high"; // a thin line must not fall between two pixels
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/**
 * The canvas as a file: a PNG stays a PNG, unless it would again be too large. JPEG has no transparency, so the background
 * becomes white.
 */
async function encoded(canvas, type) {
  const blob = (...options) => new Promise((done) => canvas.toBlob(done, ...options));
  const png = type === "image/png" ? await blob(type) : null;
  if (png && png.size <= MOST_BYTES) return png;
  const context = canvas.getContext("2d");
  context.globalCompositeOperation = "destination-over";
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  return blob("image/jpeg", 0.9);
}

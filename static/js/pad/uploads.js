/** Images that the user opens: checked, and reduced if they are too large for the service. */
import { FACTS } from "../core/service-facts.js";
import { createCanvas, readsTruly } from "../ui/bitmap.js";

const { bytes: MOST_BYTES, types: TYPES } = FACTS.upload;
const REDUCED_SIDE = 1280; // px, the longer side of an image that was too large
const FIRST_BYTES = { "image/png": /^\x89PNG/, "image/jpeg": /^\xff\xd8\xff/, "image/webp": /^RIFF.{4}WEBP/s };

/** Why a file cannot be used, as far as its size and type show; "" if they show nothing. */
export function objection({ size, type }) {
  if (size === 0) return "This file is empty. Nothing was changed.";
  if (type && !TYPES.includes(type)) return "Only PNG, JPEG or WebP images can be opened. Nothing was changed.";
  return "";
}

/** The file with a type: browsers derive it from the name's ending, so without an ending the first bytes decide. */
export async function typed(file) {
  if (file.type) return file;
  const start = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  const type = TYPES.find((each) => FIRST_BYTES[each].test(start)) ?? "application/octet-stream";
  return new File([file], file.name, { type });
}

/**
 * A file -> { kind: "upload", file, bitmap, note }. A file that is too large for the service, such as a phone's photo, is
 * reduced here and `note` says so. A file that the browser cannot decode, or cannot reduce because it does not let pages read
 * canvases, is passed on unchanged: the service reports the error.
 */
export async function readUpload(file) {
  let bitmap = null;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return { kind: "upload", file, bitmap, note: "" };
  }
  if (file.size <= MOST_BYTES || !readsTruly()) return { kind: "upload", file, bitmap, note: "" };
  const scale = Math.min(1, REDUCED_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = createCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const smaller = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
  const note = `Your image is large: it was reduced to ${canvas.width} × ${canvas.height} px.`;
  return { kind: "upload", file: smaller, bitmap, note };
}

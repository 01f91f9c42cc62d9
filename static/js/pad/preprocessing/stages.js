/** The stages of preprocessing: five small images with captions and warnings. */
import { setAttribute, setText } from "../../ui/dom.js";
import { fits, SIDE } from "../../core/drawing.js";
import { stageTexts, stageWarnings } from "./stage-text.js";

const CANVAS = 112; // px; shown at half that size, so that it is sharp on high-density screens

/** `pad` is the canvas that is shown for stages without an image. */
export function createStages(root, pad) {
  const views = Object.fromEntries(
    [...root.querySelectorAll("[data-stage]")].map((item) => [
      item.dataset.stage,
      { canvas: item.querySelector("canvas"), says: item.querySelector(".says"), warns: item.querySelector(".warns") },
    ]),
  );
  const scratch = document.createElement("canvas");

  // On a phone the stages stand side by side and scroll; the focus lets the arrow keys scroll them.
  new ResizeObserver(() => {
    if (root.scrollWidth > root.clientWidth + 1) root.tabIndex = 0;
    else root.removeAttribute("tabindex");
  }).observe(root);
  let warned; // the first stage with a warning

  /** Scroll to a new warning, once. */
  function scrollTo(name) {
    const { scrollWidth, clientWidth } = root;
    if (name && name !== warned && scrollWidth > clientWidth) root.scrollLeft = views[name].canvas.parentElement.offsetLeft - root.offsetLeft - 10;
    warned = name;
  }

  return {
    show(stages) {
      const { images, box, size, prepare } = stages;
      const fitted = [images.fitted.width, images.fitted.height];
      const texts = stageTexts({ ...stages, fitted });
      const warnings = stageWarnings(stages);
      drawImage(views.grey.canvas, images.grey);
      drawImage(views.ink.canvas, images.ink);
      const frame = drawImage(views.box.canvas, images.ink, box ? 0.55 : 1);
      if (box) outline(views.box.canvas, box.map((v, i) => frame.at[i % 2] + (v / size[i % 2]) * frame.size[i % 2]));
      field(views.fitted.canvas, images.fitted, fits(prepare));
      drawImage(views.shifted.canvas, images.shifted);
      for (const [name, view] of Object.entries(views)) {
        setText(view.says, texts[name]);
        setText(view.warns, warnings[name] ?? "");
        setAttribute(view.canvas, "aria-label", `${name}: ${texts[name]}${warnings[name] ? ` ${warnings[name]}` : ""}`);
      }
      scrollTo(Object.keys(warnings)[0]);
    },
  };

  /** Put grey levels on the scratch canvas, at their own size. */
  function levels({ width, height, data }) {
    scratch.width = width;
    scratch.height = height;
    const context = scratch.getContext("2d");
    const image = context.createImageData(width, height);
    const colours = new Uint32Array(image.data.buffer);
    for (let i = 0; i < data.length; i++) colours[i] = 0xff000000 | (data[i] * 0x010101);
    context.putImageData(image, 0, 0);
  }

  /** Draw an image as large as it fits, small ones by a whole factor; null draws the pad. */
  function drawImage(canvas, image, opacity = 1) {
    if (image) levels(image);
    const source = image ? scratch : pad;
    const { width, height } = source;
    const most = CANVAS / Math.max(width, height);
    const scale = most >= 2 ? Math.floor(most) : most;
    const at = [(CANVAS - width * scale) / 2, (CANVAS - height * scale) / 2];
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, CANVAS, CANVAS);
    context.imageSmoothingEnabled = scale < 2;
    context.globalAlpha = opacity;
    context.drawImage(source, at[0], at[1], width * scale, height * scale);
    context.globalAlpha = 1;
    return { at, size: [width * scale, height * scale] };
  }

  /** Draw the scaled ink in the middle of the 28×28 field, before the shift. */
  function field(canvas, fitted, framed) {
    levels(fitted);
    const context = canvas.getContext("2d");
    const [left, top] = [(SIDE - fitted.width) >> 1, (SIDE - fitted.height) >> 1];
    context.clearRect(0, 0, CANVAS, CANVAS);
    context.imageSmoothingEnabled = false;
    context.drawImage(scratch, 4 * left, 4 * top, 4 * fitted.width, 4 * fitted.height);
    if (framed) outline(canvas, [16, 16, 96, 96]);
  }

  function outline(canvas, [left, top, right, bottom]) {
    const context = canvas.getContext("2d");
    context.strokeStyle = "#fee838";
    context.lineWidth = 2;
    context.strokeRect(left, top, right - left, bottom - top);
  }
}

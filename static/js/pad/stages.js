/** What the network sees, stage by stage: five small pictures with their captions. */
import { setAttribute, setText } from "../ui/dom.js";
import { fits, SIDE as PIXELS } from "../core/drawing.js";
import { stageTexts, stageWarnings } from "../core/text.js";

const SIDE = 112; // px, the canvas of each stage; shown at half of it, so that it is sharp on a dense screen

/** `pad` is the canvas to show for stages that are the pad itself. */
export function createStages(root, pad) {
  const views = Object.fromEntries(
    [...root.querySelectorAll("[data-stage]")].map((item) => [
      item.dataset.stage,
      { canvas: item.querySelector("canvas"), says: item.querySelector(".says"), warns: item.querySelector(".warns") },
    ]),
  );
  const scratch = document.createElement("canvas");

  // Where they stand side by side and go on past the edge, as on a phone, the arrow keys push them along.
  new ResizeObserver(() => {
    if (root.scrollWidth > root.clientWidth + 1) root.tabIndex = 0;
    else root.removeAttribute("tabindex");
  }).observe(root);
  let warned; // the first stage with a warning

  /** A warning that would stand past the edge comes into sight, once. */
  function bring(name) {
    const { scrollWidth, clientWidth } = root;
    if (name && name !== warned && scrollWidth > clientWidth) root.scrollLeft = views[name].canvas.parentElement.offsetLeft - root.offsetLeft - 10;
    warned = name;
  }

  return {
    show(stages) {
      const { pictures, box, size, prepare } = stages;
      const fitted = [pictures.fitted.width, pictures.fitted.height];
      const texts = stageTexts({ ...stages, fitted });
      const warnings = stageWarnings(stages);
      picture(views.grey.canvas, pictures.grey);
      picture(views.ink.canvas, pictures.ink);
      const frame = picture(views.box.canvas, pictures.ink, box ? 0.55 : 1);
      if (box) outline(views.box.canvas, box.map((v, i) => frame.at[i % 2] + (v / size[i % 2]) * frame.size[i % 2]));
      field(views.fitted.canvas, pictures.fitted, fits(prepare));
      picture(views.shifted.canvas, pictures.shifted);
      for (const [name, view] of Object.entries(views)) {
        setText(view.says, texts[name]);
        setText(view.warns, warnings[name] ?? "");
        setAttribute(view.canvas, "aria-label", `${name}: ${texts[name]}${warnings[name] ? ` ${warnings[name]}` : ""}`);
      }
      bring(Object.keys(warnings)[0]);
    },
  };

  /** Grey levels on the scratch canvas, at their own size. */
  function levels({ width, height, data }) {
    scratch.width = width;
    scratch.height = height;
    const context = scratch.getContext("2d");
    const image = context.createImageData(width, height);
    const words = new Uint32Array(image.data.buffer);
    for (let i = 0; i < data.length; i++) words[i] = 0xff000000 | (data[i] * 0x010101);
    context.putImageData(image, 0, 0);
  }

  /** The whole picture, as large as fits; by whole factors when it is small. Null is the pad. */
  function picture(canvas, given, strength = 1) {
    if (given) levels(given);
    const source = given ? scratch : pad;
    const { width, height } = source;
    const most = SIDE / Math.max(width, height);
    const scale = most >= 2 ? Math.floor(most) : most;
    const at = [(SIDE - width * scale) / 2, (SIDE - height * scale) / 2];
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, SIDE, SIDE);
    context.imageSmoothingEnabled = scale < 2;
    context.globalAlpha = strength;
    context.drawImage(source, at[0], at[1], width * scale, height * scale);
    context.globalAlpha = 1;
    return { at, size: [width * scale, height * scale] };
  }

  /** The fitted ink where it would lie if it were not shifted: in the middle of the 28×28 field. */
  function field(canvas, fitted, framed) {
    levels(fitted);
    const context = canvas.getContext("2d");
    const [left, top] = [(PIXELS - fitted.width) >> 1, (PIXELS - fitted.height) >> 1];
    context.clearRect(0, 0, SIDE, SIDE);
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

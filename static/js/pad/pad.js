/** The pad: it turns pointer events into strokes and keys into pixels, and shows the drawing. */
import { describe, PAD, SIDE } from "../core/drawing.js";
import { createKeyboardCursor } from "./keyboard-cursor.js";
import { drawImage, drawStrokes } from "./render.js";

const STEP = 0.25; // pad units: coordinates are multiples of it, so that a link holds them exactly

/**
 * `on.begin(point, time)`, `on.extend(points, time)` and `on.end()` follow one pointer from down to up; other fingers are
 * ignored meanwhile. `on.cancel()` removes the stroke: the system has taken the pointer, for example for a gesture, or a pen has
 * come down after the palm of the hand. Points are [x, y, t] in pad units, kept on the pad.
 *
 * `on.paint(pixels, goesOn)` is called when cells are painted with the keyboard, 28 rows of 28 grey levels; `goesOn` says that
 * they belong to the same undo step as the last ones. `on.announce(text)` tells screen readers where the cursor is.
 */
export function createPad(element, canvas, on) {
  let pointer = null;
  let kind = ""; // of the pointer that draws: "mouse", "touch" or "pen"

  const onGrid = (at) => Math.round(Math.min(Math.max(at, 0), PAD) / STEP) * STEP;
  const point = (event, frame) => [
    onGrid(((event.clientX - frame.left) / frame.width) * PAD),
    onGrid(((event.clientY - frame.top) / frame.height) * PAD),
    Math.round(event.timeStamp),
  ];

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (pointer !== null) {
      if (event.pointerType !== "pen" || kind !== "touch") return;
      on.cancel();
    }
    pointer = event.pointerId;
    kind = event.pointerType;
    canvas.setPointerCapture(pointer);
    event.preventDefault();
    keyboard.leave();
    on.begin(point(event, canvas.getBoundingClientRect()), event.timeStamp);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const frame = canvas.getBoundingClientRect();
    // Browsers send one move event per frame; the moves in between are its coalesced events.
    const events = event.getCoalescedEvents?.() ?? [];
    on.extend((events.length ? events : [event]).map((e) => point(e, frame)), event.timeStamp);
  });
  for (const [type, finish] of [["pointerup", "end"], ["pointercancel", "cancel"], ["lostpointercapture", "end"]]) {
    canvas.addEventListener(type, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      on[finish]();
    });
  }
  // Otherwise Chromium takes the end of a quick stroke for a flick of the page, and the next tap for one that stops the page: that
  // tap would not become a click.
  canvas.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  // A long press on a touch screen would open a menu in the middle of a stroke.
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());

  const context = canvas.getContext("2d");
  let shown = null;

  /** Draw `drawing` with a pen of `pen` pad units; `grid` adds the lines between the network's pixels. */
  function draw(drawing, pen, grid) {
    shown = [drawing, pen, grid];
    const side = Math.round(element.clientWidth * devicePixelRatio);
    if (canvas.width !== side) canvas.width = canvas.height = side;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, side, side);
    context.scale(side / PAD, side / PAD);
    if (drawing.image) drawImage(context, drawing.image);
    if (grid) drawGrid();
    drawStrokes(context, drawing.strokes, pen);
  }

  function drawGrid() {
    context.beginPath();
    for (let at = PAD / SIDE; at < PAD; at += PAD / SIDE) {
      context.moveTo(at, 0);
      context.lineTo(at, PAD);
      context.moveTo(0, at);
      context.lineTo(PAD, at);
    }
    context.strokeStyle = "rgb(255 255 255 / 0.13)";
    context.lineWidth = 0.75;
    context.stroke();
  }

  new ResizeObserver(() => shown && draw(...shown)).observe(element);

  // Overlays are elements of their own: the stages copy the canvas, and must not copy a cursor or a mark.
  const overlay = (name) => {
    const node = element.appendChild(document.createElement("div"));
    node.className = name;
    node.hidden = true;
    return node;
  };
  const place = (node, [left, top, right, bottom]) => {
    const percent = (units) => `${(100 * units) / PAD}%`;
    node.style.left = percent(left);
    node.style.top = percent(top);
    node.style.width = percent(right - left);
    node.style.height = percent(bottom - top);
  };
  const lines = overlay("pad-lines");
  const mark = overlay("pad-mark");
  const keyboard = createKeyboardCursor(canvas, on, {
    busy: () => pointer !== null,
    pen: () => shown?.[1],
    lines,
    ring: overlay("pad-cursor"),
    place,
  });

  return {
    draw,
    describe(drawing) {
      keyboard.follow(drawing);
      canvas.setAttribute("aria-label", `Drawing pad, ${describe(drawing)}. Draw a digit with a mouse, a pen, a finger or the keyboard.`);
    },
    /** Outline a rectangle [left, top, right, bottom] in pad units; null removes the outline. */
    mark(box) {
      mark.hidden = box === null;
      if (box) place(mark, box);
    },
  };
}

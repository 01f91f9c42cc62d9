/** The pad: pointer to points, keys to cells, and the drawing on the screen. */
import { describe, PAD, SIDE } from "../core/drawing.js";
import { describeCell, EMPTY, press, shrink } from "./pixel-grid.js";

const PAUSE = 1000; // ms after which another cell is another step
const STEP = 0.25; // pad units: points are whole multiples of it, so that a link can hold them exactly

/**
 * `on.begin(point)`, `on.extend(points, moment)` and `on.end()` follow one pointer from down to up. A second finger
 * is ignored while the first one draws. Points are [x, y, t] in pad units, kept on the pad.
 *
 * `on.paint(pixels, goesOn)` is told of cells painted with the keyboard, 28 rows of 28 grey levels; `goesOn` says that
 * they belong to the step before. `on.say(text)` is told where the cursor is, for those who do not see it.
 */
export function createPad(element, canvas, on) {
  let pointer = null;

  const onGrid = (at) => Math.round(Math.min(Math.max(at, 0), PAD) / STEP) * STEP;
  const point = (event, frame) => [
    onGrid(((event.clientX - frame.left) / frame.width) * PAD),
    onGrid(((event.clientY - frame.top) / frame.height) * PAD),
    Math.round(event.timeStamp),
  ];

  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    event.preventDefault();
    keyboard.leave();
    on.begin(point(event, canvas.getBoundingClientRect()), event.timeStamp);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const frame = canvas.getBoundingClientRect();
    // A browser hands over one move a frame; what happened in between is in the coalesced events.
    const events = event.getCoalescedEvents?.() ?? [];
    on.extend((events.length ? events : [event]).map((e) => point(e, frame)), event.timeStamp);
  });
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(type, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      on.end();
    });
  }
  // Without this a long press on a touch screen opens a menu in the middle of a stroke.
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());

  const context = canvas.getContext("2d");
  let shown = null;

  /** Draw `drawing` with a pen of `pen` pad units; with a grid of the network's pixels where they count. */
  function draw(drawing, pen, grid) {
    shown = [drawing, pen, grid];
    const side = Math.round(element.clientWidth * devicePixelRatio);
    if (canvas.width !== side) canvas.width = canvas.height = side;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, side, side);
    context.scale(side / PAD, side / PAD);
    if (drawing.picture) drawPicture(context, drawing.picture);
    if (grid) drawGrid();
    drawStrokes(context, drawing.strokes, pen);
  }

  function drawGrid() {
    context.beginPath();
    for (let at = 10; at < PAD; at += 10) {
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

  // What lies over the drawing is no part of it: the stages show the canvas, and must not show a cursor or a mark.
  const over = (name) => {
    const layer = element.appendChild(document.createElement("div"));
    layer.className = name;
    layer.hidden = true;
    return layer;
  };
  const lay = (layer, [left, top, right, bottom]) => {
    const percent = (units) => `${(100 * units) / PAD}%`;
    layer.style.left = percent(left);
    layer.style.top = percent(top);
    layer.style.width = percent(right - left);
    layer.style.height = percent(bottom - top);
  };
  const lines = over("pad-lines");
  const mark = over("pad-mark");
  const keyboard = listenToKeys(canvas, on, {
    busy: () => pointer !== null,
    pen: () => shown?.[1],
    lines,
    cursor: over("pad-cursor"),
    lay,
  });

  return {
    draw,
    describe(drawing) {
      keyboard.follow(drawing);
      canvas.setAttribute("aria-label", `Drawing pad, ${describe(drawing)}. Draw a digit with a mouse, a pen, a finger or the keyboard.`);
    },
    /** Outline a rectangle [left, top, right, bottom] in pad units on top of everything; null takes it away. */
    mark(box) {
      mark.hidden = box === null;
      if (box) lay(mark, box);
    },
  };
}

/** The cursor on the grid: it comes with a key or with the keyboard's focus, and goes with Esc, the pointer or the focus. */
function listenToKeys(canvas, on, { busy, pen, lines, cursor: ring, lay }) {
  let drawing = { strokes: [], picture: null };
  let pixels = null; // of the drawing, once they are needed
  let cursor = { row: SIDE / 2, col: SIDE / 2 };
  let last = null; // the pixels painted last, while their step may still grow
  let pausing = null;

  const endRun = () => {
    clearTimeout(pausing);
    last = null;
  };
  const current = () => (pixels ??= pixelsOf(drawing, pen()));
  function enter() {
    ring.hidden = lines.hidden = false;
    lay(ring, [10 * cursor.col, 10 * cursor.row, 10 * cursor.col + 10, 10 * cursor.row + 10]);
  }
  function leave() {
    endRun();
    ring.hidden = lines.hidden = true;
  }

  canvas.addEventListener("focus", () => {
    // The pointer brings focus too, and needs no cursor.
    if (busy() || !on.paint || !canvas.matches(":focus-visible")) return;
    enter();
    on.say?.(describeCell(current(), cursor));
  });
  canvas.addEventListener("blur", leave);
  canvas.addEventListener("keydown", (event) => {
    if (busy() || !on.paint) return;
    if (event.key === "Escape" && !ring.hidden) {
      event.preventDefault();
      event.stopPropagation();
      leave();
      on.say?.("left the grid");
      return;
    }
    if (event.key === "Shift") return;
    const done = press(current(), cursor, event);
    if (!done) return endRun();
    event.preventDefault();
    cursor = done.cursor;
    enter();
    if (done.pixels === pixels) endRun();
    else {
      const goesOn = last !== null;
      pixels = last = done.pixels;
      clearTimeout(pausing);
      pausing = setTimeout(endRun, PAUSE);
      on.paint(pixels, goesOn);
    }
    on.say?.(describeCell(current(), cursor));
  });

  return {
    leave,
    /** Another drawing is on the pad. If it is not the one painted here, painting starts from it, with a new step. */
    follow(now) {
      if (now === drawing) return;
      drawing = now;
      if (now.picture?.pixels && now.picture.pixels === pixels) return;
      pixels = null;
      endRun();
    },
  };
}

/** The pad as it looks on the grid; an upload, whose ink may be dark, gives way to an empty pad, as for a stroke. */
function pixelsOf({ strokes, picture }, pen) {
  if (picture) return picture.pixels ?? EMPTY;
  if (strokes.length === 0) return EMPTY;
  const context = new OffscreenCanvas(PAD, PAD).getContext("2d");
  drawStrokes(context, strokes, pen);
  const { data } = context.getImageData(0, 0, PAD, PAD);
  return shrink(Uint8Array.from({ length: PAD ** 2 }, (_, i) => data[4 * i + 3]), PAD / SIDE);
}

/** A drawing on a context whose unit is the pad's. */
export function drawOn(context, drawing, pen) {
  if (drawing.picture) drawPicture(context, drawing.picture);
  drawStrokes(context, drawing.strokes, pen);
}

function drawPicture(context, { bitmap, kind }) {
  if (!bitmap) return;
  const scale = Math.min(PAD / bitmap.width, PAD / bitmap.height);
  const [w, h] = [bitmap.width * scale, bitmap.height * scale];
  context.imageSmoothingEnabled = kind === "upload" && scale < 4;
  context.drawImage(bitmap, (PAD - w) / 2, (PAD - h) / 2, w, h);
}

function drawStrokes(context, strokes, pen) {
  context.strokeStyle = context.fillStyle = "#fff";
  context.lineWidth = pen;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    context.beginPath();
    if (stroke.length === 1) {
      context.arc(stroke[0][0], stroke[0][1], pen / 2, 0, 2 * Math.PI);
      context.fill();
      continue;
    }
    context.moveTo(stroke[0][0], stroke[0][1]);
    for (let i = 1; i < stroke.length; i++) context.lineTo(stroke[i][0], stroke[i][1]);
    context.stroke();
  }
}

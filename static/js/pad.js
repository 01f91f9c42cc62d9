/** The pad: pointer to points, and the drawing on the screen. */
import { isBlank, PAD } from "./drawing.js";

/**
 * `on.begin(point)`, `on.extend(points, moment)` and `on.end()` follow one pointer from down to up. A second finger
 * is ignored while the first one draws. Points are [x, y, t] in pad units, kept on the pad.
 */
export function createPad(element, canvas, on) {
  let pointer = null;

  const point = (event, frame) => [
    Math.min(Math.max(((event.clientX - frame.left) / frame.width) * PAD, 0), PAD),
    Math.min(Math.max(((event.clientY - frame.top) / frame.height) * PAD, 0), PAD),
    Math.round(event.timeStamp),
  ];

  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    event.preventDefault();
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
    if (drawing.picture) drawPicture(drawing.picture);
    if (grid) drawGrid();
    drawStrokes(drawing.strokes, pen);
  }

  function drawPicture({ bitmap, kind }) {
    if (!bitmap) return;
    const scale = Math.min(PAD / bitmap.width, PAD / bitmap.height);
    const [w, h] = [bitmap.width * scale, bitmap.height * scale];
    context.imageSmoothingEnabled = kind === "upload" && scale < 4;
    context.drawImage(bitmap, (PAD - w) / 2, (PAD - h) / 2, w, h);
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

  function drawStrokes(strokes, pen) {
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

  new ResizeObserver(() => shown && draw(...shown)).observe(element);

  return {
    draw,
    describe(drawing) {
      const strokes = drawing.strokes.length;
      const what = isBlank(drawing)
        ? "blank"
        : drawing.picture
          ? drawing.picture.kind === "sample"
            ? `sample digit ${drawing.picture.label} from MNIST's test set`
            : "your picture"
          : strokes === 1
            ? "one stroke"
            : `${strokes} strokes`;
      canvas.setAttribute("aria-label", `Drawing pad, ${what}. Draw a digit with a mouse, a pen or a finger.`);
    },
  };
}

"""Drawings for the requests: imitations of handwritten digits on a pad of 280×280 units, as strokes and as images."""

import io
import json
import random
from collections.abc import Callable, Iterator
from math import cos, pi, sin

from PIL import Image, ImageDraw

from model.preprocess.pipeline import from_strokes

PAD = 280
PEN = 22
Stroke = list[list[float]]
Curve = Callable[[float], tuple[float, float]]


def _line(x0: float, y0: float, x1: float, y1: float) -> Curve:
    return lambda t: (x0 + (x1 - x0) * t, y0 + (y1 - y0) * t)


def _arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> Curve:
    """An arc of an ellipse. Angles are in full turns, clockwise from three o'clock."""
    return lambda t: (
        x + rx * cos(2 * pi * (start + (end - start) * t)),
        y + ry * sin(2 * pi * (start + (end - start) * t)),
    )


# A digit is a list of strokes, and a stroke is a list of joined curves, in a square of side 1 whose y axis points down.
DIGITS: dict[int, list[list[Curve]]] = {
    0: [[_arc(0.5, 0.5, 0.27, 0.4, -0.25, 0.75)]],
    1: [[_line(0.35, 0.25, 0.52, 0.1), _line(0.52, 0.1, 0.52, 0.9)]],
    2: [[_arc(0.5, 0.33, 0.25, 0.23, -0.5, 0.1), _line(0.7, 0.47, 0.25, 0.88), _line(0.25, 0.88, 0.78, 0.88)]],
    3: [[_arc(0.47, 0.3, 0.24, 0.2, -0.45, 0.25), _arc(0.47, 0.69, 0.27, 0.2, -0.25, 0.45)]],
    4: [[_line(0.35, 0.1, 0.25, 0.55), _line(0.25, 0.55, 0.75, 0.55)], [_line(0.65, 0.15, 0.62, 0.9)]],
    5: [[_line(0.3, 0.12, 0.28, 0.45), _arc(0.46, 0.65, 0.26, 0.24, -0.35, 0.4)], [_line(0.3, 0.12, 0.72, 0.12)]],
    6: [[_arc(0.75, 0.55, 0.45, 0.45, -0.25, -0.5), _arc(0.5, 0.68, 0.2, 0.2, -0.5, 0.5)]],
    7: [[_line(0.22, 0.14, 0.76, 0.14), _line(0.76, 0.14, 0.42, 0.9)]],
    8: [[_arc(0.5, 0.3, 0.2, 0.19, 0.25, -0.75), _arc(0.5, 0.7, 0.24, 0.21, -0.25, 0.75)]],
    9: [[_arc(0.5, 0.32, 0.21, 0.2, 0.0, -1.0), _line(0.71, 0.32, 0.62, 0.9)]],
}
POINTS = 60  # the points of a digit drawn with a mouse in one second


def drawings(
    count: int, seed: int = 7, points: int = POINTS, first_digit: int = 0
) -> Iterator[tuple[int, list[Stroke]]]:
    """Yield `count` digits with their strokes, in pad units with one decimal. The drawings differ slightly.

    A drawing has `points` points, or a few less if `points` is not a multiple of the number of curves of its digit.
    """
    chance = random.Random(seed)
    for i in range(count):
        digit = (first_digit + i) % 10
        size = PAD * chance.uniform(0.55, 0.9)
        left, top = chance.uniform(0, PAD - size), chance.uniform(0, PAD - size)
        slant = chance.uniform(-0.12, 0.2)
        curves = sum(len(stroke) for stroke in DIGITS[digit])
        strokes = []
        for stroke in DIGITS[digit]:
            placed = []
            for curve in stroke:
                steps = points // curves
                for step in range(steps):
                    x, y = curve(step / (steps - 1))
                    x += slant * (0.5 - y) + chance.gauss(0, 0.004)
                    y += chance.gauss(0, 0.004)
                    placed.append([_on_pad(left + size * x), _on_pad(top + size * y)])
            strokes.append(placed)
        yield digit, strokes


def _on_pad(value: float) -> float:
    return round(min(max(value, 0.0), PAD - 1.0), 1)


def as_strokes(strokes: list[Stroke]) -> bytes:
    """JSON with the strokes and the pen width, both in pad units."""
    return json.dumps({"strokes": strokes, "pen": PEN}, separators=(",", ":")).encode()


def as_canvas(strokes: list[Stroke]) -> bytes:
    """An RGBA PNG of 280×280 pixels, black ink on white, like one that a page saves from its canvas."""
    image = Image.new("RGBA", (PAD, PAD), "white")
    _draw(image, strokes, "black")
    return _png(image)


def as_thumbnail(strokes: list[Stroke]) -> bytes:
    """A grey PNG of 28×28 pixels, white ink on black, like one from a client that scales its images down."""
    image = Image.new("L", (PAD, PAD), 0)
    _draw(image, strokes, 255)
    return _png(image.resize((28, 28), Image.Resampling.BOX))


def as_prepared(strokes: list[Stroke]) -> bytes:
    """A grey PNG of 28×28 pixels in which the ink is placed like MNIST's, from a client that preprocesses by itself."""
    return _png(Image.fromarray(from_strokes(strokes, pen=PEN).image))


def _draw(image: Image.Image, strokes: list[Stroke], ink: str | int) -> None:
    pen = ImageDraw.Draw(image)
    radius = PEN / 2
    for stroke in strokes:
        points = [(x, y) for x, y in stroke]
        pen.line(points, fill=ink, width=PEN, joint="curve")
        for x, y in (points[0], points[-1]):
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()

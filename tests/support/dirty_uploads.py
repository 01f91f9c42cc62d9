"""Random uploads of clear digits with what scanners, cameras and segmentation programs add: specks, dust and strips.

Each function draws one digit with random size, place, polarity, stroke width and dirt, and returns the upload's bytes.
The same random generator gives the same upload.
"""

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Grey = NDArray[np.uint8]
Points = NDArray[np.float64]


def _arc(x: float, y: float, across: float, down: float, start: float, end: float) -> list[tuple[float, float]]:
    """Points of an ellipse from one angle to another, in degrees clockwise from the right."""
    angles = np.radians(np.linspace(start, end, 24))
    return [(x + across * math.cos(a), y + down * math.sin(a)) for a in angles]


# The strokes of each digit in a box one unit high; x to the right, y down.
DIGITS: dict[int, list[list[tuple[float, float]]]] = {
    0: [_arc(0.33, 0.5, 0.33, 0.5, -90, 270)],
    2: [[*_arc(0.3, 0.28, 0.3, 0.28, -165, 45), (0.0, 1.0), (0.62, 1.0)]],
    3: [[*_arc(0.25, 0.25, 0.3, 0.25, -150, 90), *_arc(0.25, 0.73, 0.34, 0.27, -90, 150)]],
    4: [[(0.4, 0.0), (0.0, 0.66), (0.66, 0.66)], [(0.46, 0.4), (0.46, 1.0)]],
    5: [[(0.55, 0.0), (0.1, 0.0), (0.06, 0.45), *_arc(0.24, 0.7, 0.36, 0.3, -100, 140)]],
    6: [[(0.45, 0.0), (0.15, 0.4), *_arc(0.3, 0.71, 0.3, 0.29, 180, 540)]],
    7: [[(0.0, 0.02), (0.62, 0.0), (0.36, 0.55), (0.22, 1.0)]],
    8: [[*_arc(0.3, 0.25, 0.24, 0.25, 90, -270), *_arc(0.3, 0.75, 0.3, 0.25, -90, 270)]],
    9: [[*_arc(0.3, 0.3, 0.3, 0.3, 0, 360), (0.6, 0.3), (0.5, 1.0)]],
}  # fmt: skip


def shape(digit: int, height: float, pen: float, rng: np.random.Generator) -> Grey:
    """A digit cropped to its ink, uint8, white on black, about `height` pixels high with lines `pen` pixels wide.

    It is stretched, slanted and a little wobbly, like handwriting.
    """
    finer = 4
    length = (height - pen) * finer
    slant, stretch = rng.uniform(-0.12, 0.15), rng.uniform(0.9, 1.15)
    lines = [np.array(line) + rng.normal(0, 0.006, (len(line), 2)) for line in DIGITS[digit]]
    lines = [np.stack(((line[:, 0] * stretch - slant * line[:, 1]), line[:, 1]), axis=1) * length for line in lines]
    points = np.concatenate(lines)
    low, high = points.min(axis=0), points.max(axis=0)
    radius = pen * finer / 2
    size = [math.ceil(each + 2 * radius + 2) for each in (high - low).tolist()]
    image = Image.new("L", (size[0], size[1]))
    draw = ImageDraw.Draw(image)
    for line in lines:
        at = [(x, y) for x, y in (line - low + radius + 1).tolist()]
        draw.line(at, fill=255, width=round(2 * radius))
        for x, y in at:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    image = image.crop(image.getbbox())
    return np.asarray(image.reduce(finer))


def on_paper(
    ink: Grey, side: int, rng: np.random.Generator, paper: float = 255, pen: float = 0, away: int = 0
) -> NDArray[np.float64]:
    """The digit at a random place on a sheet of side × side pixels, `away` pixels from its sides; float levels."""
    canvas = np.zeros((side, side))
    top, left = (int(rng.integers(away, side - away - length + 1)) for length in ink.shape)
    canvas[top : top + ink.shape[0], left : left + ink.shape[1]] = ink / 255.0
    return paper + (pen - paper) * canvas


def encoded(levels: NDArray[np.float64] | Grey | Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """An image file with these levels."""
    if not isinstance(levels, Image.Image):
        levels = Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))
    out = io.BytesIO()
    levels.save(out, kind, **options)
    return out.getvalue()


def random_shape(digit: int, height: float, rng: np.random.Generator, pens: tuple[float, float]) -> Grey:
    """A digit of this height in pixels; `pens` is the range of the stroke width, as a share of the height."""
    return shape(digit, height, max(height * rng.uniform(*pens), 2.0), rng)


def with_specks(digit: int, rng: np.random.Generator) -> bytes:
    """A digit on pure white or pure black with one to twelve single pixels of any level from faint to full."""
    side = int(rng.integers(60, 500))
    ink = random_shape(digit, side * rng.uniform(0.2, 0.6), rng, (0.08, 0.16))
    dark = bool(rng.random() < 0.5)
    sheet = on_paper(ink, side, rng, *((0, 255) if dark else (255, 0)))
    for _ in range(int(rng.integers(1, 13)) if rng.random() < 0.5 else 1):
        y, x = rng.integers(0, side, 2)
        strength = int(rng.choice([1, 3, 8, 20, 60, 150, 255]))
        sheet[y, x] = max(sheet[y, x], strength) if dark else min(sheet[y, x], 255 - strength)
    return encoded(sheet)


def with_dust(digit: int, rng: np.random.Generator) -> bytes:
    """A bilevel scan in which the paper has single black pixels, either random or from dithering light grey paper."""
    side = int(rng.integers(120, 700))
    ink = random_shape(digit, side * rng.uniform(0.25, 0.6), rng, (0.07, 0.15))
    if rng.random() < 0.5:
        sheet = on_paper(ink, side, rng, rng.uniform(225, 252), rng.uniform(0, 40)) + rng.normal(0, 1, (side, side))
        scan = Image.fromarray(np.clip(sheet, 0, 255).astype(np.uint8)).convert("1")  # Floyd–Steinberg dithering
    else:
        black = on_paper(ink, side, rng) < 128
        dust = rng.random((side, side)) < rng.choice([0.0003, 0.003, 0.02, 0.05])
        scan = Image.fromarray(~(black | dust))
    if rng.random() < 0.3:
        scan = scan.convert("L").point(lambda level: 255 - level)
    return encoded(scan)


def with_strip(digit: int, rng: np.random.Generator) -> bytes:
    """A scan or a photo of paper with a dark strip along one side (or two), which the digit does not touch."""
    side = int(rng.integers(120, 600))
    widths = [side * rng.uniform(0.01, 0.15) for _ in range(2 if rng.random() < 0.2 else 1)]
    ink = random_shape(digit, side * rng.uniform(0.25, 0.55), rng, (0.07, 0.14))
    paper = rng.uniform(190, 255)
    pen = rng.uniform(10, 100)
    sheet = on_paper(ink, side, rng, paper, pen, away=round(max(widths)) + 4)
    first = int(rng.integers(4))
    for i, width in enumerate(widths):
        tone = rng.uniform(0, 130)
        turned = np.rot90(sheet, first + i)
        slope = rng.uniform(-0.04, 0.04) if rng.random() < 0.4 and width > 0.04 * side + 2 else 0.0  # laid askew
        edge = width + slope * (np.arange(side) - side / 2)
        turned[np.arange(side)[np.newaxis] < edge[:, np.newaxis]] = tone
    noise = rng.choice([0.0, 1.5, 3.0])
    sheet = sheet + rng.normal(0, noise, sheet.shape) if noise else sheet
    if rng.random() < 0.6:
        return encoded(sheet, "JPEG", quality=int(rng.integers(60, 96)))
    return encoded(sheet)


def cropped(digit: int, rng: np.random.Generator) -> bytes:
    """A digit cropped to the very edge of its ink, dark on light or light on dark."""
    widest = 0.2 if digit == 8 else 0.25  # with a wider pen, the holes of an 8 are too small for the network
    ink = random_shape(digit, rng.uniform(24, 400), rng, (0.07, widest)).astype(float)
    contrast = rng.uniform(0.5, 1) if rng.random() < 0.3 else 1.0
    ink = 255 - 255 * (contrast * (1 - ink / 255))
    if rng.random() < 0.5:
        ink = 255 - ink
    kind = rng.random()
    if kind < 0.25:
        return encoded(ink, "JPEG", quality=int(rng.integers(60, 96)))
    return encoded(np.where(ink > 127, 255, 0) if kind < 0.5 and contrast == 1 else ink)


KINDS = {"specks": with_specks, "dust": with_dust, "strip": with_strip, "cropped": cropped}

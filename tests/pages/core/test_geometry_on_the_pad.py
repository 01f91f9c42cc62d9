"""From a pixel of the input back to the pad, for ink whose place is known."""

import base64
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.pages.walk_helpers import SEED, Numbers
from tests.support.visitor import PAD, Visitor


@dataclass(frozen=True, slots=True)
class Known:
    """A line with a dot to its right, whose places on the pad are known.

    dot     its middle, (x, y) in pad units
    ink     left, top, right and bottom of all ink on the pad
    pixel   the width and height on the pad of one pixel of the network's input; None to tell it from the scale
    unit    pad units for each unit of what is sent
    """

    name: str
    prepare: str
    dot: tuple[float, float]
    ink: tuple[float, float, float, float]
    pixel: tuple[float, float] | None = None
    unit: float = 1.0
    request: dict[str, Any] | None = None
    strokes: list[list[tuple[float, float]]] | None = None
    pen: float = 0.0

    def sent(self) -> dict[str, Any]:
        return {"prepare": self.prepare, "request": self.request, "strokes": self.strokes, "pen": self.pen}


def known_strokes(prepare: str, count: int) -> Iterator[Known]:
    """Strokes at random places on the pad, in random sizes and with random pens."""
    random = np.random.default_rng(SEED + 2)
    for i in range(count):
        pen = float(random.integers(12, 45))
        least = 30.0 if prepare == "mnist" else pen + 30
        margin = 0.0 if prepare == "mnist" else pen / 2
        wide, high = (random.uniform(least, PAD - 2 * margin) for _ in "xy")
        if prepare == "mnist":
            wide = max(wide, high / 2)  # in a narrow drawing, the dot would touch the line
        left, top = random.uniform(margin, PAD - margin - wide), random.uniform(margin, PAD - margin - high)
        # Coordinates on the pad are multiples of a quarter.
        left, top, right, bottom, y = (
            float(round(4 * value) / 4) for value in (left, top, left + wide, top + high, top + random.uniform(0, high))
        )
        line = [(left, top), (left, bottom)]
        # As wide as MNIST's pen: 2 to 2.8 of the 20 pixels that the drawing is scaled to.
        out = 1.2 * max(right - left, bottom - top, pen) / 17.6 if prepare == "mnist" else pen / 2
        yield Known(
            name=f"strokes {i}: {left, top, right, bottom}, pen {pen}",
            prepare=prepare,
            dot=(right, y),
            ink=(left - out, top - out, right + out, bottom + out),
            pixel=None if prepare == "mnist" else (10.0, 10.0),
            strokes=[line, [(right, y)]],
            pen=pen,
        )


def line_and_dot(width: int, height: int, thick: int, random: np.random.Generator) -> tuple[Numbers, tuple[float, ...]]:
    """A white line and a dot on black, with the dot's centre and the bounding box of the ink, in pixels."""
    left, top = int(random.integers(0, width // 4)), int(random.integers(0, height // 4))
    right = int(random.integers(width // 2 + left, width + 1))
    bottom = int(random.integers(max(height // 2, 3 * thick) + top, height + 1))
    y = int(random.integers(top, bottom - thick + 1))
    image = np.zeros((height, width))
    image[top:bottom, left : left + thick] = 255
    image[y : y + thick, right - thick : right] = 255
    return image, (right - thick / 2, y + thick / 2, left, top, right, bottom)


def known_pixels(prepare: str, count: int) -> Iterator[Known]:
    """Images in the network's own size."""
    random = np.random.default_rng(SEED + 3)
    for i in range(count):
        image, (x, y, *ink) = line_and_dot(28, 28, int(random.integers(1, 4)), random)
        left, top, right, bottom = (10.0 * value for value in ink)
        yield Known(
            name=f"pixels {i}",
            prepare=prepare,
            dot=(10 * x, 10 * y),
            ink=(left, top, right, bottom),
            pixel=None if prepare == "mnist" else (10.0, 10.0),
            unit=10.0,
            request={"pixels": [[int(value) for value in row] for row in image]},
        )


def known_uploads(prepare: str) -> Iterator[Known]:
    """Dark ink on light paper, in several sizes and shapes; the last one is decoded at half its size."""
    random = np.random.default_rng(SEED + 4)
    sizes = [(28, 28)] if prepare == "none" else [(28, 28), (50, 50), (400, 250), (150, 420), (600, 200), (2300, 1700)]
    for width, height in sizes * 2:
        image, (x, y, *ink) = line_and_dot(width, height, max(2, min(width, height) // 9), random)
        if prepare != "none":
            image = 245 - image * 225 / 255
        file = io.BytesIO()
        Image.fromarray(image.astype(np.uint8)).save(file, "PNG")
        zoom = PAD / max(width, height)
        across, down = (PAD - width * zoom) / 2, (PAD - height * zoom) / 2
        left, top, right, bottom = ink
        yield Known(
            name=f"upload {width}×{height}",
            prepare=prepare,
            dot=(across + zoom * x, down + zoom * y),
            ink=(across + zoom * left, down + zoom * top, across + zoom * right, down + zoom * bottom),
            pixel=None if prepare == "mnist" else (zoom * width / 28, zoom * height / 28),
            unit=zoom,
            request={"image": base64.b64encode(file.getvalue()).decode()},
        )


KNOWN: dict[str, Callable[[], Iterator[Known]]] = {
    **{f"strokes, {prepare}": partial(known_strokes, prepare, 25) for prepare in ("mnist", "resize", "none")},
    **{f"pixels, {prepare}": partial(known_pixels, prepare, 15) for prepare in ("mnist", "resize", "none")},
    **{f"an upload, {prepare}": partial(known_uploads, prepare) for prepare in ("mnist", "resize", "none")},
}


@pytest.mark.parametrize("kind", KNOWN)
def test_a_place_in_the_input_is_found_on_the_pad(
    service_js: Visitor, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error is at most half a pixel of the network's input, for drawings of any size at any place."""
    cases = list(KNOWN[kind]())
    stages = """const { requestBody } = await import("/static/js/core/drawing.js");
        const stagesOf = async ({ prepare, pen, strokes, request }) => {
          const body = strokes ? requestBody({ strokes, image: null }, { prepare, pen }).body : request;
          return (await ask(prepare, body)).stages;
        };"""
    answers = service_js.module(
        "core/geometry",
        f"""{stages}
        return Promise.all(a.map(async (known) => {{
          const {{ scale, images }} = await stagesOf(known);
          return [scale, Array.from(images.shifted.data)];
        }}))""",
        [known.sent() for known in cases],
    )
    images = [np.array(levels, np.float64).reshape(28, 28) for _, levels in answers]
    places = [dot_in(image) for image in images]
    inks = [ink_in(image) for image in images]
    asked = [
        {**known.sent(), "fields": [[x, y, x, y], [int(x), int(y), int(x) + 1, int(y) + 1], ink]}
        for known, (x, y), ink in zip(cases, places, inks, strict=True)
    ]
    found = service_js.module(
        "core/geometry",
        f"""{stages}
        return Promise.all(a.map(async (known) => {{
          const stages = await stagesOf(known);
          return known.fields.map((field) => m.onPad(field, stages, {PAD}));
        }}))""",
        asked,
    )
    furthest = 0.0
    for known, (scale, _), (dot, around, ink) in zip(cases, answers, found, strict=True):
        pixel = np.array(known.pixel or (known.unit / scale, known.unit / scale))
        off = np.abs(np.array(dot[:2]) - known.dot) / pixel
        furthest = max(furthest, float(off.max()))
        assert (off <= 0.5).all(), (known.name, dot, known.dot)
        near, far = np.array(around[:2]), np.array(around[2:])
        assert (near - 0.5 * pixel <= known.dot).all(), known.name
        assert (far + 0.5 * pixel >= known.dot).all(), known.name
        assert (np.abs(np.array(ink) - np.clip(known.ink, 0, PAD)) <= 1.5 * np.tile(pixel, 2)).all(), (known, ink)
    with capsys.disabled():
        print(f"\n  from the input back to the pad, {kind}: at most {furthest:.2f} input pixels off")


def dot_in(image: Numbers) -> tuple[float, float]:
    """The centre of the dot, which is all ink to the right of the last empty column."""
    columns = image.sum(axis=0)
    (inked,) = columns.nonzero()
    first = next(right for left, right in reversed(list(pairwise(inked))) if right - left > 1)
    dot = image[:, first:]
    x = (dot.sum(axis=0) * (np.arange(dot.shape[1]) + 0.5)).sum() / dot.sum() + first
    y = (dot.sum(axis=1) * (np.arange(28) + 0.5)).sum() / dot.sum()
    return float(x), float(y)


def ink_in(image: Numbers) -> list[int]:
    (columns,), (rows,) = (image.sum(axis=axis).nonzero() for axis in (0, 1))
    return [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]


def test_places_outside_the_pad_are_moved_to_its_edge(service_js: Visitor) -> None:
    drawing = {"strokes": [[(0, 0), (0, 279)], [(140, 10)]], "pen": 26, "canvas": [PAD, PAD]}
    script = "return m.onPad([0, 0, 28, 28], (await ask('mnist', a)).stages, 280)"
    left, top, right, bottom = service_js.module("core/geometry", script, drawing)
    assert (left, top) == (0, 0)
    assert 0 < right <= PAD
    assert bottom == PAD


def test_without_ink_there_is_no_place_on_the_pad(service_js: Visitor) -> None:
    blank = {"pixels": np.zeros((28, 28), int).tolist()}
    assert (
        service_js.module("core/geometry", "return m.onPad([0, 0, 3, 3], (await ask('mnist', a)).stages, 280)", blank)
        is None
    )

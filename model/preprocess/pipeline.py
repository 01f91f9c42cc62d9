"""Whatever a person drew or uploaded -> the 28×28 picture MNIST would have made of it, stage by stage.

A picture that already is so comes out unchanged. The stages are

    grey → ink (white on black) → box (the ink's own rectangle) → fitted (20 px) → shifted (28×28)

model.preprocess.modes says which of the steps each mode takes.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.layers import SIDE
from model.preprocess.decode import ImageError, ink_of
from model.preprocess.fit import (
    BLANK_BELOW,
    FIT,
    Fitted,
    Grey,
    Ink,
    fit_all,
    ink_box,
    moments,
    place,
    place_box,
    resize,
)
from model.preprocess.modes import Prepare
from model.preprocess.rasterise import Polylines, Strokes
from model.preprocess.source import PEN, SMALLEST, Box, Sheet, Source, Upload

RawDrawing = Strokes | Ink  # what is still to be prepared

PEN_RANGE = (2.0, 2.8)  # px, the widths common in MNIST; a pen of the caller's own is kept within them
MAX_POINTS = 20_000
MAX_COORDINATE = 1e6
MAX_SIDE = 4096  # of a `pixels` array
MAX_STROKES = 1_000


@dataclass(slots=True)  # not frozen: setting each field past a lock takes longer than adding up the ink
class PreprocessedDrawing:
    """A 28×28 picture and how it came about.

    image    uint8 (28, 28), white ink on black: what the network is shown (before it is normalised)
    surface  what it was drawn on
    ink      the sum of the picture's pixels, 255 for each that is all ink
    blank    whether there is no ink at all
    parted   whether the ink may be in parts: one line, drawn whole with a pen that is wide enough, never is
    scale    fitted pixels for each of the caller's units
    fitted   uint8 (≤ 20, ≤ 20), the ink at its final size
    shift    whole pixels from a fitted picture in the middle of the field to where it came to lie, (x, y)
    line     the width in pixels that strokes were drawn with; None for pictures
    """

    image: Grey
    prepare: Prepare
    surface: Sheet | Upload
    ink: float
    blank: bool
    parted: bool
    scale: float = 1.0
    fitted: Grey | None = None
    shift: tuple[int, int] = (0, 0)
    stroke_width: float | None = None

    @property
    def source(self) -> Source:
        """How it came in."""
        return self.surface.source

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of what it was drawn on, in the caller's units."""
        return self.surface.size

    @property
    def box(self) -> Box | None:
        """Left, top, right and bottom of the ink in the caller's units; None when there is no ink."""
        return None if self.blank else self.surface.box

    @property
    def inverted(self) -> bool:
        """Whether it was dark on light."""
        return self.surface.inverted

    @property
    def pen(self) -> float | None:
        """The width of the pen in the caller's units; None for pictures."""
        return self.surface.pen

    def stages(self) -> dict[str, Grey]:
        """The pictures between what came in and what the network is shown, uint8, in order.

        `grey` and `ink` are at most 112 px long; `fitted` and `shifted` have the sizes the network's input is made of.
        """
        grey, ink = self.surface.stages()
        fitted = self.image if self.fitted is None else self.fitted
        return {"grey": grey, "ink": ink, "fitted": fitted, "shifted": self.image}


def preprocess_all(drawings: Sequence[RawDrawing]) -> list[PreprocessedDrawing]:
    """Prepare several drawings as MNIST would, those of a kind together."""
    strokes = iter(from_all_strokes([drawing for drawing in drawings if isinstance(drawing, Strokes)]))
    inks = iter(_from_all_inks([drawing for drawing in drawings if isinstance(drawing, Ink)]))
    return [next(strokes if isinstance(drawing, Strokes) else inks) for drawing in drawings]


# ---------------------------------------------------------------- strokes


def from_strokes(
    lines: Sequence[Sequence[Sequence[float]]],
    pen: float | None = None,
    canvas: tuple[float, float] | None = None,
    prepare: Prepare = "mnist",
) -> PreprocessedDrawing:
    """Draw strokes, in the caller's own units, straight at the scale of the network's input.

    `pen` is the pen's width in those units; MNIST's own width is taken where it is None. With prepare="resize" the
    whole `canvas` (width, height) is squashed to 28×28, or the square around the ink where it is None. With
    prepare="none" the units are the input's own pixels, 0 to 28. With prepare="own_pen" the pen is as wide beside the
    fitted ink as it was beside the drawing; else it is kept within MNIST's widths.

    Raises ValueError when there is no stroke or a stroke has no point; numbers are expected to be finite.
    """
    return from_all_strokes([Strokes(lines, pen, canvas)], prepare)[0]


def from_all_strokes(drawings: Sequence[Strokes], prepare: Prepare = "mnist") -> list[PreprocessedDrawing]:
    """The same for several drawings at once, which takes little longer than for one."""
    if not drawings:
        return []
    lines = Polylines(drawings)
    sheets = [
        Sheet(drawing, low, high, pixels=prepare == "none")
        for drawing, low, high in zip(drawings, lines.low, lines.high, strict=True)
    ]
    return list(_squashed(sheets, prepare) if prepare in ("resize", "none") else _fit_strokes(lines, sheets, prepare))


def _squashed(sheets: Sequence[Sheet], prepare: Prepare) -> Iterator[PreprocessedDrawing]:
    """Each drawing with all it was drawn on."""
    for sheet in sheets:
        picture = sheet.squashed(SIDE)
        scale = SIDE / max(sheet.size)
        blank = int(picture.max()) < BLANK_BELOW  # ink that lies off the canvas is not there
        yield PreprocessedDrawing(
            picture, prepare, sheet, float(picture.sum()), blank, True, scale, stroke_width=sheet.pen * scale
        )


def _fit_strokes(lines: Polylines, sheets: Sequence[Sheet], prepare: Prepare) -> Iterator[PreprocessedDrawing]:
    """Each drawing so that its ink's longer side, pen included, is 20 px."""
    scales, shifts, widths, cells = [], [], [], []
    for sheet in sheets:
        (left, top), (right, bottom), pen = sheet.low, sheet.high, sheet.drawing.pen
        across, down = right - left, bottom - top
        extent, width = max(across, down), PEN
        if pen is not None:
            # Of a dot, half of the 20 px are its own pen.
            thinnest, thickest = (0.0, FIT / 2) if prepare == "own_pen" else PEN_RANGE
            width = min(max(FIT * pen / (extent + pen), thinnest), thickest)
            # What is smaller than its own pen is a dot, not a tiny drawing to be blown up.
            extent = max(extent, pen)
        scale = (FIT - width) / extent if extent >= SMALLEST else 0.0
        wide, high = across * scale + width, down * scale + width
        columns, rows = math.ceil(wide - 1e-9), math.ceil(high - 1e-9)
        scales.append((scale, scale))
        # The ink sits in the middle of its whole pixels, so it does not matter where on the canvas it was.
        shifts.append(((columns - wide + width) / 2 - left * scale, (rows - high + width) / 2 - top * scale))
        widths.append(width)
        cells.append((columns, rows))
    fitted = lines.rasterise(scales, shifts, widths, FIT)
    sums = (fitted.reshape(len(fitted), -1) @ moments(FIT, FIT).T).tolist()
    for sheet, grid, (columns, rows), moment, (scale, _), width in zip(
        sheets, fitted, cells, sums, scales, widths, strict=True
    ):
        ink, shift = grid[:rows, :columns], (0, 0)
        if prepare == "uncentred":
            picture = place_box(ink)
        else:
            picture, shift = place(ink, moment)
        parted = len(sheet.drawing.lines) > 1 or prepare == "own_pen"
        yield PreprocessedDrawing(picture, prepare, sheet, moment[0], False, parted, scale, ink, shift, width)


# ---------------------------------------------------------------- pixels


def from_image(image: Image.Image, prepare: Prepare = "mnist") -> PreprocessedDrawing:
    """Prepare an upload that `uploads.open_image` opened.

    Raises ImageUnreadableError when it turns out to be damaged, ImageError when it has to be 28×28 and is not.
    """
    return from_ink(ink_of(image, as_it_is=prepare == "none"), prepare)


def from_pixels(pixels: NDArray[np.float64] | Grey, prepare: Prepare = "mnist") -> PreprocessedDrawing:
    """Prepare rows of 0 to 255, white ink on black, of any size. Raises ImageError as from_image does."""
    return from_ink(ink_of_pixels(pixels), prepare)


def ink_of_pixels(pixels: NDArray[np.float64] | Grey) -> Ink:
    """Rows of 0 to 255, white ink on black, as ink."""
    grey = np.rint(pixels).astype(np.uint8)
    return Ink(grey, grey, "pixels")


def from_ink(ink: Ink, prepare: Prepare = "mnist") -> PreprocessedDrawing:
    """Prepare ink of any size. Raises ImageError as from_image does."""
    if prepare in ("mnist", "own_pen"):  # a picture has no pen that could be another
        return _from_all_inks([ink], prepare)[0]
    if prepare == "uncentred":
        (fitted,) = fit_all([ink])
        picture = fitted.image if fitted.ink is None else place_box(fitted.ink)
        return _prepared(ink, prepare, fitted._replace(image=picture, shift=(0, 0)))
    height, width = ink.ink.shape
    if prepare == "resize":
        picture = resize(ink.ink, SIDE, SIDE)
        scale = SIDE / max(height, width)
        return _prepared(ink, prepare, Fitted(picture, None, scale, (0, 0), ink_box(ink), float(picture.sum())))
    if (height, width) != (SIDE, SIDE):
        raise ImageError(
            f"With prepare=none the picture must be {SIDE}×{SIDE} pixels already; this one is {width}×{height}."
        )
    return _prepared(ink, prepare, Fitted(ink.ink, None, 1.0, (0, 0), ink_box(ink), float(ink.ink.sum())))


def _from_all_inks(inks: Sequence[Ink], prepare: Prepare = "mnist") -> list[PreprocessedDrawing]:
    return [_prepared(ink, prepare, fitted) for ink, fitted in zip(inks, fit_all(inks), strict=True)]


def _prepared(ink: Ink, prepare: Prepare, fitted: Fitted) -> PreprocessedDrawing:
    picture, own, scale, shift, box, mass = fitted
    return PreprocessedDrawing(
        picture, prepare, Upload(ink, box), mass, box is None, True, scale / ink.reduced, own, shift
    )

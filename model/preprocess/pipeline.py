"""Turns a drawing or an upload into a 28×28 image like MNIST's.

An image that is already like MNIST's stays unchanged. The stages are

    grey → ink (white on black) → bounding box → fitted (20 px) → shifted (28×28)

`model.preprocess.modes` describes which of these stages each mode has.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.layers import SIDE
from model.preprocess.canvas import Box, ImageCanvas, Source, StrokeCanvas
from model.preprocess.decode import ImageError, ink_from_image
from model.preprocess.extraction.background import clean_ink
from model.preprocess.fit import FIT, Fitted, fit, fit_strokes, place
from model.preprocess.ink import BLANK_BELOW, Grey, Ink, bounding_box
from model.preprocess.modes import Prepare
from model.preprocess.rasterise import Polylines, Strokes
from model.preprocess.resize import resize

RawDrawing = Strokes | Ink  # a drawing before preprocessing

MAX_POINTS = 20_000
MAX_COORDINATE = 1e6
MAX_SIDE = 4096  # the largest number of rows, and of columns, of `pixels`
MAX_STROKES = 1_000


@dataclass(slots=True)  # not frozen: creating a frozen instance is measurably slower
class PreprocessedDrawing:
    """A 28×28 image and how it was made.

    image         uint8 (28, 28), white ink on black: the network's input before it is normalised
    prepare       the preprocessing mode
    canvas        the canvas of strokes, or the image with the ink
    ink_sum       sum of the image's pixels; a pixel that is all ink counts 255
    blank         whether there is no ink
    scale         pixels of `image` for each client unit
    fitted        uint8 (≤ 20, ≤ 20), the ink at its final size; None if the ink was not fitted
    shift         (x, y), how far the ink is from the middle of the image, in whole pixels
    stroke_width  the width in pixels with which strokes were drawn; None for images
    from_0_to_1   whether the drawing is blank because its pixels seem to be scaled to 0 to 1
    """

    image: Grey
    prepare: Prepare
    canvas: StrokeCanvas | ImageCanvas
    ink_sum: float
    blank: bool
    scale: float = 1.0
    fitted: Grey | None = None
    shift: tuple[int, int] = (0, 0)
    stroke_width: float | None = None
    from_0_to_1: bool = False

    @property
    def source(self) -> Source:
        """How the drawing was sent: as strokes, as an image or as pixels."""
        return self.canvas.source

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the canvas, in client units."""
        return self.canvas.size

    @property
    def box(self) -> Box | None:
        """The bounding box of the ink in client units; None for a blank drawing."""
        return None if self.blank else self.canvas.box

    @property
    def inverted(self) -> bool:
        """Whether the image was dark on light."""
        return self.canvas.inverted

    @property
    def pen(self) -> float | None:
        """The width of the pen in client units; None for images."""
        return self.canvas.pen

    def stages(self) -> dict[str, Grey]:
        """The image after each stage, uint8, in the order of the stages.

        `grey` and `ink` are reduced to at most 112×112 px; `fitted` is at most 20×20 px and `shifted` is 28×28 px.
        Without fitting, `fitted` is the same as `shifted`.
        """
        grey, ink = self.canvas.stages()
        fitted = self.image if self.fitted is None else self.fitted
        return {"grey": grey, "ink": ink, "fitted": fitted, "shifted": self.image}


def preprocess_all(drawings: Sequence[RawDrawing], prepare: Prepare = "mnist") -> list[PreprocessedDrawing]:
    """Preprocess several drawings. Strokes are rasterised together: NumPy needs about as long for ten as for one.

    Raises ImageError if an image is not 28×28 although `prepare` is "none".
    """
    strokes = _from_strokes([drawing for drawing in drawings if isinstance(drawing, Strokes)], prepare)
    return [next(strokes) if isinstance(drawing, Strokes) else from_ink(drawing, prepare) for drawing in drawings]


# ---------------------------------------------------------------- strokes


def from_strokes(
    lines: Sequence[Sequence[Sequence[float]]],
    pen: float | None = None,
    canvas: tuple[float, float] | None = None,
    prepare: Prepare = "mnist",
) -> PreprocessedDrawing:
    """Preprocess one drawing that consists of strokes.

    `lines` are the points (x, y) of each stroke, `pen` is the pen's width and `canvas` the canvas's width and height,
    all in client units. If `pen` is None, strokes are drawn with MNIST's stroke width. With prepare="resize", the whole
    canvas is squashed to 28×28 px; if `canvas` is None, a square around the ink takes its place. With prepare="none",
    the client units are the pixels of the 28×28 image.

    Raises ValueError if there is no stroke or a stroke has no point. Coordinates must be finite.
    """
    return preprocess_all([Strokes(lines, pen, canvas)], prepare)[0]


def _from_strokes(drawings: Sequence[Strokes], prepare: Prepare) -> Iterator[PreprocessedDrawing]:
    if not drawings:
        return iter(())
    lines = Polylines(drawings)
    canvases = [
        StrokeCanvas(drawing, low, high, in_pixels=prepare == "none")
        for drawing, low, high in zip(drawings, lines.low, lines.high, strict=True)
    ]
    if prepare in ("resize", "none"):
        return (_squash(canvas, prepare) for canvas in canvases)
    return _fit_strokes(lines, canvases, prepare)


def _squash(canvas: StrokeCanvas, prepare: Prepare) -> PreprocessedDrawing:
    """Draw the whole canvas on 28×28 pixels."""
    image = canvas.squashed(SIDE)
    scale = SIDE / max(canvas.size)
    blank = int(image.max()) < BLANK_BELOW  # ink outside the canvas does not count
    return PreprocessedDrawing(
        image, prepare, canvas, float(image.sum()), blank, scale, stroke_width=canvas.pen * scale
    )


def _fit_strokes(lines: Polylines, canvases: Sequence[StrokeCanvas], prepare: Prepare) -> Iterator[PreprocessedDrawing]:
    """Rasterise each drawing so that the longer side of its ink is 20 px, then centre the ink."""
    fits = [
        fit_strokes(canvas.low, canvas.high, canvas.drawing.pen, own_pen=prepare == "own_pen") for canvas in canvases
    ]
    grids = lines.rasterise(
        [(fit.scale, fit.scale) for fit in fits], [fit.shift for fit in fits], [fit.stroke_width for fit in fits], FIT
    )
    for canvas, grid, fitted in zip(canvases, grids, fits, strict=True):
        ink = grid[: fitted.rows, : fitted.columns]
        image, shift, ink_sum = place(ink, centre_mass=prepare != "uncentred")
        yield PreprocessedDrawing(image, prepare, canvas, ink_sum, False, fitted.scale, ink, shift, fitted.stroke_width)


# ---------------------------------------------------------------- images


def from_image(image: Image.Image, prepare: Prepare = "mnist") -> PreprocessedDrawing:
    """Preprocess an upload that `decode.open_image` opened.

    Raises ImageUnreadableError if it is damaged, ImageError if it is not 28×28 although `prepare` is "none".
    """
    return from_ink(ink_from_image(image, as_ink=prepare == "none"), prepare)


def from_pixels(pixels: NDArray[np.float64] | Grey, prepare: Prepare = "mnist") -> PreprocessedDrawing:
    """Preprocess an image of any size, given as rows of grey levels from 0 to 255, white ink on black.

    Raises ImageError if it is not 28×28 although `prepare` is "none".
    """
    grey = np.rint(pixels).astype(np.uint8)
    drawing = from_ink(Ink(grey, grey, "pixels") if prepare == "none" else ink_from_pixels(grey), prepare)
    drawing.from_0_to_1 = bool(0 < pixels.max() <= 1)
    return drawing


def ink_from_pixels(grey: Grey) -> Ink:
    """The ink of an image that is given as rows of grey levels, white ink on black."""
    clean = clean_ink(grey)
    return Ink(clean.ink, grey, "pixels", profile=clean.profile, thin_lines=True)


def from_ink(ink: Ink, prepare: Prepare = "mnist") -> PreprocessedDrawing:
    """Preprocess ink of any size. Raises ImageError if it is not 28×28 although `prepare` is "none"."""
    height, width = ink.ink.shape
    if prepare == "resize":
        squashed = resize(ink.ink, SIDE, SIDE)
        fitted = Fitted(squashed, None, SIDE / max(height, width), (0, 0), bounding_box(ink), float(squashed.sum()))
    elif prepare == "none":
        if (height, width) != (SIDE, SIDE):
            raise ImageError(
                f"With prepare=none the image must already be {SIDE}×{SIDE} pixels; this one is {width}×{height}."
            )
        fitted = Fitted(ink.ink, None, 1.0, (0, 0), bounding_box(ink), float(ink.ink.sum()))
    else:  # an image has no pen, so own_pen is the same as mnist
        fitted = fit(ink, centre_mass=prepare != "uncentred")
    return PreprocessedDrawing(
        fitted.image,
        prepare,
        ImageCanvas(ink, fitted.box),
        fitted.ink_sum,
        fitted.box is None,
        fitted.scale / ink.reduced,
        fitted.ink,
        fitted.shift,
    )

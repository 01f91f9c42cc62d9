"""Whatever a person drew or uploaded -> the 28×28 picture MNIST would have made of it, stage by stage.

A picture that already is so comes out unchanged. The stages are

    grey → ink (white on black) → box (the ink's own rectangle) → fitted (20 px) → shifted (28×28)

`Prepare` says which steps are taken, so that one can see what each is worth:

    mnist      all of them
    uncentred  all but the last: the box, not the mass, lies in the middle
    own_pen    all, but strokes keep the caller's pen: the lines are as wide as the fitting makes them
    resize     none: the whole canvas is squashed to 28×28, as most demos do
    none       none: what comes in is 28×28 already
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.fitting import BLANK_BELOW, FIT, Grey, Ink, fit_all, ink_box, moments, place, place_box, resize
from model.layers import SIDE
from model.strokes import Polylines, Strokes
from model.uploads import PictureError, ink_of

Prepare = Literal["mnist", "resize", "none", "uncentred", "own_pen"]
Drawn = Strokes | Ink  # what is still to be prepared
Source = Literal["strokes", "image", "pixels"]
Box = tuple[float, float, float, float]

PEN = 2.4  # px, the pen strokes are drawn with when the caller names none: the usual width of MNIST's lines
PEN_RANGE = (2.0, 2.8)  # px, the widths common in MNIST; a pen of the caller's own is kept within them
MAX_POINTS = 20_000
MAX_COORDINATE = 1e6
SMALLEST = 1e-3  # of the caller's units: no pen and no canvas is smaller, and a drawing that is, is a dot
MAX_SIDE = 4096  # of a `pixels` array
MAX_STROKES = 1_000
THUMBNAIL = 112  # px, the longer side of the stages that have no size of their own
_STROKE_THUMBNAIL = 2 * SIDE  # px; drawn anew while the pen moves, so it has to be cheap


@dataclass(slots=True)  # not frozen: setting fourteen fields past a lock takes longer than adding up the ink
class Prepared:
    """A 28×28 picture and how it came about.

    picture  uint8 (28, 28), white ink on black: what the network is shown (before it is normalised)
    box      left, top, right, bottom of the ink in the caller's units; None when there is no ink
    scale    fitted pixels for each of the caller's units
    fitted   uint8 (≤ 20, ≤ 20), the ink at its final size
    shift    whole pixels from a fitted picture in the middle of the field to where it came to lie, (x, y)
    line     the width in pixels that strokes were drawn with; None for pictures
    """

    picture: Grey
    source: Source
    prepare: Prepare
    size: tuple[float, float]
    grey: Grey | None = None
    ink: Grey | None = None
    box: Box | None = None
    scale: float = 1.0
    fitted: Grey | None = None
    shift: tuple[int, int] = (0, 0)
    inverted: bool = False
    pen: float | None = None
    line: float | None = None
    strokes: Strokes | None = None
    frame: Box | None = None

    @property
    def blank(self) -> bool:
        """Whether there is no ink at all."""
        return self.box is None

    def stages(self) -> dict[str, Grey]:
        """The pictures between what came in and what the network is shown, uint8, in order.

        `grey` and `ink` are at most 112 px long; `fitted` and `shifted` have the sizes the network's input is made of.
        """
        if self.strokes is not None:
            assert self.frame is not None
            assert self.pen is not None
            ink = grey = _on_canvas(self.strokes, self.pen, self.frame, _STROKE_THUMBNAIL, whole=True)
        else:
            assert self.grey is not None
            grey = thumbnail(self.grey)
            ink = grey if self.ink is self.grey or self.ink is None else thumbnail(self.ink)
        fitted = self.picture if self.fitted is None else self.fitted
        return {"grey": grey, "ink": ink, "fitted": fitted, "shifted": self.picture}


def thumbnail(picture: Grey, side: int = THUMBNAIL) -> Grey:
    """The picture with its longer side at most `side` pixels, by area averaging; small ones stay as they are."""
    height, width = picture.shape
    longest = max(height, width)
    if longest <= side:
        return picture
    size = (max(1, round(width * side / longest)), max(1, round(height * side / longest)))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))


def prepare_all(drawings: Sequence[Drawn]) -> list[Prepared]:
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
) -> Prepared:
    """Draw strokes, in the caller's own units, straight at the scale of the network's input.

    `pen` is the pen's width in those units; MNIST's own width is taken where it is None. With prepare="resize" the
    whole `canvas` (width, height) is squashed to 28×28, or the square around the ink where it is None. With
    prepare="none" the units are the input's own pixels, 0 to 28. With prepare="own_pen" the pen is as wide beside the
    fitted ink as it was beside the drawing; else it is kept within MNIST's widths.

    Raises ValueError when there is no stroke or a stroke has no point; numbers are expected to be finite.
    """
    return from_all_strokes([Strokes(lines, pen, canvas)], prepare)[0]


def from_all_strokes(drawings: Sequence[Strokes], prepare: Prepare = "mnist") -> list[Prepared]:
    """The same for several drawings at once, which takes little longer than for one."""
    if not drawings:
        return []
    lines = Polylines(drawings)
    pens = [_own_pen(drawing, *corners) for drawing, *corners in zip(drawings, lines.low, lines.high, strict=True)]
    boxes: list[Box] = [
        (left - pen / 2, top - pen / 2, right + pen / 2, bottom + pen / 2)
        for (left, top), (right, bottom), pen in zip(lines.low, lines.high, pens, strict=True)
    ]
    frames: list[Box] = [
        (0.0, 0.0, float(SIDE), float(SIDE))
        if prepare == "none"
        else (0.0, 0.0, *drawing.canvas)
        if drawing.canvas
        else _square(box)
        for drawing, box in zip(drawings, boxes, strict=True)
    ]
    if fitted_to_20 := prepare not in ("resize", "none"):
        placed = _fit_strokes(lines, drawings, prepare)
    else:
        placed = []
        for drawing, pen, frame in zip(drawings, pens, frames, strict=True):
            scale = SIDE / max(frame[2] - frame[0], frame[3] - frame[1])
            placed.append(_Placed(_on_canvas(drawing, pen, frame, SIDE), None, scale, (0, 0), pen * scale))
    return [
        Prepared(
            picture=picture,
            source="strokes",
            prepare=prepare,
            size=(frame[2] - frame[0], frame[3] - frame[1]),
            # Ink that lies off the canvas is not there.
            box=box if fitted_to_20 or int(picture.max()) >= BLANK_BELOW else None,
            scale=scale,
            fitted=fitted,
            shift=shift,
            pen=pen,
            line=line,
            strokes=drawing,
            frame=frame,
        )
        for drawing, box, pen, frame, (picture, fitted, scale, shift, line) in zip(
            drawings, boxes, pens, frames, placed, strict=True
        )
    ]


class _Placed(NamedTuple):
    """Strokes on the 28×28 field, and how they came there: see Prepared."""

    picture: Grey
    fitted: Grey | None
    scale: float
    shift: tuple[int, int]
    line: float


def _own_pen(drawing: Strokes, low: list[float], high: list[float]) -> float:
    """The pen's width in the caller's units; where none was named, what MNIST's pen would be at that size."""
    if drawing.pen is not None:
        return drawing.pen
    extent = max(high[0] - low[0], high[1] - low[1])
    return extent * PEN / (FIT - PEN) if extent >= SMALLEST else 1.0


def _square(box: Box) -> Box:
    """The square around a box, with as much left free on each side as MNIST leaves."""
    left, top, right, bottom = box
    half = max(right - left, bottom - top) / 2 * SIDE / FIT
    x, y = (left + right) / 2, (top + bottom) / 2
    return (x - half, y - half, x + half, y + half)


def _on_canvas(drawing: Strokes, pen: float, frame: Box, side: int, *, whole: bool = False) -> Grey:
    """The strokes on the surface they were drawn on, squashed to side × side; with `whole`, in its own proportions."""
    left, top, right, bottom = frame
    scale = (side / (right - left), side / (bottom - top))
    if whole:
        scale = (min(scale), min(scale))
    lines = Polylines([drawing])
    # Far off the canvas a line is as good as anywhere else off it, and near it costs less.
    np.clip(lines.points, [[left - 2 * (right - left)], [top - 2 * (bottom - top)]],
            [[right + 2 * (right - left)], [bottom + 2 * (bottom - top)]], out=lines.points)  # fmt: skip
    width = max(pen * min(scale), 1.0 if whole else 0.0)
    picture: Grey = lines.rasterise([scale], [(-left * scale[0], -top * scale[1])], [width], side)[0]
    if not whole:
        return picture
    return picture[: max(1, round((bottom - top) * scale[1])), : max(1, round((right - left) * scale[0]))]


def _fit_strokes(lines: Polylines, drawings: Sequence[Strokes], prepare: Prepare) -> list[_Placed]:
    """Each drawing so that its ink's longer side, pen included, is 20 px."""
    scales, shifts, widths, cells = [], [], [], []
    for drawing, (left, top), (right, bottom) in zip(drawings, lines.low, lines.high, strict=True):
        across, down = right - left, bottom - top
        extent, width = max(across, down), PEN
        if drawing.pen is not None:
            # Of a dot, half of the 20 px are its own pen.
            thinnest, thickest = (0.0, FIT / 2) if prepare == "own_pen" else PEN_RANGE
            width = min(max(FIT * drawing.pen / (extent + drawing.pen), thinnest), thickest)
            # What is smaller than its own pen is a dot, not a tiny drawing to be blown up.
            extent = max(extent, drawing.pen)
        scale = (FIT - width) / extent if extent >= SMALLEST else 0.0
        wide, high = across * scale + width, down * scale + width
        columns, rows = math.ceil(wide - 1e-9), math.ceil(high - 1e-9)
        scales.append((scale, scale))
        # The ink sits in the middle of its whole pixels, so it does not matter where on the canvas it was.
        shifts.append(((columns - wide + width) / 2 - left * scale, (rows - high + width) / 2 - top * scale))
        widths.append(width)
        cells.append((columns, rows))
    fitted = lines.rasterise(scales, shifts, widths, FIT)
    inks = [ink[:rows, :columns] for ink, (columns, rows) in zip(fitted, cells, strict=True)]
    sums = fitted.reshape(len(fitted), -1) @ moments(FIT, FIT).T
    if prepare == "uncentred":
        return [
            _Placed(place_box(ink), ink, scale, (0, 0), width)
            for ink, (scale, _), width in zip(inks, scales, widths, strict=True)
        ]
    placed = []
    for ink, moment, (scale, _), width in zip(inks, sums.tolist(), scales, widths, strict=True):
        picture, moved = place(ink, moment)
        placed.append(_Placed(picture, ink, scale, moved, width))
    return placed


# ---------------------------------------------------------------- pixels


def from_image(image: Image.Image, prepare: Prepare = "mnist") -> Prepared:
    """Prepare an upload that `uploads.open_image` opened.

    Raises PictureUnreadableError when it turns out to be damaged, PictureError when it has to be 28×28 and is not.
    """
    return from_ink(ink_of(image, as_it_is=prepare == "none"), prepare)


def from_pixels(pixels: NDArray[np.float64] | Grey, prepare: Prepare = "mnist") -> Prepared:
    """Prepare rows of 0 to 255, white ink on black, of any size. Raises PictureError as from_image does."""
    return from_ink(ink_of_pixels(pixels), prepare)


def ink_of_pixels(pixels: NDArray[np.float64] | Grey) -> Ink:
    """Rows of 0 to 255, white ink on black, as ink."""
    grey = np.rint(pixels).astype(np.uint8)
    return Ink(grey, grey, "pixels")


def from_ink(ink: Ink, prepare: Prepare = "mnist") -> Prepared:
    """Prepare ink of any size. Raises PictureError as from_image does."""
    if prepare in ("mnist", "own_pen"):  # a picture has no pen that could be another
        return _from_all_inks([ink], prepare)[0]
    if prepare == "uncentred":
        (fitted,) = fit_all([ink])
        picture = fitted.picture if fitted.ink is None else place_box(fitted.ink)
        return _prepared(ink, prepare, picture, fitted.box, fitted.scale, fitted.ink)
    height, width = ink.ink.shape
    if prepare == "resize":
        return _prepared(ink, prepare, resize(ink.ink, SIDE, SIDE), ink_box(ink), SIDE / max(height, width))
    if (height, width) != (SIDE, SIDE):
        raise PictureError(
            f"With prepare=none the picture must be {SIDE}×{SIDE} pixels already; this one is {width}×{height}."
        )
    return _prepared(ink, prepare, ink.ink, ink_box(ink))


def _from_all_inks(inks: Sequence[Ink], prepare: Prepare = "mnist") -> list[Prepared]:
    return [
        _prepared(ink, prepare, fitted.picture, fitted.box, fitted.scale, fitted.ink, fitted.shift)
        for ink, fitted in zip(inks, fit_all(inks), strict=True)
    ]


def _prepared(
    ink: Ink,
    prepare: Prepare,
    picture: Grey,
    box: Box | None,
    scale: float = 1.0,
    fitted: Grey | None = None,
    shift: tuple[int, int] = (0, 0),
) -> Prepared:
    """In the units of the upload, of which `reduced` make one pixel of the ink."""
    height, width = ink.ink.shape
    reduced = ink.reduced
    return Prepared(
        picture=picture,
        source=ink.source,
        prepare=prepare,
        size=(float(width * reduced), float(height * reduced)),
        grey=ink.grey,
        ink=ink.ink,
        box=None if box is None else (box[0] * reduced, box[1] * reduced, box[2] * reduced, box[3] * reduced),
        scale=scale / reduced,
        fitted=fitted,
        shift=shift,
        inverted=ink.inverted,
    )

"""What a drawing was made on, in its sender's own units. Most who send one never ask, so it is worked out on demand."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from PIL import Image

from model.layers import SIDE
from model.preprocess.fit import FIT, Grey, Ink, PixelBox
from model.preprocess.rasterise import Polylines, Strokes

Source = Literal["strokes", "image", "pixels"]
Box = tuple[float, float, float, float]  # left, top, right, bottom

PEN = 2.4  # px, the pen strokes are drawn with when the caller names none: the usual width of MNIST's lines
SMALLEST = 1e-3  # of the caller's units: no pen and no canvas is smaller, and a drawing that is, is a dot
THUMBNAIL = 112  # px, the longer side of the stages that have no size of their own
_STROKE_THUMBNAIL = 2 * SIDE  # px; drawn anew while the pen moves, so it has to be cheap


@dataclass(slots=True)  # not frozen: one is made for every drawing, and setting fields past a lock takes its time
class Sheet:
    """What strokes lie on.

    `low` and `high` are the corners of their points, (x, y); `pixels` says that the units are the input's own.
    """

    drawing: Strokes
    low: list[float]
    high: list[float]
    pixels: bool = False
    source: ClassVar[Source] = "strokes"
    inverted: ClassVar[bool] = False

    @property
    def pen(self) -> float:
        """The pen's width; where none was named, what MNIST's pen would be at that size."""
        if self.drawing.pen is not None:
            return self.drawing.pen
        extent = max(self.high[0] - self.low[0], self.high[1] - self.low[1])
        return extent * PEN / (FIT - PEN) if extent >= SMALLEST else 1.0

    @property
    def box(self) -> Box:
        """The rectangle around the ink, pen included."""
        (left, top), (right, bottom), pen = self.low, self.high, self.pen
        return left - pen / 2, top - pen / 2, right + pen / 2, bottom + pen / 2

    @property
    def frame(self) -> Box:
        """The canvas, or the square around the ink with as much left free on each side as MNIST leaves."""
        if self.pixels:
            return 0.0, 0.0, float(SIDE), float(SIDE)
        if self.drawing.canvas is not None:
            return 0.0, 0.0, *self.drawing.canvas
        left, top, right, bottom = self.box
        half = max(right - left, bottom - top) / 2 * SIDE / FIT
        x, y = (left + right) / 2, (top + bottom) / 2
        return x - half, y - half, x + half, y + half

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        left, top, right, bottom = self.frame
        return right - left, bottom - top

    @property
    def ends(self) -> bool:
        """Whether it is known where the surface ends."""
        return self.drawing.canvas is not None

    def stages(self) -> tuple[Grey, Grey]:
        """The strokes as they lie there, uint8, and their ink, which is the same."""
        left, top, right, bottom = self.frame
        scale = _STROKE_THUMBNAIL / max(right - left, bottom - top)
        picture = self.drawn(_STROKE_THUMBNAIL, (scale, scale), max(self.pen * scale, 1.0))
        picture = picture[: max(1, round((bottom - top) * scale)), : max(1, round((right - left) * scale))]
        return picture, picture

    def squashed(self, side: int) -> Grey:
        """The whole surface on side × side pixels, whatever its proportions."""
        left, top, right, bottom = self.frame
        scale = (side / (right - left), side / (bottom - top))
        return self.drawn(side, scale, self.pen * min(scale))

    def drawn(self, side: int, scale: tuple[float, float], pen: float) -> Grey:
        """The strokes on side × side pixels, so many to a unit across and down, with a pen of so many pixels."""
        left, top, right, bottom = self.frame
        lines = Polylines([self.drawing])
        # Far off the canvas a line is as good as anywhere else off it, and near it costs less.
        np.clip(lines.points, [[left - 2 * (right - left)], [top - 2 * (bottom - top)]],
                [[right + 2 * (right - left)], [bottom + 2 * (bottom - top)]], out=lines.points)  # fmt: skip
        picture: Grey = lines.rasterise([scale], [(-left * scale[0], -top * scale[1])], [pen], side)[0]
        return picture


@dataclass(slots=True)
class Upload:
    """What ink in pixels lies on, in the units of the upload, of which `reduced` make one pixel of the ink."""

    found: Ink
    within: PixelBox | None
    pen: ClassVar[float | None] = None
    ends: ClassVar[bool] = True

    @property
    def source(self) -> Source:
        """How it came in."""
        return self.found.source

    @property
    def inverted(self) -> bool:
        """Whether it was dark on light."""
        return self.found.inverted

    @property
    def box(self) -> Box | None:
        """The rectangle around the ink; None where there is none."""
        if self.within is None:
            return None
        left, top, right, bottom = (float(end * self.found.reduced) for end in self.within)
        return left, top, right, bottom

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        height, width = self.found.ink.shape
        return float(width * self.found.reduced), float(height * self.found.reduced)

    def stages(self) -> tuple[Grey, Grey]:
        """The picture and its ink, uint8, at most 112 px long."""
        grey = thumbnail(self.found.grey)
        return grey, grey if self.found.ink is self.found.grey else thumbnail(self.found.ink)


def thumbnail(picture: Grey, side: int = THUMBNAIL) -> Grey:
    """The picture with its longer side at most `side` pixels, by area averaging; small ones stay as they are."""
    height, width = picture.shape
    longest = max(height, width)
    if longest <= side:
        return picture
    size = (max(1, round(width * side / longest)), max(1, round(height * side / longest)))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))

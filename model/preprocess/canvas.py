"""The canvas or image that a drawing was made on, and the bounding box of its ink, in client units.

Most requests do not need these values, so they are computed on demand.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from model.layers import SIDE
from model.preprocess.fit import FIT, PEN, SMALLEST
from model.preprocess.ink import ALONG, Grey, Ink, PixelBox
from model.preprocess.rasterise import Polylines, Strokes
from model.preprocess.resize import thumbnail

Source = Literal["strokes", "image", "pixels"]
Box = tuple[float, float, float, float]  # left, top, right, bottom

_STROKE_THUMBNAIL = 2 * SIDE  # px; small, because it is drawn again and again while the pen moves

_INKED = 64  # of 255: weaker pixels at a side do not count as ink


@dataclass(slots=True)  # not frozen: creating a frozen instance is measurably slower
class StrokeCanvas:
    """The canvas on which strokes were drawn. Lengths are in client units.

    `low` and `high` are the smallest and the largest (x, y) of the points. With `in_pixels`, the client units are the
    pixels of the network's input.
    """

    drawing: Strokes
    low: list[float]
    high: list[float]
    in_pixels: bool = False
    _stages: tuple[Grey, Grey] | None = field(default=None, init=False, repr=False, compare=False)
    source: ClassVar[Source] = "strokes"
    inverted: ClassVar[bool] = False
    lies_along_a_side: ClassVar[bool] = False  # strokes contain only ink

    @property
    def pen(self) -> float:
        """The pen's width. If the client sent none: MNIST's stroke width at the scale of the drawing; 1 for a dot."""
        if self.drawing.pen is not None:
            return self.drawing.pen
        extent = max(self.high[0] - self.low[0], self.high[1] - self.low[1])
        return extent * PEN / (FIT - PEN) if extent >= SMALLEST else 1.0

    @property
    def box(self) -> Box:
        """The bounding box of the ink, which includes the width of the pen."""
        (left, top), (right, bottom), pen = self.low, self.high, self.pen
        return left - pen / 2, top - pen / 2, right + pen / 2, bottom + pen / 2

    @property
    def bounds(self) -> Box:
        """The edges of the canvas. If the client sent no canvas: a square around the ink with MNIST's margins."""
        if self.in_pixels:
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
        left, top, right, bottom = self.bounds
        return right - left, bottom - top

    @property
    def has_edges(self) -> bool:
        """Whether the client sent the size of the canvas."""
        return self.drawing.canvas is not None

    def stages(self) -> tuple[Grey, Grey]:
        """The images `grey` and `ink`, uint8. For strokes, both are the same: the strokes drawn on their canvas."""
        if self._stages is None:
            image = self._thumbnail()
            self._stages = image, image
        return self._stages

    def _thumbnail(self) -> Grey:
        width, height = self.size
        scale = _STROKE_THUMBNAIL / max(width, height)
        image = self._draw(_STROKE_THUMBNAIL, (scale, scale), max(self.pen * scale, 1.0))
        return image[: max(1, round(height * scale)), : max(1, round(width * scale))]

    def squashed(self, side: int) -> Grey:
        """The whole canvas drawn on side × side pixels. Its proportions are not kept."""
        width, height = self.size
        scale = (side / width, side / height)
        return self._draw(side, scale, self.pen * min(scale))

    def _draw(self, side: int, scale: tuple[float, float], stroke_width: float) -> Grey:
        """Draw the strokes on side × side pixels; `scale` is the number of pixels per client unit, across and down."""
        left, top, right, bottom = self.bounds
        width, height = right - left, bottom - top
        lines = Polylines([self.drawing])
        # Clip points that are far outside the canvas, because long lines take time. The result looks the same.
        far = [[left - 2 * width], [top - 2 * height]], [[right + 2 * width], [bottom + 2 * height]]
        np.clip(lines.points, *far, out=lines.points)
        image: Grey = lines.rasterise([scale], [(-left * scale[0], -top * scale[1])], [stroke_width], side)[0]
        return image


@dataclass(slots=True)
class ImageCanvas:
    """The image from which ink was separated. Lengths are in pixels of the upload, `pixel_box` in pixels of the ink."""

    ink: Ink
    pixel_box: PixelBox | None
    _stages: tuple[Grey, Grey] | None = field(default=None, init=False, repr=False, compare=False)
    pen: ClassVar[float | None] = None
    has_edges: ClassVar[bool] = True

    @property
    def source(self) -> Source:
        """How the image was sent."""
        return self.ink.source

    @property
    def inverted(self) -> bool:
        """Whether the image was dark on light."""
        return self.ink.inverted

    @property
    def box(self) -> Box | None:
        """The bounding box of the ink; None if there is no ink."""
        if self.pixel_box is None:
            return None
        left, top, right, bottom = (float(edge * self.ink.reduced) for edge in self.pixel_box)
        return left, top, right, bottom

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        height, width = self.ink.ink.shape
        return float(width * self.ink.reduced), float(height * self.ink.reduced)

    @property
    def lies_along_a_side(self) -> bool:
        """Whether ink lies along most of a side of the image: then it may be a strip of something other than ink.

        Ink that touches all four sides does not count, because then the image was cropped to its ink.
        """
        if self.pixel_box is None:
            return False
        left, top, right, bottom = self.pixel_box
        ink = self.ink.ink
        height, width = ink.shape
        touching = (left == 0, top == 0, right == width, bottom == height)
        if not any(touching) or all(touching):
            return False
        ends = (ink[:, 0], ink[0], ink[:, -1], ink[-1])
        return any(
            np.count_nonzero(end >= _INKED) > ALONG * len(end) for end, at in zip(ends, touching, strict=True) if at
        )

    def stages(self) -> tuple[Grey, Grey]:
        """The image and its ink, uint8, reduced to at most 112×112 px."""
        if self._stages is None:
            grey = thumbnail(self.ink.grey)
            self._stages = grey, grey if self.ink.ink is self.ink.grey else thumbnail(self.ink.ink)
        return self._stages

"""Whatever a person drew or uploaded -> the 28×28 picture MNIST would have made of it, stage by stage.

MNIST's own recipe (LeCun, Cortes, Burges): the ink's longer side is fitted to 20 pixels, keeping its proportions and
averaging areas, and the result is shifted by whole pixels so that its centre of mass lies at the centre of a 28×28
field. A picture that already is so comes out unchanged. The stages are

    grey → ink (white on black) → box (the ink's own rectangle) → fitted (20 px) → shifted (28×28)
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps
from PIL.PngImagePlugin import PngImageFile

from model.layers import SIDE
from model.strokes import Polylines, Strokes

Prepare = Literal["mnist", "resize", "none"]
Source = Literal["strokes", "image", "pixels"]
Grey = NDArray[np.uint8]
Box = tuple[float, float, float, float]

FIT = 20  # px, the longer side of the ink in MNIST (in 9,997 of its 10,000 test pictures)
CENTRE = 14.0  # the index of the row and of the column at which MNIST puts the centre of mass
PEN = 2.4  # px, the pen strokes are drawn with when the caller names none: the usual width of MNIST's lines
PEN_RANGE = (2.0, 2.8)  # px, the widths common in MNIST; a pen of the caller's own is kept within them
MAX_ENLARGEMENT = 4.0  # a picture's ink is not blown up further: one lone pixel stays a dot
MAX_PIXELS = 16_000_000
MAX_POINTS = 20_000
MAX_COORDINATE = 1e6
SMALLEST = 1e-3  # of the caller's units: no pen and no canvas is smaller, and a drawing that is, is a dot
MAX_SIDE = 4096  # of a `pixels` array
MAX_STROKES = 1_000
BLANK_BELOW = 16  # a picture whose strongest ink is weaker than this is blank
THUMBNAIL = 112  # px, the longer side of the stages that have no size of their own
_FAINT_IN_PHOTOS = 100  # a shadow's edge leaves traces weaker than this
_STROKE_THUMBNAIL = 2 * SIDE  # px; drawn anew while the pen moves, so it has to be cheap
_WORKING_SIDE = 1024  # px; larger uploads are reduced to about this first
_PNG = b"\x89PNG\r\n\x1a\n"
FORMATS = ("PNG", "JPEG", "WEBP")


class PictureError(ValueError):
    """What was sent is no picture that can be read; the text says why, in a sentence for the sender."""


class PictureTooLargeError(PictureError):
    """More pixels than are ever decoded."""


class PictureUnreadableError(PictureError):
    """The bytes are no picture, or a damaged one."""


class PictureAnimatedError(PictureError):
    """Several pictures in one."""


@dataclass(slots=True)  # not frozen: setting thirteen fields past a lock takes longer than adding up the ink
class Prepared:
    """A 28×28 picture and how it came about.

    picture  uint8 (28, 28), white ink on black: what the network is shown (before it is normalised)
    box      left, top, right, bottom of the ink in the caller's units; None when there is no ink
    scale    fitted pixels for each of the caller's units
    fitted   uint8 (≤ 20, ≤ 20), the ink at its final size
    shift    whole pixels from a fitted picture in the middle of the field to where it came to lie, (x, y)
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
    prepare="none" the units are the input's own pixels, 0 to 28.

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
    placed: list[tuple[Grey, Grey | None, float, tuple[int, int]]]
    if prepare == "mnist":
        placed = _fit_strokes(lines, drawings)
    else:
        placed = [
            (_on_canvas(drawing, pen, frame, SIDE), None, SIDE / max(frame[2] - frame[0], frame[3] - frame[1]), (0, 0))
            for drawing, pen, frame in zip(drawings, pens, frames, strict=True)
        ]
    return [
        Prepared(
            picture=picture,
            source="strokes",
            prepare=prepare,
            size=(frame[2] - frame[0], frame[3] - frame[1]),
            # Ink that lies off the canvas is not there.
            box=box if prepare == "mnist" or int(picture.max()) >= BLANK_BELOW else None,
            scale=scale,
            fitted=fitted,
            shift=shift,
            pen=pen,
            strokes=drawing,
            frame=frame,
        )
        for drawing, box, pen, frame, (picture, fitted, scale, shift) in zip(
            drawings, boxes, pens, frames, placed, strict=True
        )
    ]


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
    np.clip(lines.points, (left - 2 * (right - left), top - 2 * (bottom - top)),
            (right + 2 * (right - left), bottom + 2 * (bottom - top)), out=lines.points)  # fmt: skip
    width = max(pen * min(scale), 1.0 if whole else 0.0)
    picture: Grey = lines.rasterise([scale], [(-left * scale[0], -top * scale[1])], [width], side)[0]
    if not whole:
        return picture
    return picture[: max(1, round((bottom - top) * scale[1])), : max(1, round((right - left) * scale[0]))]


def _fit_strokes(
    lines: Polylines, drawings: Sequence[Strokes]
) -> list[tuple[Grey, Grey | None, float, tuple[int, int]]]:
    """For each drawing the picture, the ink whose longer side, pen included, is 20 px, pixels per unit, the shift."""
    scales, shifts, widths, cells = [], [], [], []
    for drawing, low, high in zip(drawings, lines.low, lines.high, strict=True):
        extents = (high[0] - low[0], high[1] - low[1])
        extent, width = max(extents), PEN
        if drawing.pen is not None:
            width = min(max(FIT * drawing.pen / (extent + drawing.pen), PEN_RANGE[0]), PEN_RANGE[1])
            # What is smaller than its own pen is a dot, not a tiny drawing to be blown up.
            extent = max(extent, drawing.pen)
        scale = (FIT - width) / extent if extent >= SMALLEST else 0.0
        sides = (extents[0] * scale + width, extents[1] * scale + width)
        cell = (math.ceil(sides[0] - 1e-9), math.ceil(sides[1] - 1e-9))
        # The ink sits in the middle of its whole pixels, so it does not matter where on the canvas it was.
        shift = [(cell[i] - sides[i] + width) / 2 - low[i] * scale for i in (0, 1)]
        scales.append((scale, scale))
        shifts.append((shift[0], shift[1]))
        widths.append(width)
        cells.append(cell)
    fitted = lines.rasterise(scales, shifts, widths, FIT)
    inks = [ink[:rows, :columns] for ink, (columns, rows) in zip(fitted, cells, strict=True)]
    moments = fitted.reshape(len(fitted), -1) @ _moments(FIT, FIT).T
    placed: list[tuple[Grey, Grey | None, float, tuple[int, int]]] = []
    for ink, moment, (scale, _) in zip(inks, moments.tolist(), scales, strict=True):
        picture, moved = _place(ink, moment)
        placed.append((picture, ink, scale, moved))
    return placed


def _centre(fitted: Grey) -> tuple[Grey, tuple[int, int]]:
    """Place the fitted ink on the 28×28 field, its centre of mass as near (14, 14) as whole pixels allow."""
    # Whole numbers below 2^53 throughout, so float64 adds them without rounding, in whatever order.
    return _place(fitted, (_moments(*fitted.shape) @ fitted.ravel()).tolist())


def _place(fitted: Grey, moments: list[float]) -> tuple[Grey, tuple[int, int]]:
    """The fitted ink where its mass, and the two moments of it, put it.

    Ink is never cut off and never wraps: where the centre of mass would push it over the edge, it stops there.
    """
    height, width = fitted.shape
    mass, down, across = moments
    y = _nearest_place(down / (mass or 1.0), height)
    x = _nearest_place(across / (mass or 1.0), width)
    picture = np.zeros((SIDE, SIDE), np.uint8)
    picture[y : y + height, x : x + width] = fitted
    return picture, (x - (SIDE - width) // 2, y - (SIDE - height) // 2)


@lru_cache(maxsize=512)
def _moments(height: int, width: int) -> NDArray[np.float64]:
    """For each pixel of a grid: 1, its row, its column. Times the ink, they give its mass and its two first moments."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack((np.ones(height * width), rows.ravel(), columns.ravel()))


def _nearest_place(centre_of_mass: float, length: int) -> int:
    return min(max(math.ceil(CENTRE - centre_of_mass - 0.5), 0), SIDE - length)


# ---------------------------------------------------------------- pixels


def from_pixels(pixels: NDArray[np.float64] | Grey, prepare: Prepare = "mnist") -> Prepared:
    """Prepare rows of 0 to 255, white ink on black, of any size."""
    grey = np.rint(pixels).astype(np.uint8)
    return _from_ink(grey, grey, "pixels", prepare, inverted=False, faintest=0)


def _from_ink(
    grey: Grey, ink: Grey, source: Source, prepare: Prepare, *, inverted: bool, faintest: int, reduced: int = 1
) -> Prepared:
    """White ink on black -> 28×28. Ink no stronger than `faintest` does not count for the box."""
    height, width = ink.shape
    box = _ink_box(ink, faintest)
    scale, fitted, shift = 1.0, None, (0, 0)
    if prepare == "none":
        if (height, width) != (SIDE, SIDE):
            raise PictureError(
                f"With prepare=none the picture must be {SIDE}×{SIDE} pixels already; this one is {width}×{height}."
            )
        picture = ink
    elif prepare == "resize":
        scale = SIDE / max(height, width)
        picture = _resize(ink, SIDE, SIDE)
    elif box is None:
        picture = np.zeros((SIDE, SIDE), np.uint8)
    else:
        left, top, right, bottom = box
        scale = min(FIT / max(right - left, bottom - top), MAX_ENLARGEMENT)
        fitted = ink[top:bottom, left:right]
        if scale != 1.0:
            fitted = _resize(fitted, max(1, round((bottom - top) * scale)), max(1, round((right - left) * scale)))
        picture, shift = _centre(fitted)
    return Prepared(
        picture=picture,
        source=source,
        prepare=prepare,
        size=(float(width * reduced), float(height * reduced)),
        grey=grey,
        ink=ink,
        box=None if box is None else (box[0] * reduced, box[1] * reduced, box[2] * reduced, box[3] * reduced),
        scale=scale / reduced,
        fitted=fitted,
        shift=shift,
        inverted=inverted,
    )


def _resize(picture: Grey, height: int, width: int) -> Grey:
    """The picture at another size: each new pixel is the mean of the area it covers, or lies between old ones."""
    rows, columns = _weights(picture.shape[0], height), _weights(picture.shape[1], width)
    resized = rows @ picture.astype(np.float32) @ columns.T
    resized += 0.5
    return resized.astype(np.uint8)


@lru_cache(maxsize=512)
def _weights(old: int, new: int) -> NDArray[np.float32]:
    """How much each old pixel counts for each new one, (new, old); every row adds up to 1.

    Getting smaller, by the share of the new pixel that the old one covers; getting larger, linearly by how near their
    centres are.
    """
    ratio = old / new
    pixels = np.arange(old)
    if ratio >= 1:
        starts = (np.arange(new) * ratio)[:, np.newaxis]
        weights = np.clip(np.minimum(pixels + 1, starts + ratio) - np.maximum(pixels, starts), 0.0, None)
    else:
        centres = np.clip((np.arange(new) + 0.5) * ratio - 0.5, 0, old - 1)[:, np.newaxis]
        weights = np.clip(1 - np.abs(pixels - centres), 0.0, None)
    normalised: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return normalised


def _ink_box(ink: Grey, faintest: int) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of what is stronger than `faintest`; None where a picture has no ink to speak of."""
    strongest = np.maximum.reduce(ink, axis=1)
    if int(np.maximum.reduce(strongest)) < BLANK_BELOW:
        return None
    (rows,) = (strongest > faintest).nonzero()
    (columns,) = (np.maximum.reduce(ink, axis=0) > faintest).nonzero()
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


# ---------------------------------------------------------------- uploads


def open_image(content: bytes) -> Image.Image:
    """Read an upload's header: PNG, JPEG or WebP, one frame, at most 16 megapixels. Nothing is decoded yet.

    Raises PictureUnreadableError, PictureTooLargeError or PictureError.
    """
    try:
        if content.startswith(_PNG):  # most of what comes; asking each format whether it knows the file takes time
            image: Image.Image = PngImageFile(io.BytesIO(content))
        else:
            image = Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError:
        raise PictureTooLargeError(_too_large()) from None
    except Exception:
        raise PictureUnreadableError("This is not a PNG, JPEG or WebP picture, or its beginning is damaged.") from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PictureTooLargeError(_too_large())
    if getattr(image, "n_frames", 1) > 1:
        raise PictureAnimatedError("This picture is animated. Send one picture, without animation.")
    return image


def _too_large() -> str:
    return f"A picture may have at most {MAX_PIXELS // 1_000_000} megapixels."


def from_image(image: Image.Image, prepare: Prepare = "mnist") -> Prepared:
    """Prepare an opened upload: any polarity, alpha, grey paper, uneven light, 1 to 16 bits a channel.

    Raises PictureUnreadableError when the picture turns out to be damaged.
    """
    try:
        lossy = image.format == "JPEG" or (image.format == "WEBP" and image.mode != "L")
        grey, reduced = _grey(image)
    except Exception:
        raise PictureUnreadableError("The picture is damaged: it ends too early or does not decode.") from None
    if prepare == "none":
        return _from_ink(grey, grey, "image", prepare, inverted=False, faintest=0, reduced=reduced)
    ink, inverted, faintest = extract_ink(grey, lossy=lossy)
    return _from_ink(grey, ink, "image", prepare, inverted=inverted, faintest=faintest, reduced=reduced)


def _grey(image: Image.Image) -> tuple[Grey, int]:
    """Decode to uint8 grey, upright, on a plain background where it is transparent; and by how much it was reduced."""
    longest = max(image.size)
    if image.format == "JPEG" and longest > 2 * _WORKING_SIDE:
        image.draft("RGB", (_WORKING_SIDE, _WORKING_SIDE))  # decode at a fraction: an exact halving, done by the codec
    if image.mode == "L" and longest <= _WORKING_SIDE:
        # Most of what comes is small and grey already. Decoding is what fills in `info` to its end.
        plain = image.tobytes()
        if "exif" not in image.info and "transparency" not in image.info:
            return np.frombuffer(plain, np.uint8).reshape(image.height, image.width), 1
    image.load()
    if "exif" in image.info:
        image = ImageOps.exif_transpose(image)
    if image.mode in ("I;16", "I;16B", "I;16L", "I;16N", "I"):
        wide = np.asarray(image).astype(np.int64)
        image = Image.fromarray((np.clip(wide, 0, 65535) // 257).astype(np.uint8))
    elif image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        image = _flatten(image.convert("RGBA"))
    elif image.mode != "L":
        image = image.convert("L")
    factor = max(image.size) // _WORKING_SIDE
    if factor > 1:
        image = image.reduce(factor)
    width, height = image.size
    grey = np.frombuffer(image.tobytes(), np.uint8).reshape(height, width)
    return grey, max(1, round(longest / max(width, height)))


def _flatten(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on white if what is opaque is dark, else on black, so that its ink shows."""
    alpha = np.asarray(image.getchannel("A"), dtype=np.float64)
    if alpha.min() == 255:
        return image.convert("L")
    light = np.asarray(image.convert("L"), dtype=np.float64)
    weight = alpha.sum()
    dark = weight > 0 and float((light * alpha).sum() / weight) < 128
    background = Image.new("RGBA", image.size, (255, 255, 255, 255) if dark else (0, 0, 0, 255))
    return Image.alpha_composite(background, image).convert("L")


def extract_ink(grey: Grey, *, lossy: bool = False) -> tuple[Grey, bool, int]:
    """Grey of either polarity -> white ink on black, whether it was inverted, and the faintest ink that counts.

    A picture on a plain background is taken as it is, so that MNIST's own stay what they are. Anything else is a
    photograph: its background is estimated place by place and taken away, and what then stands out is the ink.
    """
    border = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1]))
    faintest = 24 if lossy else 0
    if not border.any() and int(np.maximum.reduce(grey, axis=None)) >= 128:
        return grey, False, faintest  # white on pure black, as the pad and MNIST have it: nothing to be done
    border.sort()
    low, high = int(grey.min()), int(grey.max())
    inverted = _is_light(grey, border, low, high)
    white = 255 - grey if inverted else grey
    ground = int(border[len(border) // 2])  # its median
    spread = 12 if lossy else 2
    plain = _between(border, ground - spread, ground + spread) >= len(border) / 2
    if not (plain and _between(grey, ground - spread, ground + spread) >= grey.size / 5):
        return _without_specks(_photographed_ink(white)), inverted, _FAINT_IN_PHOTOS
    level = 255 - ground if inverted else ground
    peak = (255 - low if inverted else high) - level
    if level == 0 and peak >= 128:
        return white, inverted, faintest
    if peak < BLANK_BELOW:
        return np.zeros_like(white), inverted, faintest
    ink = np.clip(white.astype(np.float32) - level, 0, None)
    return np.rint(ink * (255.0 / peak)).astype(np.uint8), inverted, faintest


def _between(values: Grey, low: int, high: int) -> int:
    """How many values lie from `low` to `high`."""
    return int(np.count_nonzero((values >= max(low, 0)) & (values <= min(high, 255))))


def _is_light(grey: Grey, border: Grey, low: int, high: int) -> bool:
    """Whether the background is the lighter part: told by the border, and by the majority where the border is mixed."""
    middle = (low + high) // 2 if low < high else 127
    light = np.count_nonzero(border > middle) / border.size
    if 0.35 < light < 0.65:
        light = np.count_nonzero(grey > middle) / grey.size
    return bool(light > 0.5)


def _photographed_ink(white: Grey) -> Grey:
    """Ink on uneven ground: take away a local background, keep what stands out of the noise, stretch it to 255."""
    image = Image.fromarray(white)
    small = image.resize(_fit_size(image.size, 64), Image.Resampling.BOX)
    # A window wider than twice any line sees more ground than ink, so its median is the ground.
    window = max(3, min(small.size) // 2 | 1)
    pad = window // 2
    framed = Image.fromarray(np.pad(np.asarray(small), pad, mode="reflect" if min(small.size) > pad else "edge"))
    ground = framed.filter(ImageFilter.MedianFilter(window)).crop((pad, pad, pad + small.size[0], pad + small.size[1]))
    ground = ground.filter(ImageFilter.GaussianBlur(1)).resize(image.size, Image.Resampling.BILINEAR)
    calm = image.filter(ImageFilter.MedianFilter(3)) if min(image.size) > 64 else image
    above = np.asarray(calm, dtype=np.float32) - np.asarray(ground, dtype=np.float32)
    noise = 1.4826 * float(np.median(np.abs(above - np.median(above))))  # σ, from the median absolute deviation
    threshold = max(_otsu(above), 4 * noise, 10.0)
    strong = above[above > threshold]
    if strong.size == 0 or (peak := float(np.median(strong))) < 20:
        return np.zeros_like(white)
    faint = threshold / 2
    ink: NDArray[np.float32] = np.clip((above - faint) / (peak - faint), 0.0, 1.0)
    return np.rint(ink * 255).astype(np.uint8)


def _without_specks(ink: Grey) -> Grey:
    """Take away dust: what does not hang together with anything of at least a fiftieth of the largest part's size."""
    size = _fit_size((ink.shape[1], ink.shape[0]), 96)
    small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BOX)) > 48
    left = set(zip(*(axis.tolist() for axis in small.nonzero()), strict=True))
    parts: list[list[tuple[int, int]]] = []
    while left:
        part = [left.pop()]
        for y, x in part:  # grows while it is walked: a flood fill
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            part.extend(near)
        parts.append(part)
    largest = max(map(len, parts), default=0)
    keep = np.zeros(small.shape, np.uint8)
    for part in parts:
        if len(part) * 50 >= largest:
            keep[tuple(zip(*part, strict=True))] = 255
    kept = Image.fromarray(keep).filter(ImageFilter.MaxFilter(3)).resize((ink.shape[1], ink.shape[0]))
    cleaned = ink.copy()
    cleaned[np.asarray(kept) < 128] = 0
    return cleaned


def _fit_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _otsu(values: NDArray[np.float32]) -> float:
    """The threshold that parts positive values with the largest variance between the two classes (Otsu, 1979)."""
    counts, edges = np.histogram(values, bins=255, range=(0.0, 255.0))
    weights = counts / max(1, counts.sum())
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(weights)
    mean = np.cumsum(weights * middles)
    above = 1 - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (mean[-1] * below - mean) ** 2 / (below * above)
    return float(middles[int(np.nanargmax(np.where(np.isfinite(between), between, -1.0)))])

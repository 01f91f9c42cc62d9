"""Drawings to send: strokes, rows of pixels, and images in many formats. They are the same in every run."""

import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Grey = NDArray[np.uint8]

SEVEN = [[[30, 40], [110, 40], [60, 150]]]
SEVEN_BODY: dict[str, Any] = {"strokes": SEVEN, "pen": 12}
_RING = [[[float(100 + 60 * np.cos(a)), float(100 + 90 * np.sin(a))] for a in np.linspace(0, 6.3, 40)]]
_TWO = [[[60, 90], [80, 50], [130, 45], [160, 80], [140, 130], [60, 220], [180, 220]]]
_FOUR = [[[80, 40], [60, 140], [180, 140]], [[150, 60], [145, 240]]]
_EIGHT = [[[140, 60], [100, 80], [120, 130], [180, 170], [160, 230], [110, 220], [120, 160], [180, 90], [140, 60]]]

STROKES: Mapping[str, dict[str, Any]] = {
    "seven": {"strokes": SEVEN},
    "seven with pen": SEVEN_BODY,
    "seven with pen and canvas": SEVEN_BODY | {"canvas": [280, 280]},
    "seven on a wide canvas": SEVEN_BODY | {"canvas": [560, 200]},
    "seven off the canvas": {"strokes": SEVEN, "pen": 5, "canvas": [20, 20]},
    "two": {"strokes": _TWO, "pen": 26, "canvas": [280, 280]},
    "four": {"strokes": _FOUR, "pen": 26, "canvas": [280, 280]},
    "eight": {"strokes": _EIGHT, "pen": 20},
    "ring": {"strokes": _RING, "pen": 18},
    "thin ring": {"strokes": _RING, "pen": 0.5},
    "thick ring": {"strokes": _RING, "pen": 80},
    "one, upright": {"strokes": [[[140, 40], [140, 240]]], "pen": 26},
    "a line across": {"strokes": [[[40, 140], [240, 140]]], "pen": 26},
    "a slanting line": {"strokes": [[[40, 200], [240, 80]]], "pen": 26},
    "dot": {"strokes": [[[5, 5]]]},
    "dot with pen": {"strokes": [[[5, 5]]], "pen": 30, "canvas": [280, 280]},
    "small in the corner": {"strokes": [[[5, 5], [5, 60]]], "pen": 20, "canvas": [280, 280]},
    "two parts": {"strokes": [*SEVEN, [[200, 40], [200, 150]]], "pen": 12},
    "three parts": {"strokes": [*SEVEN, [[150, 40], [150, 150]], [[190, 40], [230, 150]]], "pen": 10},
    "crosses": {"strokes": [[[0, 0], [100, 100]], [[0, 100], [100, 0]], [[50, 0], [50, 100]]], "pen": 8},
    "far away": {"strokes": [[[x + 9e5, y - 9e5] for x, y in SEVEN[0]]], "pen": 12},
    "tiny units": {"strokes": [[[x / 1e4, y / 1e4] for x, y in SEVEN[0]]], "pen": 12e-4},
    "floats": {"strokes": [[[30.25, 40.5], [110.125, 40.0625], [6.0e1, 1.5e2]]], "pen": 12.5},
    "a pen of null": {"strokes": SEVEN, "pen": None, "canvas": None, "pixels": None, "image": None},
    "the same point twice": {"strokes": [[[50, 50], [50, 50]]], "pen": 10},
    "five points a hair apart": {"strokes": [[[50, 50 + i * 1e-9] for i in range(5)]]},
    "scribble": {"strokes": [[[37 * i % 101, 53 * i % 97] for i in range(400)]], "pen": 3},
    "many strokes": {"strokes": [[[i % 25 * 4, i // 25 * 4]] for i in range(600)], "pen": 3},
    "20,000 points": {"strokes": [[[7 * i % 503, 11 * i % 499] for i in range(20_000)]], "pen": 3},
}


def grey(side: int = 280, width: int | None = None, pen: int | None = None) -> Grey:
    """An image of a seven, white on black, `side` pixels high and `width` (default: `side`) pixels wide."""
    image = Image.new("L", (width or side, side))
    points = [(side * x, side * y) for x, y in ((0.25, 0.2), (0.75, 0.2), (0.42, 0.8))]
    ImageDraw.Draw(image).line(points, 255, pen or max(1, side // 11), joint="curve")
    return np.asarray(image)


def rows(levels: Grey) -> list[list[int]]:
    """The grey levels of an image as lists of rows."""
    return [[int(level) for level in row] for row in levels]


_SMALL = np.asarray(Image.fromarray(grey()).resize((28, 28), Image.Resampling.BOX))
PIXELS: Mapping[str, list[list[float]] | list[list[int]]] = {
    "1×1 black": [[0]],
    "1×1 white": [[255]],
    "28×28": rows(_SMALL),
    "28×28 moved": rows(np.roll(_SMALL, (3, -4), (0, 1))),
    "28×28 blank": [[0] * 28] * 28,
    "28×28 faint": rows(_SMALL // 20),
    "28×28 full": [[255] * 28] * 28,
    "28×28 of floats": (_SMALL * 0.97).tolist(),
    "8×5": [[0] * 5, [0, 255, 255, 255, 0], *[[0, 0, 0, 255, 0]] * 5, [0] * 5],
    "60×100": rows(grey(60, 100)),
    "100×60, cropped": rows(grey(100)[15:85, 18:82]),
    "400×400": rows(grey(400)),
    "1×4096": [[0, 255] * 2048],
    "300×1": [[255]] * 300,
    "a dot": [[255 if (x, y) == (40, 3) else 0 for x in range(60)] for y in range(60)],
}


def saved(image: Image.Image | Grey, kind: str = "PNG", **options: Any) -> bytes:
    """The bytes of an image file; `kind` and `options` are those of Pillow's `Image.save`."""
    opened = image if isinstance(image, Image.Image) else Image.fromarray(image)
    out = io.BytesIO()
    opened.save(out, kind, **options)
    return out.getvalue()


def _alpha(ink: int, *, opaque: bool = False) -> Image.Image:
    """A seven in the grey level `ink` on a transparent background.

    If `opaque` is true, the whole image has this grey level and is opaque; no seven is visible.
    """
    level = np.full((280, 280), ink, np.uint8)
    mask = np.full((280, 280), 255, np.uint8) if opaque else grey()
    return Image.fromarray(np.dstack([level, level, level, mask]))


def _paper(seed: int = 1, slope: float = 0.0) -> Grey:
    """A seven in dark ink on grey paper, with noise. The brightness changes by `slope` from left to right."""
    noise = np.random.default_rng(seed).normal(0, 4, (280, 280))
    light = 180 + slope * np.arange(280)[None, :] / 280
    paper: Grey = np.clip(light - grey(280, pen=18) * 0.5 + noise, 0, 255).astype(np.uint8)
    return paper


def _rotated(orientation: int, kind: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = {3: 2, 6: 1, 8: 3}.get(orientation, 0)  # quarter turns that a viewer undoes because of the EXIF tag
    return saved(np.ascontiguousarray(np.rot90(255 - grey(), turned)), kind, exif=exif)


def _coloured(ink: tuple[int, int, int], ground: tuple[int, int, int]) -> Image.Image:
    image = Image.new("RGB", (280, 280), ground)
    image.paste(ink, (0, 0), Image.fromarray(grey()))
    return image


def _palette(**options: Any) -> bytes:
    return saved(Image.fromarray(grey()).convert("P", colors=16), **options)


_DARK: Callable[..., Grey] = lambda *sizes, **options: 255 - grey(*sizes, **options)  # noqa: E731
FRAMES = [Image.new("L", (28, 28), level) for level in (0, 100, 200)]
_MORE: dict[str, Any] = {"save_all": True, "append_images": FRAMES[1:]}

# name: (media type without "image/", bytes of the file)
IMAGES: Mapping[str, tuple[str, bytes]] = {
    "28×28": ("png", saved(_SMALL)),
    "28×28 inverted": ("png", saved(255 - _SMALL)),
    "light on dark": ("png", saved(grey())),
    "dark on light": ("png", saved(_DARK())),
    "RGB": ("png", saved(Image.fromarray(_DARK()).convert("RGB"))),
    "1 bit": ("png", saved(Image.fromarray(_DARK()).convert("1"))),
    "palette": ("png", _palette()),
    "palette with a transparent colour": ("png", _palette(transparency=0)),
    "grey with a transparent level": ("png", saved(grey(), transparency=0)),
    "16 bit": ("png", saved(Image.fromarray(grey().astype(np.uint16) * 257))),
    "16 bit, dark on light": ("png", saved(Image.fromarray(65535 - grey().astype(np.uint16) * 257))),
    "LA": ("png", saved(Image.fromarray(_DARK()).convert("LA"))),
    "black ink on transparent": ("png", saved(_alpha(0))),
    "white ink on transparent": ("png", saved(_alpha(255))),
    "grey ink on transparent": ("png", saved(_alpha(128))),
    "opaque RGBA of one colour": ("png", saved(_alpha(90, opaque=True))),
    "all transparent": ("png", saved(Image.new("RGBA", (60, 60)))),
    "grey paper": ("png", saved(_paper())),
    "paper in uneven light": ("png", saved(_paper(2, 60))),
    "paper in very uneven light": ("png", saved(_paper(3, -130))),
    "blue on yellow": ("png", saved(_coloured((20, 40, 160), (250, 240, 150)))),
    "red on white": ("png", saved(_coloured((220, 30, 30), (255, 255, 255)))),
    "yellow on black": ("png", saved(_coloured((240, 230, 40), (0, 0, 0)))),
    "cropped to the ink": ("png", saved(_DARK()[44:236, 60:220])),
    "thin line": ("png", saved(_DARK(400, pen=1))),
    "thin line in a large image": ("png", saved(grey(1000, pen=2))),
    "large": ("png", saved(_DARK(1500, 2000))),
    "very large": ("png", saved(grey(3000, 3600))),
    "over 320 a side": ("png", saved(_DARK(400))),
    "wide": ("png", saved(grey(50, 1000))),
    "8×8": ("png", saved(np.asarray(Image.fromarray(grey()).resize((8, 8))))),
    "1×1": ("png", saved(Image.new("L", (1, 1), 255))),
    "all white": ("png", saved(Image.new("L", (80, 60), 255))),
    "all grey": ("png", saved(Image.new("L", (80, 60), 128))),
    "noise": ("png", saved(np.random.default_rng(0).integers(0, 256, (100, 100)).astype(np.uint8))),
    "with bytes after its end": ("png", saved(grey()) + b"more"),
    "PNG turned by EXIF": ("png", _rotated(6, "PNG")),
    "JPEG": ("jpeg", saved(_DARK(), "JPEG")),
    "JPEG, progressive": ("jpeg", saved(_DARK(), "JPEG", progressive=True)),
    "JPEG, poor": ("jpeg", saved(_paper(), "JPEG", quality=10)),
    "JPEG, RGB": ("jpeg", saved(_coloured((20, 40, 160), (250, 240, 230)), "JPEG")),
    "JPEG, CMYK": ("jpeg", saved(Image.fromarray(_DARK()).convert("CMYK"), "JPEG")),
    "JPEG, large": ("jpeg", saved(_DARK(2400, 1800), "JPEG")),
    "JPEG turned by EXIF 6": ("jpeg", _rotated(6)),
    "JPEG turned by EXIF 3": ("jpeg", _rotated(3)),
    "JPEG turned by EXIF 8": ("jpeg", _rotated(8)),
    "JPEG of two images": (
        "jpeg",
        saved(Image.fromarray(_DARK()), "MPO", save_all=True, append_images=[Image.new("L", (280, 280))]),
    ),
    "WebP": ("webp", saved(_DARK(), "WEBP")),
    "WebP, lossless": ("webp", saved(grey(), "WEBP", lossless=True)),
    "WebP, transparent": ("webp", saved(_alpha(0), "WEBP", lossless=True)),
    "JPEG that says PNG": ("png", saved(_DARK(), "JPEG")),
    "PNG that says WebP": ("webp", saved(_DARK())),
    # files that the service refuses
    "animated PNG": ("png", saved(FRAMES[0], **_MORE)),
    "animated WebP": ("webp", saved(FRAMES[0], "WEBP", **_MORE)),
    "GIF that says PNG": ("png", saved(FRAMES[0], "GIF")),
    "BMP that says PNG": ("png", saved(FRAMES[0], "BMP")),
    "PNG cut off": ("png", saved(_DARK())[:-20]),
    "PNG cut in half": ("png", saved(_paper())[:9000]),
    "JPEG cut off": ("jpeg", saved(_paper(), "JPEG")[:4000]),
    "WebP cut off": ("webp", saved(_paper(), "WEBP")[:3000]),
    "words": ("png", b"hello"),
    "nothing": ("png", b""),
    "5000×5000 of 1 bit": ("png", saved(Image.new("1", (5000, 5000)))),
}

"""Digits of MNIST that ship with the program: 2,000 test images and 5,000 training images, each in one PNG sheet.

The lab works with them where `data/` is missing. A sheet is an 8-bit grey image with 100 digits in a row, and has the
grey levels of MNIST, 0 to 255, white ink on black. Its PNG text `labels` has one digit for each image. Every fifth
test image and every twelfth training image is in its sheet, so that image i is MNIST's image 5·i or 12·i.
`python -m tools.digit_sheets` makes the files.

MNIST is by Yann LeCun, Corinna Cortes and Christopher J. C. Burges, under CC BY-SA 3.0. The sheets keep that licence.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from model.layers import SIDE

Part = Literal["test", "train"]
PARTS: tuple[Part, ...] = get_args(Part)
EVERY: dict[Part, int] = {"test": 5, "train": 12}  # one image in 5 or 12
COLUMNS = 100  # digits in a row of a sheet
LICENCE = "MNIST, LeCun, Cortes, Burges, CC BY-SA 3.0, https://creativecommons.org/licenses/by-sa/3.0/"


@dataclass(frozen=True)
class DigitSheet:
    """The digits of a sheet.

    images  uint8 (N, 28, 28), white ink on black; read-only
    labels  uint8 (N,); read-only
    """

    images: NDArray[np.uint8] = field(repr=False)
    labels: NDArray[np.uint8] = field(repr=False)


def sheet_file(part: Part) -> Path:
    """The PNG file of a sheet."""
    return Path(__file__).parent / "data" / f"mnist-{part}-sheet.png"


@cache
def digit_sheet(part: Part) -> DigitSheet:
    """The digits of a sheet. They are read once, and no caller can change them."""
    with Image.open(sheet_file(part)) as sheet:
        assert isinstance(sheet, PngImagePlugin.PngImageFile)
        labels = np.array([int(digit) for digit in sheet.text["labels"]], np.uint8)
        pixels = np.asarray(sheet)
    rows = pixels.shape[0] // SIDE
    grid = pixels.reshape(rows, SIDE, COLUMNS, SIDE).swapaxes(1, 2)
    images = np.ascontiguousarray(grid.reshape(-1, SIDE, SIDE)[: len(labels)])
    images.flags.writeable = labels.flags.writeable = False
    return DigitSheet(images, labels)


def write_sheet(file: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
    """Write digits, N×28×28, as a sheet. N must be a multiple of 100."""
    rows = len(images) // COLUMNS
    pixels = images.reshape(rows, COLUMNS, SIDE, SIDE).swapaxes(1, 2).reshape(rows * SIDE, COLUMNS * SIDE)
    text = PngImagePlugin.PngInfo()
    text.add_text("labels", "".join(map(str, labels.tolist())))
    text.add_text("Copyright", LICENCE)
    Image.fromarray(pixels).save(file, "PNG", optimize=True, pnginfo=text)

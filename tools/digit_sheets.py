"""Makes the sheets of MNIST digits that ship with the program: python -m tools.digit_sheets

It reads MNIST's four files from $INKLING_DATA or `data`, after it has verified their SHA-256, and writes the PNG files
of `model.digit_sheets`. The same version of Pillow writes the same bytes.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.data import mnist
from model.digit_sheets import EVERY, PARTS, Part, sheet_file, write_sheet
from model.layers import SIDE


def chosen(part: Part, data: Path | None = None) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The images, N×28×28, and labels, N, of a sheet. Raises DatasetError if MNIST's files are not valid."""
    if wrong := mnist.problems(data):
        raise mnist.DatasetError(f"MNIST is not complete: {wrong}.")
    raw = mnist.raw(data)
    images = np.fromfile(raw / mnist.IMAGES[part], np.uint8, offset=16).reshape(-1, SIDE, SIDE)
    labels = np.fromfile(raw / mnist.LABELS[part], np.uint8, offset=8)
    return images[:: EVERY[part]], labels[:: EVERY[part]]


def main() -> int:
    """Write both sheets. Returns the exit status."""
    try:
        for part in PARTS:
            write_sheet(sheet_file(part), *chosen(part))
            print(f"{sheet_file(part).name}: {sheet_file(part).stat().st_size:,} bytes")
    except mnist.DatasetError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

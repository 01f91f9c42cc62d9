"""Connected components of the ink in a 28×28 image."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from model.layers import SIDE
from model.preprocess.ink import Grey, PixelBox

INKED = 64  # of 255: pixels at this level or above belong to a component
SPECK = 0.01  # components with a smaller share of the inked pixels are ignored, and so are single pixels
PART = 0.05  # components with a smaller share are counted, but they are too small for a digit or a line
_ROW = 32  # bits for a row of 28 pixels; the four spare bits are 0, so a shift does not join the ends of two rows


@dataclass(frozen=True, slots=True)
class Component:
    """A connected component: the number of its pixels, and its bounding box."""

    pixels: int
    box: PixelBox


def connected_components(image: Grey) -> list[Component]:
    """The connected components of the ink, from left to right. Diagonal neighbours are connected; specks are left out.

    The image is stored as one integer with 32 bits for each row, so one shift moves every pixel by one place. A
    component grows from one pixel until it no longer changes, which takes a few dozen integer operations.
    """
    padded = np.zeros((SIDE, _ROW), np.uint8)
    padded[:, :SIDE] = image >= INKED
    remaining = int.from_bytes(np.packbits(padded).tobytes(), "big")
    total = remaining.bit_count()
    components = []
    while remaining:
        grown, component = remaining & -remaining, 0  # start with the lowest bit
        while grown != component:
            component = grown
            across = component | component << 1 | component >> 1
            grown = (across | across << _ROW | across >> _ROW) & remaining
        remaining ^= component
        if component.bit_count() > max(1.0, SPECK * total):
            components.append(Component(component.bit_count(), _bounding_box(component)))
    return sorted(components, key=lambda component: component.box)


def _bounding_box(component: int) -> PixelBox:
    # The first and the last pixel, counted from 1 at the lower right corner.
    first, last = component.bit_length(), (component & -component).bit_length()
    columns = component
    for rows in (16, 8, 4, 2, 1):
        columns |= columns >> rows * _ROW
    columns &= (1 << _ROW) - 1  # the union of all rows
    left, right = _ROW - columns.bit_length(), _ROW + 1 - (columns & -columns).bit_length()
    return left, SIDE - 1 - (first - 1) // _ROW, right, SIDE - (last - 1) // _ROW


def side_by_side(components: list[Component], height: int) -> bool:
    """Whether the components stand side by side like the digits of a number.

    This is so if neighbours hardly overlap horizontally, and each component is higher than 45 % of the whole ink.
    """
    for a, b in pairwise(components):
        overlap = min(a.box[2], b.box[2]) - max(a.box[0], b.box[0])
        if overlap > 0.3 * min(a.box[2] - a.box[0], b.box[2] - b.box[0]):
            return False
    return all(component.box[3] - component.box[1] > 0.45 * height for component in components)

"""From probabilities and familiarity to a verdict, and the reasons for it in words for a student."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model.layers import SIDE
from model.preprocess.pipeline import PreprocessedDrawing

Verdict = Literal["digit", "unsure", "not_a_digit", "blank"]
Grey = NDArray[np.uint8]

# Thresholds
REFUSED = 0.01  # familiarity: one real digit in a hundred is refused
ODD = 0.03  # familiarity: two more in a hundred look so little like the others that the answer is called unsure
LIKELY = 0.6  # a calibrated top probability below this is right about one time in two
MARGIN = 0.25  # between the two likeliest digits: as 0.62 is to 0.37
EQUALLY = 0.6  # as likely as this beside the likeliest, a digit is about equally likely
INKED = 64  # of 255: a pixel that belongs to the ink when its parts are counted
DOT = 20  # px of ink: half of what the shortest 1 of MNIST has
HEAVY = 190  # px of ink; of MNIST's digits 2 in 100 have more, and only what has more is looked at for being full
SMALL = 9  # px, both sides of a dot; a digit is fitted to 20
FULL = 0.75  # share of its own box that is inked: a round blot has π/4
LINE = 0.05  # (width/length)² of straight ink; a line that is 4½ times as long as its pen is wide has that
SMALL_PART = 0.05  # share of the ink; less is a speck

# What can be said, most important first.
TOO_LITTLE = "There is very little ink: a dot is not a digit."
ALL_INK = "Nearly everything is inked: no line is left to read."
BLOT = "It is a blot: inked nearly all over, with no line to read."
SIDE_BY_SIDE = "It is in {count} separate parts, side by side: several digits? Draw one at a time."
LYING = "It is a straight line that lies: upright, it could be a 1."
PARTS = "It is in {count} separate parts."
FAR = "It is far from every digit seen in training."
UNUSUAL = "It looks unlike most digits seen in training."
TWO = "It could be {first} or {second}: both are about equally likely."
AHEAD = "{first} is likeliest, but {second} is not ruled out."
NONE = "No digit stands out from the others."
EDGE = "It touches the edge: a part may be missing."


@dataclass(frozen=True, slots=True)
class Part:
    """A connected piece of ink: its pixels, and left, top, right, bottom; the last two are just outside."""

    pixels: int
    box: tuple[int, int, int, int]


def suspicious(drawings: Sequence[PreprocessedDrawing], pictures: Grey) -> list[bool]:
    """Which of N drawings, whose pictures are N×28×28, have very little or very much ink, or a gap from top to bottom.

    The few that have are looked at more closely; for all others this is all that geometry costs.
    """
    found = [not DOT * 255 <= drawing.ink <= HEAVY * 255 for drawing in drawings]
    parted = [i for i, drawing in enumerate(drawings) if drawing.parted]
    if parted:
        looked_at = pictures if len(parted) == len(pictures) else pictures[parted]
        columns = (np.maximum.reduce(looked_at, axis=1) >= INKED).tobytes()
        for place, i in enumerate(parted):
            found[i] = found[i] or b"\0" in columns[place * SIDE : (place + 1) * SIDE].strip(b"\0")
    return found


def ordinary(first: float, second: float, familiarity: float | None, *, suspect: bool) -> bool:
    """Whether a drawing that has ink is a digit without a closer look, as nearly all are.

    `first` and `second` are the two largest calibrated probabilities; `suspect` is what `suspicious` says.
    """
    odd = familiarity is not None and familiarity < ODD
    return not (odd or suspect or _open(first, second))


def judge(
    drawing: PreprocessedDrawing, probabilities: NDArray[np.float32], familiarity: float | None, *, suspect: bool
) -> tuple[Verdict, tuple[str, ...], float | None]:
    """The verdict on a drawing that has ink, its reasons, none for a digit, and its familiarity.

    `probabilities` are the calibrated ten; `familiarity` is how familiar the network's activations are, and `suspect`
    what `suspicious` says of the picture. A dot or a filled canvas has a familiarity of 0, whatever the network makes
    of it: no held-back digit has as little ink, or as much.
    """
    second, first = np.partition(probabilities, -2)[-2:].tolist()
    if ordinary(first, second, familiarity, suspect=suspect):
        return "digit", (), familiarity
    refused = familiarity is not None and familiarity < REFUSED
    odd = familiarity is not None and familiarity < ODD
    open_ = _open(first, second)
    seen = _seen(drawing)
    found = {reason for reason, _ in seen}
    if not (odd or open_ or found & _ENOUGH):
        return "digit", (), familiarity
    reasons = [reason.format(count=count) for reason, count in seen]
    if refused:
        reasons.append(FAR)
    else:
        if odd:
            reasons.append(UNUSUAL)
        if open_ and not found & _NOTHING_TO_READ:
            reasons.append(_between(probabilities, first, second))
    if _touches_the_edge(drawing):
        reasons.append(EDGE)
    if familiarity is not None and _no_digit(found, drawing.image):
        refused, familiarity = True, 0.0
    return "not_a_digit" if refused else "unsure", tuple(reasons), familiarity


def _open(first: float, second: float) -> bool:
    """Whether no digit is much likelier than all others."""
    return first < LIKELY or first - second < MARGIN


_NOTHING_TO_READ = {TOO_LITTLE, ALL_INK, BLOT}  # "an 8 or a 3" would be no news of a dot
_ENOUGH = {*_NOTHING_TO_READ, SIDE_BY_SIDE, LYING}  # what makes an answer unsure by itself


def _no_digit(found: set[str], picture: Grey) -> bool:
    """Whether it is a dot, or all ink: no held-out digit is, as tests/model/inference/test_verdicts.py shows.

    A dot is small itself. A photo with a digit and specks all over has little ink as well, since it is fitted whole.
    """
    if TOO_LITTLE in found:
        sides = (np.flatnonzero(picture.max(axis=axis)) for axis in (0, 1))
        return all(len(side) == 0 or side[-1] - side[0] < SMALL for side in sides)
    return ALL_INK in found


def _seen(drawing: PreprocessedDrawing) -> list[tuple[str, int]]:
    """What the ink's plain geometry says against its being a digit, each with a count."""
    picture = drawing.image
    pieces = parts(picture)
    if not pieces or int(picture.sum()) < DOT * 255:
        return [(TOO_LITTLE, 1)]
    left, top, right, bottom = (pick(part.box[i] for part in pieces) for i, pick in enumerate((min, min, max, max)))
    area = (right - left) * (bottom - top)
    if len(pieces) == 1 and min(right - left, bottom - top) > 7 and pieces[0].pixels > FULL * area:
        return [(ALL_INK if _fills_its_surface(drawing) else BLOT, 1)]
    found = []
    if len(pieces) > 1:
        found.append((SIDE_BY_SIDE if _in_a_row(pieces, bottom - top) else PARTS, len(pieces)))
    elif _lies(picture):
        found.append((LYING, 1))
    return found


def parts(picture: Grey) -> list[Part]:
    """The connected pieces of ink, diagonal neighbours included, without specks; left to right.

    All 28 rows are one whole number, 32 bits a row, which one shift moves by a pixel or a row: growing a seed until it
    stops growing takes some dozens of operations on a few words.
    """
    padded = np.zeros((SIDE, 32), np.uint8)
    padded[:, :SIDE] = picture >= INKED
    rest = int.from_bytes(np.packbits(padded).tobytes(), "big")
    total = rest.bit_count()
    found = []
    while rest:
        grown, part = rest & -rest, 0
        while grown != part:
            part = grown
            wide = part | part << 1 | part >> 1
            grown = (wide | wide << 32 | wide >> 32) & rest
        rest ^= part
        if part.bit_count() > SMALL_PART * total:
            found.append(Part(part.bit_count(), _box(part)))
    return sorted(found, key=lambda part: part.box)


def _box(part: int) -> tuple[int, int, int, int]:
    inked = np.unpackbits(np.frombuffer(part.to_bytes(SIDE * 4, "big"), np.uint8)).reshape(SIDE, 32)
    rows, columns = (np.flatnonzero(inked.max(axis=axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _in_a_row(pieces: list[Part], height: int) -> bool:
    """Whether the pieces stand side by side, each about as high as the whole: as digits in a number do."""
    for a, b in pairwise(pieces):
        overlap = min(a.box[2], b.box[2]) - max(a.box[0], b.box[0])
        if overlap > 0.3 * min(a.box[2] - a.box[0], b.box[2] - b.box[0]):
            return False
    return all(part.box[3] - part.box[1] > 0.45 * height for part in pieces)


def _lies(picture: Grey) -> bool:
    """Whether the ink is one straight line nearer to lying than to standing.

    The second moments of the ink are a symmetric matrix; its eigenvalues are the squared length and width of what an
    ellipse with these moments has, up to a factor, and the eigenvector of the larger one is its direction.
    """
    rows, columns = np.nonzero(picture >= INKED)
    (xx, xy), (_, yy) = np.cov(columns, rows).tolist()
    spread = math.hypot((xx - yy) / 2, xy)
    length, width = (xx + yy) / 2 + spread, (xx + yy) / 2 - spread
    return width < LINE * length and xx > yy


def _between(probabilities: NDArray[np.float32], first: float, second: float) -> str:
    if first + second <= LIKELY:
        return NONE
    likeliest = probabilities.argsort()[::-1][:2].tolist()
    return (TWO if second > EQUALLY * first else AHEAD).format(first=likeliest[0], second=likeliest[1])


def _fills_its_surface(drawing: PreprocessedDrawing) -> bool:
    assert drawing.box is not None
    left, top, right, bottom = drawing.box
    width, height = drawing.size
    return (right - left) * (bottom - top) > 0.8 * width * height


def _touches_the_edge(drawing: PreprocessedDrawing) -> bool:
    """Whether the ink reaches the end of what it was drawn on, where that is known."""
    if drawing.box is None or not drawing.surface.ends:
        return False
    left, top, right, bottom = drawing.box
    width, height = drawing.size
    return left <= 0 or top <= 0 or right >= width or bottom >= height

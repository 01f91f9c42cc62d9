"""The verdict on a drawing (digit, unsure or not a digit), and sentences for students that give the reasons."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from model.inference.connected_components import INKED, PART, connected_components, side_by_side
from model.layers import SIDE
from model.preprocess.ink import Grey, without_faint
from model.preprocess.pipeline import PreprocessedDrawing

Verdict = Literal["digit", "unsure", "not_a_digit", "blank"]

# Thresholds of the in-distribution score (`familiarity`), which is a rank among real digits
NOT_A_DIGIT_BELOW = 0.01  # 1 in 100 real digits scores lower
UNSURE_BELOW = 0.03  # another 2 in 100 real digits score lower than this
EXAMINED_BELOW = 0.2  # the shape of drawings that score lower is examined; examining every drawing would take time

# Thresholds of the calibrated probabilities
LIKELY = 0.6  # predictions with a lower probability are right about half of the time
MARGIN = 0.25  # if the two largest probabilities differ by less, both are possible; 0.62 and 0.37 differ by 0.25
SIMILAR = 0.6  # if the second probability is at least this share of the first, the two are "about equally likely"

# Thresholds of the ink in the 28×28 image
LITTLE_INK = 20  # px, counted as fully inked pixels; the shortest 1 in MNIST has twice as much
MUCH_INK = 190  # px, counted likewise; 2 in 100 MNIST digits have more; if there is more, the shape is examined
DOT_SIDE = 9  # px; a dot is at most this wide and high; a digit's longer side is 20
MANY_PARTS = 3  # connected components; none of 3,000 MNIST digits has more than two
FILLED = 0.75  # a shape is filled if more than this share of its bounding box is inked; a disc has π/4
STRAIGHT = 0.05  # a line is straight if its (width/length)² is smaller; a line 4½ times as long as wide has this value

# The reasons, most important first
TOO_LITTLE_INK = "There is very little ink: a dot is not a digit."
FILLED_CANVAS = "Nearly the whole canvas is filled: there is no line to read."
BLOT = "It's a filled blot: there is no line to read."
SIDE_BY_SIDE = "It has {count} separate parts, side by side. Are these several digits? Draw one at a time."
HORIZONTAL_LINE = "It's a horizontal line. Drawn upright it could be a 1."
SEPARATE_PARTS = "It has {count} separate parts."
UNLIKE_ALL = "It's unlike every digit seen in training."
UNLIKE_MOST = "It's unlike most digits seen in training."
TILTED = "It seems to be tilted. Drawn upright it could be {digit}."
TWO_DIGITS = "It could be {first} or {second}: both are about equally likely."
FIRST_LEADS = "It's most likely {first}, but it could also be {second}."
NO_DIGIT_LEADS = "No digit is much more likely than the others."
AT_THE_EDGE = "It touches the edge: a part may be missing."
# Why a drawing is blank.
FROM_0_TO_1 = "No pixel is larger than 1. Pixels are numbers from 0 to 255: were these scaled to 0 to 1?"
OFF_CANVAS = "No stroke leaves ink on the canvas. Do the strokes lie outside it, or is the pen much too thin?"

# The product of this matrix with a mask of pixels: their number, and the sums of their x, y, x², xy and y².
_Y, _X = np.mgrid[:SIDE, :SIDE].reshape(2, -1).astype(np.float64)
_MOMENTS = np.stack((np.ones(SIDE * SIDE), _X, _Y, _X * _X, _X * _Y, _Y * _Y))

_UNREADABLE = {TOO_LITTLE_INK, FILLED_CANVAS, BLOT}  # with one of these, the two most likely digits are not named
_ENOUGH_ALONE = {*_UNREADABLE, SIDE_BY_SIDE, HORIZONTAL_LINE}  # with one of these, even a clear digit is "unsure"


class Judgement(NamedTuple):
    """A verdict, the reasons for it (none for `digit`), and the in-distribution score."""

    verdict: Verdict
    reasons: tuple[str, ...]
    familiarity: float | None


def judge(drawing: PreprocessedDrawing, probabilities: Sequence[float], familiarity: float | None) -> Judgement:
    """Judge a drawing that is not blank.

    `probabilities` are the ten calibrated probabilities. `familiarity` is the in-distribution score; it is None without
    a calibration. For a dot and for a filled canvas it is replaced by 0, because no held-out digit has so little or so
    much ink.
    """
    second, first = sorted(probabilities)[-2:]
    undecided = first < LIKELY or first - second < MARGIN
    atypical = familiarity is not None and familiarity < UNSURE_BELOW
    examined = familiarity is not None and familiarity < EXAMINED_BELOW
    along_a_side = drawing.canvas.lies_along_a_side
    if not (undecided or atypical or along_a_side or _looks_unusual(drawing) or examined):  # as for most digits
        return Judgement("digit", (), familiarity)

    finding, count = _finding(drawing)
    if not (undecided or atypical or along_a_side or finding in _ENOUGH_ALONE or count >= MANY_PARTS):
        return Judgement("digit", (), familiarity)

    not_a_digit = familiarity is not None and familiarity < NOT_A_DIGIT_BELOW
    reasons = [finding.format(count=count)] if finding else []
    if not_a_digit:
        reasons.append(UNLIKE_ALL)
    else:
        if atypical:
            reasons.append(UNLIKE_MOST)
        if undecided and finding not in _UNREADABLE:
            reasons.append(_likely_digits(probabilities, first, second))
    if _touches_the_edge(drawing):
        reasons.append(AT_THE_EDGE)
    if familiarity is not None and (finding == FILLED_CANVAS or (finding == TOO_LITTLE_INK and _is_dot(drawing.image))):
        not_a_digit, familiarity = True, 0.0
    return Judgement("not_a_digit" if not_a_digit else "unsure", tuple(reasons), familiarity)


def _looks_unusual(drawing: PreprocessedDrawing) -> bool:
    """Whether there is very little or very much ink, or an empty column between inked columns. Fast to compute."""
    if not LITTLE_INK * 255 <= drawing.ink_sum <= MUCH_INK * 255:
        return True
    columns = without_faint(np.maximum.reduce(drawing.image, axis=0).tobytes(), INKED - 1)
    return b"\0" in columns.strip(b"\0")


def _finding(drawing: PreprocessedDrawing) -> tuple[str, int]:
    """A reason why the shape of the ink is unlike a digit, or ""; and the number of connected components."""
    image = drawing.image
    components = connected_components(image)
    if not components or drawing.ink_sum < LITTLE_INK * 255:
        return TOO_LITTLE_INK, 1
    boxes = [component.box for component in components]
    width = max(box[2] for box in boxes) - min(box[0] for box in boxes)
    height = max(box[3] for box in boxes) - min(box[1] for box in boxes)
    inked = sum(component.pixels for component in components)
    parts = [component for component in components if component.pixels > PART * inked]
    if len(parts) > 1:
        if side_by_side(parts, height):
            return SIDE_BY_SIDE, len(parts)
    elif min(width, height) > 7 and parts[0].pixels > FILLED * width * height:
        return FILLED_CANVAS if _fills_the_canvas(drawing) else BLOT, 1
    elif _is_horizontal_line(image):
        return HORIZONTAL_LINE, 1
    return SEPARATE_PARTS if len(components) > 1 else "", len(components)


def may_be_tilted(judgement: Judgement) -> bool:
    """Whether a drawing is unlike digits for no known reason: then it may be a tilted digit."""
    return judgement.reasons[:1] in ((UNLIKE_ALL,), (UNLIKE_MOST,))


def tilted(judgement: Judgement, digit: int) -> Judgement:
    """The judgement with one more reason: the drawing would be like this digit if it were upright."""
    first, *others = judgement.reasons
    return judgement._replace(reasons=(first, TILTED.format(digit=digit), *others))


def _is_dot(image: Grey) -> bool:
    """Whether all ink is within 9×9 pixels. A photo of a digit may have as little ink, but over a larger area."""
    inked = (np.flatnonzero(image.max(axis=axis)) for axis in (0, 1))
    return all(len(indices) == 0 or indices[-1] - indices[0] < DOT_SIDE for indices in inked)


def _is_horizontal_line(image: Grey) -> bool:
    """Whether the ink is one straight line, nearer to horizontal than to vertical.

    The eigenvalues of the ink's covariance matrix are proportional to the squared length and width of an ellipse with
    the same second moments. The sums are of whole numbers, so they are exact.
    """
    count, x, y, xx, xy, yy = (_MOMENTS @ (image >= INKED).ravel()).tolist()
    xx, xy, yy = xx - x * x / count, xy - x * y / count, yy - y * y / count
    spread = math.hypot((xx - yy) / 2, xy)
    length, width = (xx + yy) / 2 + spread, (xx + yy) / 2 - spread
    return bool(width < STRAIGHT * length and xx > yy)


def _likely_digits(probabilities: Sequence[float], first: float, second: float) -> str:
    """A sentence that names the two most likely digits, or that says that no digit is likely.

    `first` and `second` are the two largest of the `probabilities`.
    """
    if first + second <= LIKELY:
        return NO_DIGIT_LEADS
    a, b = sorted(range(len(probabilities)), key=lambda digit: probabilities[digit])[:-3:-1]
    return (TWO_DIGITS if second > SIMILAR * first else FIRST_LEADS).format(first=a, second=b)


def _fills_the_canvas(drawing: PreprocessedDrawing) -> bool:
    """Whether the bounding box of the ink covers more than 80 % of the canvas."""
    assert drawing.box is not None
    left, top, right, bottom = drawing.box
    width, height = drawing.size
    return (right - left) * (bottom - top) > 0.8 * width * height


def _touches_the_edge(drawing: PreprocessedDrawing) -> bool:
    """Whether the ink reaches an edge of the canvas. False if the client sent no canvas."""
    if drawing.box is None or not drawing.canvas.has_edges:
        return False
    left, top, right, bottom = drawing.box
    width, height = drawing.size
    return left <= 0 or top <= 0 or right >= width or bottom >= height

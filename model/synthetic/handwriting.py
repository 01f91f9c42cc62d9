"""Digits drawn by an imaginary person, in styles that MNIST's American writers of the 1980s hardly used.

A skeleton (`model.synthetic.digits`) says which way the pen goes; here a hand writes it: leaning, turning, bending and
trembling, in more or fewer points, missing its mark, with a pen of some width. The service's own rasteriser draws the
strokes, so that a picture is what it would have made of the same drawing.

    points → jitter → curve → bend → stretch, lean, turn → tremble → hooks, overshoot, gaps → whole pixels

The same seed gives the same pictures, byte for byte, on the same machine and with the same versions.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from model.layers import SIDE
from model.preprocess.fit import FIT, Ink
from model.preprocess.pipeline import PEN_RANGE, Drawn, prepare_all
from model.preprocess.rasterise import Polylines, Strokes
from model.synthetic.digits import STYLES, Skeleton, Style

CANVAS = 280.0  # units; the strokes lie on a canvas this wide and high
BATCH = 64  # drawings rasterised at once
UPLOAD = 96  # px, the side of a picture that is sent; more would only be averaged away
PENS = (1.2, 5.4)  # px of 28, of half of the pictures that are sent
BROAD = (4.0, 5.6)  # of the other half: a finger's, or any pen's where the digit is small for it
FILLED = 1.2  # of a loop's width, the widest pen that is not narrowed
_LOOPED = {0, 4, 6, 8, 9}

Lines = list[list[tuple[float, float]]]
Points = NDArray[np.float64]


def strokes(digit: int, rng: np.random.Generator, style: Style | None = None) -> Lines:
    """The strokes of a digit from 0 to 9, in one of its styles or in `style`, on a canvas of 280 × 280 units.

    Raises ValueError when there is no such digit.
    """
    if not 0 <= digit < len(STYLES):
        raise ValueError(f"there is no digit {digit}")
    if style is None:
        style = _pick(digit, rng.random())
    random = rng.random

    def u(low: float, high: float) -> float:
        return low + (high - low) * random()

    points, lengths = _curve(style.skeleton(u), style.wobble, rng)
    points = _bent(points, style.wobble, rng)
    points @= _posture(style, rng)
    points = _trembling(points, rng)
    lines = _slips(np.split(points, list(accumulate(lengths[:-1]))), rng)
    return _on_canvas(lines, rng)


def images(count: int, seed: int, uploaded: float = 0.4) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """`count` pictures, uint8 (count, 28, 28), white ink on black, and their digits, int64 (count,).

    Each digit is drawn as often as any other, give or take one, in an order of chance. The share `uploaded` comes out
    as pictures that were sent as pixels do, whose lines may be far thinner and thicker than those of strokes, since
    nobody knows which pen they were drawn with.
    """
    rng = np.random.default_rng(seed)
    digits = rng.permutation(np.arange(count, dtype=np.int64) % len(STYLES))
    drawn = np.empty((count, SIDE, SIDE), np.uint8)
    for start in range(0, count, BATCH):
        batch = [(digit, strokes(digit, rng)) for digit in digits[start : start + BATCH].tolist()]
        cut = round(uploaded * len(batch))
        drawings: list[Drawn] = [*_uploads(batch[:cut], rng), *(with_a_pen(lines, rng) for _, lines in batch[cut:])]
        for i, prepared in enumerate(prepare_all(drawings), start):
            drawn[i] = prepared.picture
    return drawn, digits


def box(lines: Lines) -> tuple[float, float, float, float]:
    """Left, top, width and height; no side is quite 0."""
    xs, ys = zip(*(point for line in lines for point in line), strict=True)
    left, top = min(xs), min(ys)
    return left, top, max(max(xs) - left, 1e-3), max(max(ys) - top, 1e-3)


def with_a_pen(lines: Lines, rng: np.random.Generator) -> Strokes:
    """A drawing whose pen is about as wide as those that the service keeps, or unknown."""
    if rng.random() < 0.4:
        return Strokes(lines)
    width = PEN_RANGE[0] - 0.2 + (PEN_RANGE[1] - PEN_RANGE[0] + 0.4) * rng.random()
    # Of the 20 px of the longer side the pen takes `width`, and the way of its tip the rest.
    return Strokes(lines, pen=max(box(lines)[2:]) * width / (FIT - width))


def _uploads(batch: list[tuple[int, Lines]], rng: np.random.Generator) -> list[Ink]:
    """Drawings as pictures of 96 × 96 pixels, in any size, with pens that end up 1.2 to 5.6 px wide."""
    places = []
    for digit, lines in batch:
        _, _, across, down = box(lines)
        width = rng.uniform(*(PENS if rng.random() < 0.5 else BROAD))
        if digit in _LOOPED:  # of a loop that is more than filled nobody could say what it was
            width = min(width, max(2.0, FILLED * min(across, down) / max(across, down) * (FIT - width)))
        side = UPLOAD * (0.3 + 0.6 * rng.random())
        free = UPLOAD - side
        places.append((width, side, free * rng.random(), free * rng.random()))
    return sent([lines for _, lines in batch], places)


def sent(batch: Sequence[Lines], places: Sequence[tuple[float, float, float, float]]) -> list[Ink]:
    """Drawings as pictures of 96 × 96 pixels.

    `places` says of each how wide its pen will be once it is fitted, how long the longer side of its ink is here, and
    how far the ink is from the left and from the top; all in px.
    """
    if not batch:
        return []
    scales, shifts, pens = [], [], []
    for lines, (width, side, right, below) in zip(batch, places, strict=True):
        left, top, across, down = box(lines)
        pen = side * width / FIT
        scale = (side - pen) / max(across, down)
        scales.append((scale, scale))
        pens.append(pen)
        shifts.append((pen / 2 - left * scale + right, pen / 2 - top * scale + below))
    drawn = Polylines([Strokes(lines) for lines in batch]).rasterise(scales, shifts, pens, UPLOAD)
    return [Ink(picture, picture, "pixels") for picture in drawn]


@lru_cache(maxsize=len(STYLES))
def _shares(digit: int) -> list[float]:
    total = sum(style.share for style in STYLES[digit])
    return list(accumulate(style.share / total for style in STYLES[digit]))


def _pick(digit: int, chance: float) -> Style:
    shares = _shares(digit)
    return next((style for style, upto in zip(STYLES[digit], shares, strict=True) if chance < upto), STYLES[digit][-1])


# ---------------------------------------------------------------- the hand


def _curve(skeleton: Skeleton, wobble: float, rng: np.random.Generator) -> tuple[Points, list[int]]:
    """Points along the strokes of a skeleton whose own points missed their mark, (n, 2), and how many each stroke has.

    Few points for each piece of the curve are what a slow device reports of a hasty hand: the drawing has corners.
    """
    knots = np.array([point for stroke in skeleton for piece in stroke for point in piece])
    knots += rng.normal(0.0, wobble * (0.006 + 0.022 * rng.random()), knots.shape)
    per = (1, 2, 2, 3, 3, 4, 5, 6, 8, 12)[int(10 * rng.random())]
    matrices = [_spline(tuple(map(len, stroke)), per) for stroke in skeleton]
    ends = list(accumulate(matrix.shape[1] for matrix in matrices))
    parts = [matrix @ part for matrix, part in zip(matrices, np.split(knots, ends[:-1]), strict=True)]
    return np.concatenate(parts), [len(part) for part in parts]


@lru_cache(maxsize=1024)
def _spline(lengths: tuple[int, ...], per: int) -> Points:
    """The matrix that takes a stroke's knots to points on it: Catmull-Rom, with a corner after each of its pieces.

    Between the knots P₁ and P₂ the curve is ½ [1 t t² t³] M [P₀ P₁ P₂ P₃]ᵀ, and since that is linear in the knots, so
    is the whole stroke. Beyond the ends of a piece the knots are continued with the same second difference.
    """
    basis = np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]) / 2
    t = np.arange(1, per + 1) / per
    powers = np.stack([t**0, t, t**2, t**3], axis=1) @ basis
    knots = np.eye(sum(lengths))
    rows = [knots[:1]]
    begin = 0
    for i, length in enumerate(lengths):
        piece = knots[max(begin - 1, 0) : begin + length]  # from the last knot of the piece before
        begin += length
        if i == 0 and length == 1:
            continue  # a stroke that begins with a corner, or a dot
        if len(piece) > 2:
            before = 3 * piece[0] - 3 * piece[1] + piece[2]
            after = 3 * piece[-1] - 3 * piece[-2] + piece[-3]
        else:
            before, after = 2 * piece[0] - piece[1], 2 * piece[1] - piece[0]
        around = np.stack([before, *piece, after])
        rows += [powers @ around[j : j + 4] for j in range(len(piece) - 1)]
    return np.concatenate(rows)


def _bent(points: Points, wobble: float, rng: np.random.Generator) -> Points:
    """Points moved by a field of three slow waves: p + Σ aᵢ sin(wᵢ · p + φᵢ)."""
    size = 0.05 * wobble * rng.random()
    waves = rng.normal(0.0, 4.0, (2, 3))
    phases = rng.random(3) * (2 * math.pi)
    sizes = rng.normal(0.0, size, (3, 2))
    moved: Points = points + np.sin(points @ waves + phases) @ sizes
    return moved


def _posture(style: Style, rng: np.random.Generator) -> Points:
    """The matrix, for rows (x, y), that makes a digit narrow or wide, lets it lean to the right, and turns it."""
    wide = math.exp(min(max(rng.normal(0.0, 0.23 * style.wobble), -0.45), 0.55))
    lean = math.tan(math.radians(min(max(rng.normal(4.0, 11.0), style.slant[0]), style.slant[1])))
    turn = math.radians(min(max(rng.normal(0.0, 4.5), -style.turn), style.turn))
    cos, sin = math.cos(turn), math.sin(turn)
    matrix: Points = np.array([[wide, 0.0], [-lean, 1.0]]) @ np.array([[cos, sin], [-sin, cos]])
    return matrix


def _trembling(points: Points, rng: np.random.Generator) -> Points:
    """Points each a little off the line, one dragging the next along."""
    size = 0.002 + 0.018 * rng.random() ** 3
    noise = rng.normal(0.0, size, (len(points) + 2, 2))
    moved: Points = points + 0.5 * noise[1:-1] + 0.4 * (noise[:-2] + noise[2:])
    return moved


def _slips(lines: list[Points], rng: np.random.Generator) -> list[Points]:
    """What happens at the ends of a stroke and when the pen skips, each now and then."""
    done: list[Points] = []
    for line in lines:
        chances = rng.random(6).tolist()
        if len(line) > 2:
            if chances[0] < 0.12:
                line = np.concatenate([_beyond(line[1], line[0], rng), line])
            if chances[1] < 0.12:
                line = np.concatenate([line, _beyond(line[-2], line[-1], rng)])
            if chances[2] < 0.04:  # a part is traced again
                start = int(chances[3] * (len(line) - 2))
                again = line[start : start + 2 + int(chances[4] * len(line) / 2)]
                done.append(again + rng.normal(0.0, 0.02, 2))
            if chances[5] < 0.04 and len(line) > 6:  # the pen skips
                done += _broken(line, rng)
                continue
        done.append(line)
    return done


def _beyond(before: Points, end: Points, rng: np.random.Generator) -> Points:
    """A point beyond the end of a line: straight on, where the pen overshoots, or back, where it drags or lands."""
    step = end - before
    length = 0.03 + 0.05 * rng.random()
    angle = (rng.random() - 0.5) * 0.6 if rng.random() < 0.5 else math.pi * (0.5 + rng.random())
    step = step * (length / (math.hypot(step[0], step[1]) + 1e-9))
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[end[0] + cos * step[0] - sin * step[1], end[1] + sin * step[0] + cos * step[1]]])


def _broken(line: Points, rng: np.random.Generator) -> list[Points]:
    """A line without a short part somewhere in it."""
    lengths = np.hypot(*(line[1:] - line[:-1]).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    start = along[-1] * (0.15 + 0.6 * rng.random())
    end = start + 0.1 + 0.1 * rng.random()
    ends = np.stack([np.interp([start, end], along, line[:, axis]) for axis in (0, 1)], axis=1)
    return [np.concatenate([line[along < start], ends[:1]]), np.concatenate([ends[1:], line[along > end]])]


def _on_canvas(lines: list[Points], rng: np.random.Generator) -> Lines:
    """The lines in some size at some place on the canvas, half of them in whole pixels, as a mouse gives them."""
    points = np.concatenate(lines)
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max())
    size = 50 + 200 * rng.random()
    sides = (high - low) * (size / extent)
    points = (points - low) * (size / extent) + rng.random(2) * (CANVAS - sides)
    if rng.random() < 0.5:
        points = np.rint(points)
    flat = iter(map(tuple, points.tolist()))
    return [[next(flat) for _ in line] for line in lines]

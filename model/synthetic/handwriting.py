"""Synthetic handwriting: digits in many styles, including styles that are rare in MNIST.

A skeleton (`model.synthetic.skeleton`) gives the path of the pen. This module deforms the path as a hand would,
and samples many or few points of it. A random device (`model.synthetic.devices`) records the strokes, and the service's
own pipeline rasterises them. So a synthetic image is preprocessed exactly like a user's drawing. The steps are:

    points → jitter → curve → bend → stretch, slant, rotation → tremor → hooks, overshoot, gaps → size, place, grid

The same seed gives the same images, byte for byte, on the same machine and with the same versions of the libraries.
"""

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from model.layers import SIDE
from model.preprocess.pipeline import preprocess_all
from model.synthetic.devices import BATCH, Lines, random_devices
from model.synthetic.digits import STYLES
from model.synthetic.skeleton import Skeleton, Style

CANVAS = 280.0  # units, width and height of the canvas on which strokes are placed
DEVICES = (0.56, 0.26, 0.18)  # of the uploaded images: shares of smooth images, small bitmaps and boxed images
MOUSE = 0.15  # share of the digits that are drawn with an unsteady mouse
COARSE = 0.1  # share of the digits whose points are rounded to a coarse grid
GRID = (14, 40)  # the longer side of such a digit, in steps of the grid

Grey = NDArray[np.uint8]
Labels = NDArray[np.int64]
Points = NDArray[np.float64]


def strokes(digit: int, rng: np.random.Generator, style: Style | None = None) -> Lines:
    """The strokes of a digit from 0 to 9 on a canvas of 280 × 280 units, in `style` or in a random style.

    Raises ValueError if `digit` is not an integer from 0 to 9.
    """
    if not 0 <= digit < len(STYLES):
        raise ValueError(f"the digit must be 0 to 9, not {digit}")
    if style is None:
        style = _pick(digit, rng.random())
    random = rng.random

    def u(low: float, high: float) -> float:
        return low + (high - low) * random()

    mouse = random() < MOUSE
    points, lengths = _curve(style.skeleton(u), style.wobble, mouse, rng)
    points = _bend(points, style.wobble, rng)
    points @= _posture(style, rng)
    points = _add_jerks(points, rng) if mouse else _add_tremor(points, rng)
    lines = _add_accidents(np.split(points, list(accumulate(lengths[:-1]))), rng)
    return _place(lines, rng)


def images(count: int, seed: int, uploaded: float = 0.5) -> tuple[Grey, Labels]:
    """`count` images, uint8 (count, 28, 28), white ink on black, and their labels, int64 (count,).

    The digits are in random order, and each appears equally often (± 1). `uploaded` is the share of the images that
    are preprocessed like uploaded images; the others are preprocessed like strokes.
    """
    return collected(count, batches(count, seed, uploaded))


def batches(count: int, seed: int, uploaded: float = 0.5) -> Iterator[tuple[Grey, Labels]]:
    """The images of `images` and their labels, BATCH at a time."""
    rng = np.random.default_rng(seed)
    digits = rng.permutation(np.arange(count, dtype=np.int64) % len(STYLES))
    smooth, small, boxed = (uploaded * share for share in DEVICES)
    for start in range(0, count, BATCH):
        labels = digits[start : start + BATCH]
        drawings = random_devices(
            [(digit, strokes(digit, rng)) for digit in labels.tolist()], (smooth, small, boxed), rng
        )
        yield np.stack([preprocessed.image for preprocessed in preprocess_all(drawings)]), labels


def collected(count: int, parts: Iterable[tuple[Grey, Labels]]) -> tuple[Grey, Labels]:
    """The images and the labels of all parts together. `count` is the number of images; the parts are not kept."""
    images, labels, end = np.empty((count, SIDE, SIDE), np.uint8), np.empty(count, np.int64), 0
    for part, digits in parts:
        start, end = end, end + len(digits)
        images[start:end], labels[start:end] = part, digits
    return images, labels


@lru_cache(maxsize=len(STYLES))
def _shares(digit: int) -> list[float]:
    """The cumulative shares of the styles of a digit. The last one is 1."""
    total = sum(style.share for style in STYLES[digit])
    return list(accumulate(style.share / total for style in STYLES[digit]))


def _pick(digit: int, chance: float) -> Style:
    shares = _shares(digit)
    return next((style for style, end in zip(STYLES[digit], shares, strict=True) if chance < end), STYLES[digit][-1])


# ---------------------------------------------------------------- how a hand deforms a skeleton


def _curve(skeleton: Skeleton, wobble: float, mouse: bool, rng: np.random.Generator) -> tuple[Points, list[int]]:
    """Points along the strokes of the skeleton, (n, 2), and the number of points of each stroke.

    First, the points of the skeleton are displaced at random. Then a curve is drawn through them, with 1 to 12 new
    points per point of the skeleton. With few points, corners are visible, as when a slow device records a fast hand.
    With a mouse, there are at most two new points per point.
    """
    knots = np.array([point for stroke in skeleton for piece in stroke for point in piece])
    knots += rng.normal(0.0, wobble * (0.006 + 0.022 * rng.random()), knots.shape)
    per = (1, 2, 2, 3, 3, 4, 5, 6, 8, 12)[int((3 if mouse else 10) * rng.random())]
    matrices = [_spline(tuple(map(len, stroke)), per) for stroke in skeleton]
    ends = list(accumulate(matrix.shape[1] for matrix in matrices))
    parts = [matrix @ part for matrix, part in zip(matrices, np.split(knots, ends[:-1]), strict=True)]
    return np.concatenate(parts), [len(part) for part in parts]


@lru_cache(maxsize=1024)
def _spline(lengths: tuple[int, ...], per: int) -> Points:
    """The matrix that maps a stroke's knots to points on the stroke.

    The stroke is a Catmull-Rom spline with a corner after each piece. `lengths` are the numbers of knots of the pieces,
    and `per` is the number of points from one knot to the next.

    Between the knots P₁ and P₂ the curve is ½ [1 t t² t³] M [P₀ P₁ P₂ P₃]ᵀ. This is linear in the knots, so one matrix
    describes the whole stroke. At both ends of a piece, one more knot is extrapolated with a constant second
    difference, or linearly if the piece has only two knots.
    """
    basis = np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]) / 2
    t = np.arange(1, per + 1) / per
    powers = np.stack([t**0, t, t**2, t**3], axis=1) @ basis
    knots = np.eye(sum(lengths))
    rows = [knots[:1]]
    begin = 0
    for i, length in enumerate(lengths):
        piece = knots[max(begin - 1, 0) : begin + length]  # includes the last knot of the previous piece
        begin += length
        if i == 0 and length == 1:
            continue  # a single knot: the stroke starts with a corner or is a dot
        if len(piece) > 2:
            before = 3 * piece[0] - 3 * piece[1] + piece[2]
            after = 3 * piece[-1] - 3 * piece[-2] + piece[-3]
        else:
            before, after = 2 * piece[0] - piece[1], 2 * piece[1] - piece[0]
        around = np.stack([before, *piece, after])
        rows += [powers @ around[j : j + 4] for j in range(len(piece) - 1)]
    return np.concatenate(rows)


def _bend(points: Points, wobble: float, rng: np.random.Generator) -> Points:
    """The points displaced by three long waves: p + Σ aᵢ sin(wᵢ · p + φᵢ)."""
    size = 0.05 * wobble * rng.random()
    waves = rng.normal(0.0, 4.0, (2, 3))
    phases = rng.random(3) * (2 * math.pi)
    sizes = rng.normal(0.0, size, (3, 2))
    moved: Points = points + np.sin(points @ waves + phases) @ sizes
    return moved


def _posture(style: Style, rng: np.random.Generator) -> Points:
    """The 2×2 matrix M that stretches a digit horizontally, slants it to the right and rotates it.

    A point is a row vector: (x, y) becomes (x, y) M.
    """
    wide = math.exp(min(max(rng.normal(0.0, 0.23 * style.wobble), -0.45), 0.55))
    lean = math.tan(math.radians(min(max(rng.normal(4.0, 11.0), style.slant[0]), style.slant[1])))
    turn = math.radians(min(max(rng.normal(0.0, 4.5), -style.turn), style.turn))
    cos, sin = math.cos(turn), math.sin(turn)
    matrix: Points = np.array([[wide, 0.0], [-lean, 1.0]]) @ np.array([[cos, sin], [-sin, cos]])
    return matrix


def _add_tremor(points: Points, rng: np.random.Generator) -> Points:
    """The points with a little random noise, which is correlated between neighbouring points."""
    size = 0.002 + 0.018 * rng.random() ** 3
    noise = rng.normal(0.0, size, (len(points) + 2, 2))
    moved: Points = points + 0.5 * noise[1:-1] + 0.4 * (noise[:-2] + noise[2:])
    return moved


def _add_jerks(points: Points, rng: np.random.Generator) -> Points:
    """The points with more random noise, which is independent for each point, as of a mouse that jumps."""
    moved: Points = points + rng.normal(0.0, rng.uniform(0.008, 0.028), points.shape)
    return moved


def _add_accidents(lines: list[Points], rng: np.random.Generator) -> list[Points]:
    """The lines, rarely with an accident: a hook or an overshoot at an end, a part traced twice, or a gap."""
    result: list[Points] = []
    for line in lines:
        chances = rng.random(6).tolist()
        if len(line) > 2:
            if chances[0] < 0.12:
                line = np.concatenate([_point_beyond(line[1], line[0], rng), line])
            if chances[1] < 0.12:
                line = np.concatenate([line, _point_beyond(line[-2], line[-1], rng)])
            if chances[2] < 0.04:  # trace a part twice
                start = int(chances[3] * (len(line) - 2))
                again = line[start : start + 2 + int(chances[4] * len(line) / 2)]
                result.append(again + rng.normal(0.0, 0.02, 2))
            if chances[5] < 0.04 and len(line) > 6:  # leave a gap
                result += _with_gap(line, rng)
                continue
        result.append(line)
    return result


def _point_beyond(before: Points, end: Points, rng: np.random.Generator) -> Points:
    """A point, (1, 2), that continues a line beyond its end. `before` and `end` are the last two points of the line.

    In half of the cases the line continues roughly straight, as an overshoot; otherwise it turns back, as a hook.
    """
    step = end - before
    length = 0.03 + 0.05 * rng.random()
    angle = (rng.random() - 0.5) * 0.6 if rng.random() < 0.5 else math.pi * (0.5 + rng.random())
    step = step * (length / (math.hypot(step[0], step[1]) + 1e-9))
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[end[0] + cos * step[0] - sin * step[1], end[1] + sin * step[0] + cos * step[1]]])


def _with_gap(line: Points, rng: np.random.Generator) -> list[Points]:
    """The two parts of a line that has a short gap at a random place."""
    lengths = np.hypot(*(line[1:] - line[:-1]).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    start = along[-1] * (0.15 + 0.6 * rng.random())
    end = start + 0.1 + 0.1 * rng.random()
    ends = np.stack([np.interp([start, end], along, line[:, axis]) for axis in (0, 1)], axis=1)
    return [np.concatenate([line[along < start], ends[:1]]), np.concatenate([ends[1:], line[along > end]])]


def _place(lines: list[Points], rng: np.random.Generator) -> Lines:
    """The lines at a random size and place on the canvas.

    In half of the drawings, all points are rounded to whole pixels, as a mouse reports them. In a few, they are first
    rounded to a coarse grid, as a device with a low resolution reports them.
    """
    points = np.concatenate(lines)
    low, high = points.min(axis=0), points.max(axis=0)
    points = (points - low) / float((high - low).max())
    if rng.random() < COARSE:
        steps = int(rng.integers(*GRID))
        points = np.rint(points * steps) / steps
    size = 50 + 200 * rng.random()
    points = points * size + rng.random(2) * (CANVAS - points.max(axis=0) * size)
    if rng.random() < 0.5:
        points = np.rint(points)
    flat = iter(map(tuple, points.tolist()))
    return [[next(flat) for _ in line] for line in lines]

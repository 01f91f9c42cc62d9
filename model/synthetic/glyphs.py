"""Invented characters, built from elements of real writing systems: strokes that join and cross.

Each public function returns a random character as a skeleton (`model.synthetic.skeleton`). By chance, some of these
characters look like a digit.
"""

import math

import numpy as np
from numpy.typing import NDArray

from model.synthetic.skeleton import Piece, Skeleton, Stroke, arc

Points = NDArray[np.float64]

_STROKE_COUNTS = (0.3, 0.36, 0.24, 0.1)  # probabilities of one, two, three, four strokes
_STEP = math.radians(30)  # largest change of direction at a point of a curve


def glyph(rng: np.random.Generator) -> Skeleton:
    """A character of one to four strokes, which join, cross or stand apart.

    The strokes consist of straight lines, curves, hooks and loops, with corners between some of them.
    """
    strokes: list[list[Points]] = []
    count = int(rng.choice(len(_STROKE_COUNTS), p=_STROKE_COUNTS)) + 1
    for _ in range(count):
        pieces = _stroke(int(rng.integers(3, 6) if count == 1 else rng.integers(1, 4)), rng)
        if strokes:
            pieces = _attach(pieces, strokes, rng)
        strokes.append(pieces)
    return [[list(map(tuple, piece.tolist())) for piece in pieces] for pieces in strokes]


def _stroke(elements: int, rng: np.random.Generator) -> list[Points]:
    """The pieces of a random stroke, which consists of straight lines, curves, hooks and loops.

    `elements` is the number of these lines, curves, hooks and loops. Between two of them there is a corner with a
    probability of 45 %. Most strokes start in a horizontal, vertical or diagonal direction, as in most scripts.
    """
    heading = rng.choice((0.0, 0.5, 0.5, 0.75, 0.25, -0.25)) * math.pi
    heading += rng.normal(0.0, 0.12) if rng.random() < 0.8 else rng.uniform(0, 2 * math.pi)
    at = np.zeros(2)
    pieces = [[at]]
    for i in range(elements):
        kind = rng.random()
        if i and kind < 0.45:
            heading += rng.choice((-1, 1)) * rng.uniform(0.9, 2.6)
            pieces.append([])
        kind = rng.random()
        if kind < 0.4:
            turn, length = rng.normal(0.0, 0.1), rng.uniform(0.3, 1.0)
        elif kind < 0.65:
            turn, length = rng.choice((-1, 1)) * rng.uniform(0.5, 1.9), rng.uniform(0.4, 1.1)
        elif kind < 0.9:
            turn, length = rng.choice((-1, 1)) * rng.uniform(2.2, 4.2), rng.uniform(0.5, 1.3)
        else:
            turn, length = rng.choice((-1, 1)) * rng.uniform(5.2, 7.0), rng.uniform(0.5, 1.1)
        steps = max(1, math.ceil(abs(turn) / _STEP))
        for _ in range(steps):
            heading += turn / steps
            at = at + length / steps * np.array([math.cos(heading), math.sin(heading)])
            pieces[-1].append(at)
    return [np.array(piece) for piece in pieces if piece]


def _attach(pieces: list[Points], strokes: list[list[Points]], rng: np.random.Generator) -> list[Points]:
    """The pieces of a stroke, moved so that the stroke starts at an earlier stroke, crosses it or stands near it."""
    other = np.concatenate(strokes[int(rng.integers(len(strokes)))])
    own = np.concatenate(pieces)
    place, kind = other[int(rng.integers(len(other)))], rng.random()
    if kind < 0.3:  # starts at an end of the other stroke
        shift = other[rng.choice((0, -1))] - own[0]
    elif kind < 0.55:  # starts anywhere on the other stroke
        shift = place - own[0]
    elif kind < 0.8:  # has its middle on the other stroke
        shift = place - own[len(own) // 2]
    else:
        low, high = other.min(axis=0), other.max(axis=0)
        shift = rng.uniform(low - 0.3, high + 0.3) - own.mean(axis=0)
    return [piece + shift for piece in pieces]


def curls(rng: np.random.Generator) -> Skeleton:
    """A row of two to five arches, bowls and loops in one stroke, as in scripts once written on palm leaves.

    Some characters have a short mark above or below this stroke.
    """
    points: Piece = []
    x = 0.0
    for _ in range(int(rng.integers(2, 6))):
        wide, high, low = rng.uniform(0.2, 0.55), rng.uniform(0.0, 0.25), rng.uniform(0.75, 1.0)
        kind = rng.random()
        if kind < 0.4:  # an arch
            points += [(x, low), (x + 0.1 * wide, 0.5), (x + wide / 2, high), (x + 0.9 * wide, 0.5), (x + wide, low)]
        elif kind < 0.7:  # a bowl
            points += [(x, high), (x + 0.1 * wide, 0.5), (x + wide / 2, low), (x + 0.9 * wide, 0.5), (x + wide, high)]
        else:  # a loop
            y, size = rng.uniform(0.25, 0.75), rng.uniform(0.12, 0.3)
            points += arc(x + wide / 2, y, wide / 2, size, 180, 180 + rng.choice((-1, 1)) * rng.uniform(360, 540))
        x += wide * rng.uniform(0.8, 1.2)
    stroke: Stroke = [points]
    if rng.random() < 0.3:  # a mark above or below the stroke
        y = rng.choice((-0.25, 1.2))
        return [stroke, [[(x / 2, y), (x / 2 + rng.uniform(0.02, 0.3), y + rng.normal(0, 0.03))]]]
    return [stroke]


def dots(rng: np.random.Generator) -> Skeleton:
    """Three to six dots on a grid of three rows, sometimes with a line to the right of the dots or below them."""
    places = [(0.5 * column, 0.5 * row) for row in range(3) for column in range(2)]
    chosen = rng.permutation(len(places))[: int(rng.integers(3, 7))]
    strokes: Skeleton = [[[places[i], (places[i][0] + 0.01, places[i][1] + 0.01)]] for i in chosen]
    if rng.random() < 0.4:
        strokes.append([[(0.8, 0.0), (0.8, 1.0)]] if rng.random() < 0.5 else [[(-0.2, 1.2), (0.8, 1.2)]])
    return strokes


def character(rng: np.random.Generator) -> Skeleton:
    """Three to six simple strokes. Each starts at a random place or at either end of an earlier stroke."""
    strokes: Skeleton = []
    for _ in range(int(rng.integers(3, 7))):
        stroke = _simple_stroke(rng)
        at = rng.random(2)
        if strokes and rng.random() < 0.6:
            other = strokes[int(rng.random() * len(strokes))]
            at = np.array(other[0][0] if rng.random() < 0.5 else other[-1][-1])
        x0, y0 = stroke[0][0]
        strokes.append([[(x - x0 + at[0], y - y0 + at[1]) for x, y in piece] for piece in stroke])
    return strokes


def _simple_stroke(rng: np.random.Generator) -> Stroke:
    """A straight line, an angle, an arc, a small ring or a curve with one or two bends."""
    kind, size = int(rng.integers(0, 10)), rng.uniform(0.25, 1.0)
    angle = rng.choice([0.0, math.pi / 2, rng.uniform(0, 2 * math.pi)]) * rng.choice([-1, 1])
    dx, dy = size * math.cos(angle), size * math.sin(angle)
    if kind < 4:
        return [[(0.0, 0.0), (dx, dy)]]
    if kind < 6:
        bend, length = angle + rng.uniform(0.4, 2.4), rng.uniform(0.2, 0.8)
        return [[(0.0, 0.0), (dx, dy)], [(dx + length * math.cos(bend), dy + length * math.sin(bend))]]
    if kind < 8:
        start = rng.uniform(0, 360)
        return [
            arc(
                0,
                0,
                size / 2,
                size / 2 * rng.uniform(0.5, 1.2),
                start,
                start + rng.choice([-1, 1]) * rng.uniform(80, 250),
            )
        ]
    if kind == 8:
        return [arc(0, 0, size / 4, size / 4, 270, -90)]
    side = rng.uniform(-0.3, 0.3, 2)
    return [
        [
            (0.0, 0.0),
            (dx / 3 - dy * side[0], dy / 3 + dx * side[0]),
            (dx * 2 / 3 - dy * side[1], dy * 2 / 3 + dx * side[1]),
            (dx, dy),
        ]
    ]


def cursive(rng: np.random.Generator) -> Skeleton:
    """One or two long strokes that curve to the left and to the right in random order, like joined-up writing."""
    strokes: Skeleton = []
    for _ in range(1 if rng.random() < 0.5 else 2):
        count, side = int(rng.integers(9, 16)), rng.choice([-1.0, 1.0])
        sides = side * np.where(rng.random(count) < 0.2, -1, 1).cumprod()
        angles = rng.uniform(0, 2 * math.pi) + np.cumsum(sides * rng.uniform(0.2, 0.9, count))
        steps = np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(0.5, 1.3, (count, 1))
        points = np.cumsum(steps, axis=0)
        points = (points - points.min(axis=0)) / np.ptp(points, axis=0).max()
        strokes.append([list(map(tuple, (points + 0.6 * rng.random(2)).tolist()))])
    return strokes

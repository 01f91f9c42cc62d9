"""Synthetic images that are not digits, for training the in-distribution score.

Most images are drawings: letters, signs and small drawings (`characters.symbols`), characters of other scripts
(`characters.scripts`), some of which resemble digits (`characters.lookalikes`), invented characters (`glyphs`),
scribbles and lines. They are deformed and rasterised like the digits of `handwriting`. The other images are altered
MNIST digits (mirrored, rotated, patched, overlapping or side by side), dots, blots and
noise. The same seed and the same digits give the same images, byte for byte.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.layers import SIDE
from model.preprocess.fit import fit
from model.preprocess.ink import Ink
from model.preprocess.pipeline import RawDrawing, preprocess_all
from model.synthetic import glyphs
from model.synthetic.characters.lookalikes import EAST_ASIAN, OTHERS, SEMITIC
from model.synthetic.characters.scripts import SCRIPTS
from model.synthetic.characters.symbols import DRAWINGS, LETTERS, SIGNS, skeletons
from model.synthetic.devices import BATCH, UPLOAD, Lines, boxed_images, small_bitmaps, uploads, with_random_pen
from model.synthetic.digits import STYLES
from model.synthetic.handwriting import strokes
from model.synthetic.skeleton import Skeleton, Style, mirrored

Grey = NDArray[np.uint8]
Labels = NDArray[np.int64]

_UPLOADED = (0.3, 0.12, 0.08)  # shares of the drawings that are smooth images, small bitmaps and boxed images
_MIRRORED = (2, 3, 4, 5, 6, 7, 9)  # digits whose mirror image is not a digit
_ROTATED = (2, 3, 4, 5, 7)  # digits that are not a digit after a quarter turn
_TOPPED = (0, 2, 3, 6, 8, 9)  # digits that are not a digit with a bar above them


def images(count: int, seed: int, digits: Grey, labels: Labels) -> Grey:
    """`count` images that are not digits, uint8 (count, 28, 28), grouped by kind.

    Some of them are altered digits, made from the images `digits`, uint8 (n, 28, 28). `labels`, int64 (n,), are the
    labels of these images.
    """
    return np.concatenate([np.zeros((0, SIDE, SIDE), np.uint8), *batches(count, seed, digits, labels)])


def batches(count: int, seed: int, digits: Grey, labels: Labels) -> Iterator[Grey]:
    """The images of `images`, some at a time: drawings in batches, and all altered digits of one kind together."""
    rng = np.random.default_rng(seed)
    total = sum(share for share, _ in DRAWN) + sum(share for share, _ in ALTERED)
    left = count  # the rounded shares may add up to more or less than `count`
    for share, generator in DRAWN:
        for batch in _draw(round(count * share / total), generator, rng):
            yield batch[:left]
            left -= len(batch[:left])
    for share, alter in ALTERED:
        batch = fitted(alter(round(count * share / total), rng, digits, labels))
        yield batch[:left]
        left -= len(batch[:left])
    yield from _draw(left, DRAWN[0][1], rng)


def fitted(images: Sequence[Grey] | Grey) -> Grey:
    """The images, of any size up to 28×28, scaled and centred as the service does: uint8 (n, 28, 28)."""
    result = []
    for start in range(0, len(images), BATCH):
        inks = [Ink(image, image, "pixels") for image in images[start : start + BATCH]]
        result += [fit(ink).image for ink in inks]
    return np.stack(result) if result else np.zeros((0, SIDE, SIDE), np.uint8)


# ---------------------------------------------------------------- drawings


def _draw(count: int, generator: "Generator", rng: np.random.Generator) -> Iterator[Grey]:
    """Images of `count` drawings, BATCH at a time, uint8 (BATCH, 28, 28). `generator` makes their skeletons.

    Half of the drawings are preprocessed like uploaded images, whose lines may be unusually thin or thick.
    """
    for start in range(0, count, BATCH):
        batch = [_write(generator(rng), rng) for _ in range(min(BATCH, count - start))]
        smooth, small, boxed = np.cumsum([round(share * len(batch)) for share in _UPLOADED]).tolist()
        drawings: list[RawDrawing] = [
            *_random_uploads(batch[:smooth], rng),
            *small_bitmaps(batch[smooth:small], rng),
            *boxed_images(batch[small:boxed], rng),
            *(with_random_pen(lines, rng) for lines in batch[boxed:]),
        ]
        yield np.stack([preprocessed.image for preprocessed in preprocess_all(drawings)])


def _write(skeleton: Skeleton, rng: np.random.Generator) -> Lines:
    return strokes(0, rng, Style("", 1.0, lambda _: skeleton, turn=15.0))


def _random_uploads(batch: list[Lines], rng: np.random.Generator) -> list[Ink]:
    """Drawings as uploaded images in random sizes. After the fit, their strokes are 1.2 to 6.4 px wide."""
    places = []
    for _ in batch:
        width, side = rng.uniform(1.2, 6.4), UPLOAD * rng.uniform(0.3, 0.9)
        places.append((width, side, 4 * rng.random(), 4 * rng.random()))
    return uploads(batch, places)


Generator = Callable[[np.random.Generator], Skeleton]


def _sign(table: str, rng: np.random.Generator) -> Skeleton:
    """A random sign from `table`. Rarely, two of its signs are side by side, or the sign is mirrored.

    Letters and characters of other scripts are never mirrored.
    """
    chosen = _random_sign(table, rng)
    chance = rng.random()
    if chance < 0.08:
        return _beside(chosen, _random_sign(table, rng), rng)
    if chance < 0.14 and table in (SIGNS, DRAWINGS):
        return mirrored(chosen)
    return chosen


def _random_sign(table: str, rng: np.random.Generator) -> Skeleton:
    signs = skeletons(table)
    return signs[int(rng.random() * len(signs))]


def _beside(left: Skeleton, right: Skeleton, rng: np.random.Generator) -> Skeleton:
    """A skeleton that contains two skeletons side by side."""
    ends = [[x for stroke in skeleton for piece in stroke for x, _ in piece] for skeleton in (left, right)]
    shift = max(ends[0]) - min(ends[1]) + rng.uniform(0.05, 0.4)
    return left + [[[(x + shift, y) for x, y in piece] for piece in stroke] for stroke in right]


def _scribble(rng: np.random.Generator) -> Skeleton:
    """A long random line: a tangle, a zigzag or a spiral."""
    kind, count = rng.random(), int(rng.integers(8, 45))
    if kind < 0.4:
        steps = np.cumsum(rng.normal(0, 0.3, (count, 2)), axis=0)
        points = 0.5 + 0.5 * np.tanh(steps - steps.mean(axis=0))
    elif kind < 0.55:
        points = rng.random((count, 2))
    elif kind < 0.8:
        there = np.linspace(0, 1, count)
        points = np.stack(
            [there * rng.uniform(0.3, 1.2), np.where(np.arange(count) % 2, 0.0, rng.uniform(0.3, 1.0))], axis=1
        )
        points += rng.normal(0, 0.04, points.shape)
        turn = rng.uniform(0, math.pi)
        points = points @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    else:
        turns = np.linspace(0, 2 * math.pi * rng.uniform(2.2, 5), 8 * int(rng.integers(3, 6)))
        radius = np.linspace(rng.uniform(0.0, 0.5), 0.5, len(turns)) + rng.normal(0, 0.02, len(turns))
        drift = np.linspace(0, rng.uniform(0, 1.5), len(turns))
        points = np.stack([radius * np.cos(turns) + drift, radius * np.sin(turns) * rng.uniform(0.6, 1.2)], axis=1)
    return [[list(map(tuple, points.tolist()))]]


def _line(rng: np.random.Generator) -> Skeleton:
    """One to four parallel lines, at most 40° from the horizontal, so that none looks like a 1."""
    lines: Skeleton = []
    angle = math.radians(rng.uniform(-40, 40) if rng.random() < 0.5 else rng.normal(0, 6))
    for i in range(1 if rng.random() < 0.6 else int(rng.integers(2, 5))):
        dx, dy = math.cos(angle), math.sin(angle)
        x, y, bend = -dy * i * 0.35, dx * i * 0.35, rng.normal(0, 0.05)
        lines.append([[(x, y), (x + dx / 2 - dy * bend, y + dy / 2 + dx * bend), (x + dx, y + dy)]])
    return lines


def _rotated_sign(rng: np.random.Generator) -> Skeleton:
    """A sign or a small drawing, rotated by a random angle."""
    chosen = _random_sign(rng.choice([SIGNS, DRAWINGS]), rng)
    turn = rng.uniform(0, 2 * math.pi)
    cos, sin = math.cos(turn), math.sin(turn)
    return [[[(cos * x - sin * y, sin * x + cos * y) for x, y in piece] for piece in stroke] for stroke in chosen]


def _topped_digit(rng: np.random.Generator) -> Skeleton:
    """A digit with one or two horizontal bars above it, as in some alphabets."""
    styles = STYLES[int(rng.choice(_TOPPED))]
    digit = styles[int(rng.random() * len(styles))].skeleton(rng.uniform)
    left, right = rng.uniform(-0.45, -0.2), rng.uniform(0.2, 0.45)
    heights = -np.cumsum(rng.uniform(0.12, 0.3, 1 if rng.random() < 0.75 else 2))
    return [*digit, *([[(left, y), (right, y + rng.normal(0.0, 0.03))]] for y in heights.tolist())]


DRAWN: tuple[tuple[float, Generator], ...] = (
    (30, partial(_sign, LETTERS)),
    (14, partial(_sign, SIGNS)),
    (9, partial(_sign, DRAWINGS)),
    (5, _rotated_sign),
    (56, partial(_sign, SCRIPTS)),
    (14, glyphs.glyph),
    (18, glyphs.character),
    (7, glyphs.cursive),
    (8, glyphs.curls),
    (3, glyphs.dots),
    (6, _scribble),
    (3, _line),
    (4, _topped_digit),
    (3, partial(_sign, SEMITIC)),
    (3, partial(_sign, EAST_ASIAN)),
    (2, partial(_sign, OTHERS)),
)


# ---------------------------------------------------------------- altered digits and noise


def _pairs(count: int, rng: np.random.Generator, digits: Grey, _labels: Labels) -> list[Grey]:
    """Images of two or three digits side by side, or rarely one above another."""
    result = []
    for _ in range(count):
        chosen = [_cropped(digits[i]) for i in rng.integers(0, len(digits), 2 if rng.random() < 0.75 else 3)]
        gap, upright = int(rng.integers(1, 7)), rng.random() < 0.12
        if upright:
            chosen = [np.ascontiguousarray(each.T) for each in chosen]
        height = max(len(each) for each in chosen)
        row = []
        for each in chosen:
            top = int(rng.integers(0, height - len(each) + 1))
            row.append(np.pad(each, ((top, height - len(each) - top), (0, gap))))
        result.append(_shrunk(np.hstack(row).T if upright else np.hstack(row)))
    return result


def _shrunk(image: Grey) -> Grey:
    """The image scaled to 28×28 px and centred, as the service does with an uploaded image."""
    return fit(Ink(image, image, "image")).image


def _cropped(image: Grey) -> Grey:
    """The part of the image inside the bounding box of its ink."""
    rows, columns = (np.flatnonzero(image.max(axis=axis)) for axis in (1, 0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _mirrored_or_rotated(count: int, rng: np.random.Generator, digits: Grey, labels: Labels) -> Grey:
    """Images of digits: half of them are mirrored, and the other half are rotated by a quarter turn."""
    half = count // 2
    mirrored = rng.choice(np.flatnonzero(np.isin(labels, _MIRRORED)), half)
    rotated = rng.choice(np.flatnonzero(np.isin(labels, _ROTATED)), count - half)
    quarter = digits[rotated].transpose(0, 2, 1)
    quarter = np.where(rng.random((len(quarter), 1, 1)) < 0.5, quarter[:, ::-1], quarter[:, :, ::-1])
    return np.concatenate([digits[mirrored][:, :, ::-1], quarter])


def _patched(count: int, rng: np.random.Generator, digits: Grey, _labels: Labels) -> Grey:
    """Images whose four quarters come from four random digits. Every digit is rotated by half a turn."""
    result = np.empty((count, SIDE, SIDE), np.uint8)
    middle = SIDE // 2
    for rows in (slice(0, middle), slice(middle, SIDE)):
        for columns in (slice(0, middle), slice(middle, SIDE)):
            turned = digits[rng.integers(0, len(digits), count)][:, ::-1, ::-1]
            result[:, rows, columns] = turned[:, rows, columns]
    return result


def _overlaid(count: int, rng: np.random.Generator, digits: Grey, labels: Labels) -> Grey:
    """Images of two digits on top of each other. In half of them, the second is rotated by a quarter turn.

    A 1 is never used, because the other digit would hide it.
    """
    some = np.flatnonzero(labels != 1)
    a, b = rng.choice(some, (2, count))
    b = np.where(labels[a] == labels[b], np.roll(b, 1), b)
    turned = np.rot90(digits[b], axes=(1, 2))
    result: Grey = np.maximum(digits[a], np.where(rng.random((count, 1, 1)) < 0.5, turned, digits[b]))
    return result


def _blots(count: int, rng: np.random.Generator, _digits: Grey, _labels: Labels) -> list[Grey]:
    """Images of dots, blots, filled rectangles and noise."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    image: NDArray[np.floating[Any]]
    result = []
    for _ in range(count):
        kind = rng.random()
        if kind < 0.4:  # one to three dots
            image = np.zeros((SIDE, SIDE))
            for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
                y, x = rng.uniform(5, 23, 2)
                away = np.hypot(rows - y, (columns - x) * rng.uniform(0.7, 1.4))
                image = np.maximum(image, np.clip(rng.uniform(0.8, 5.0) + 0.5 - away, 0, 1))
        elif kind < 0.65:  # a filled rectangle
            image = np.zeros((SIDE, SIDE))
            high = int(rng.integers(6, 29))
            grey = rng.uniform(0.5, 1)
            width = int(rng.integers(max(8, round(0.6 * high)), 29))  # wide enough not to look like a 1
            image[:high, :width] = grey
        elif kind < 0.8:  # noise, fine or coarse
            size = int(rng.choice([28, 14, 7, 4]))
            noise = rng.random((size, size)) < rng.uniform(0.1, 0.9)
            image = np.kron(noise, np.ones((SIDE // size, SIDE // size)))
        elif kind < 0.9:
            image = rng.random((SIDE, SIDE)) * rng.uniform(0.3, 1)
        else:  # an irregular blot
            waves = rng.normal(0, 1, 4)
            angle = np.arctan2(rows - 13.5, columns - 13.5)
            edge = 8 + 1.5 * sum(w * np.sin((i + 1) * angle + w) for i, w in enumerate(waves))
            image = np.clip(edge - np.hypot(rows - 13.5, columns - 13.5), 0, 1)
        result.append((image * 255).astype(np.uint8))
    return result


Alteration = Callable[[int, np.random.Generator, Grey, Labels], Sequence[Grey] | Grey]

ALTERED: tuple[tuple[float, Alteration], ...] = (
    (6, _pairs),
    (5, _mirrored_or_rotated),
    (3, _patched),
    (3, _overlaid),
    (3, _blots),
)

"""The many ways people write a digit, as a handful of points for each stroke.

A skeleton is a list of strokes, a stroke a list of pieces, a piece a list of points that a smooth curve is laid
through. A piece begins where the one before it ended, and the pen turns a corner there. x points right and y down; a
digit is about 1 high and 0.4 to 0.8 wide. `u(low, high)` draws a number evenly from a range: no two are alike.

They are written from what is taught at schools and done in haste, not traced from any collection of drawings.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

Draw = Callable[[float, float], float]
Piece = list[tuple[float, float]]
Stroke = list[Piece]
Skeleton = list[Stroke]


@dataclass(frozen=True, slots=True)
class Style:
    """One way of writing a digit.

    `share` is how often it is drawn, next to the other styles of its digit; `slant` the angles in degrees that it may
    lean to the right by, `turn` how far it may be turned, and `wobble` how far the hand may stray next to the usual,
    before somebody would read another digit.
    """

    name: str
    share: float
    skeleton: Callable[[Draw], Skeleton]
    slant: tuple[float, float] = (-25.0, 30.0)
    turn: float = 12.0
    wobble: float = 1.0


def arc(x: float, y: float, across: float, down: float, start: float, end: float, swell: float = 1.0) -> Piece:
    """Points along an ellipse around (x, y), at most 45° apart; angles in degrees, 0 right, 90 down, 270 up.

    So rising angles run clockwise on the screen. `swell` is what the radius has grown to at the end.
    """
    steps = max(1, math.ceil(abs(end - start) / 45 - 1e-6))
    points = []
    for i in range(steps + 1):
        angle = math.radians(start + (end - start) * i / steps)
        radius = 1 + (swell - 1) * i / steps
        points.append((x + across * radius * math.cos(angle), y + down * radius * math.sin(angle)))
    return points


def mirrored(skeleton: Skeleton) -> Skeleton:
    """The same, left and right exchanged."""
    return [[[(-x, y) for x, y in piece] for piece in stroke] for stroke in skeleton]


# ---------------------------------------------------------------- 0


def _ring(u: Draw, width: float, over: float) -> Stroke:
    """Once around, from somewhere near the top, `over` degrees further than the start; either way round."""
    start = u(225, 320)
    swell = u(0.9, 1.12)
    if u(0, 1) < 0.75:
        return [arc(0, 0.5, width, 0.5, start, start - 360 - over, swell)]
    return [arc(0, 0.5, width, 0.5, start, start + 360 + over, swell)]


def _zero(u: Draw) -> Skeleton:
    return [_ring(u, u(0.2, 0.44), u(-8, 10))]


def _zero_open(u: Draw) -> Skeleton:
    return [_ring(u, u(0.24, 0.44), u(-38, -12))]


def _zero_overlapping(u: Draw) -> Skeleton:
    return [_ring(u, u(0.22, 0.44), u(15, 70))]


def _zero_with_tail(u: Draw) -> Skeleton:
    width = u(0.24, 0.42)
    return [[[(width * u(0.5, 0.9), u(-0.06, 0.03)), *arc(0, 0.5, width, 0.5, 265, -100, u(0.95, 1.05))]]]


def _zero_of_two_halves(u: Draw) -> Skeleton:
    width, gap = u(0.22, 0.4), u(-0.04, 0.04)
    left = [arc(-gap, 0.5, width, 0.5, u(265, 290), 90 - u(-15, 12))]
    return [left, [arc(gap, 0.5, width, 0.5, u(255, 280), 450 + u(-12, 15))]]


def _zero_slashed(u: Draw) -> Skeleton:
    width = u(0.26, 0.46)
    across, up = width * u(0.4, 1.25), u(0.3, 0.6)
    slash: Piece = [(-across, 0.5 + up), (across * u(0.8, 1.2), 0.5 - up * u(0.8, 1.2))]
    if u(0, 1) < 0.12:
        slash = [(-x, y) for x, y in slash]
    return [_ring(u, width, u(-5, 20)), [slash]]


def _zero_slashed_in_one_stroke(u: Draw) -> Skeleton:
    width, out = u(0.28, 0.46), u(1.0, 1.4)
    end = (-width * out * u(0.6, 0.9), 0.5 + 0.5 * out * u(0.6, 0.9))
    return [[arc(0, 0.5, width, 0.5, -45, -45 - 360 - u(-5, 10)), [end]]]


def _zero_barred(u: Draw) -> Skeleton:
    width, y = u(0.26, 0.42), u(0.36, 0.6)
    return [_ring(u, width, u(-5, 20)), [[(-width * u(0.7, 1.5), y + u(0, 0.1)), (width * u(0.7, 1.5), y - u(0, 0.1))]]]


def _zero_dotted(u: Draw) -> Skeleton:
    dot = (u(-0.06, 0.06), u(0.42, 0.58))
    short = (dot[0] + u(-0.05, 0.05), dot[1] + u(-0.08, 0.08))
    return [_ring(u, u(0.34, 0.48), u(-5, 20)), [[dot, short]]]


# ---------------------------------------------------------------- 1


def _flag(u: Draw, length: float, rise: float) -> Piece:
    """The up-stroke, a little bent, that rises by so many degrees to the top of the stem at (0, 0)."""
    x, y = -length * math.cos(math.radians(rise)), length * math.sin(math.radians(rise))
    bend = u(-0.1, 0.1) * length
    return [(x, y), (x / 2 + bend * 0.7, y / 2 + bend), (0.0, 0.0)]


def _stem(u: Draw) -> Piece:
    x = u(-0.06, 0.04)
    return [(x / 2 + u(-0.03, 0.03), u(0.45, 0.55)), (x, 1.0)]


def _foot(u: Draw, x: float) -> Stroke:
    width, y = u(0.16, 0.42), 1 + u(-0.04, 0.08)
    return [[(x - width * u(0.7, 1.1), y + u(-0.02, 0.03)), (x + width, y - u(-0.02, 0.03))]]


def _one(u: Draw) -> Skeleton:
    return [[[(u(-0.03, 0.03), 0.0), *_stem(u)]]]


def _one_flagged(u: Draw) -> Skeleton:
    return [[_flag(u, u(0.14, 0.36), u(28, 68)), _stem(u)]]


def _one_with_long_upstroke(u: Draw) -> Skeleton:
    length = u(0.36, 0.62)
    return [[_flag(u, length, u(24, 68)), _stem(u)]]


def _one_german(u: Draw) -> Skeleton:
    return [[_flag(u, u(0.6, 1.0), u(38, 68)), _stem(u)]]


def _one_with_wide_flag(u: Draw) -> Skeleton:
    return [[_flag(u, u(0.4, 0.6), u(19, 32)), _stem(u)]]


def _one_hooked(u: Draw) -> Skeleton:
    """The up-stroke goes over into the stem in a bow."""
    length = u(0.2, 0.4)
    return [[[(-length, length * u(0.7, 1.1)), (-0.06, u(0.05, 0.1)), (0.0, 0.0), (0.02, 0.12), *_stem(u)]]]


def _one_footed(u: Draw) -> Skeleton:
    stem = _stem(u)
    if u(0, 1) < 0.25:
        hook = arc(-0.14, 0.16, 0.14, 0.16, u(150, 190), 330)
        return [[[*hook, (0.02, 0.3), *stem]], _foot(u, stem[-1][0])]
    return [[_flag(u, u(0.14, 0.5), u(30, 68)), stem], _foot(u, stem[-1][0])]


def _one_footed_without_flag(u: Draw) -> Skeleton:
    stem = _stem(u)
    return [[[(0.0, 0.0), *stem]], _foot(u, stem[-1][0])]


def _one_footed_in_one_stroke(u: Draw) -> Skeleton:
    stem = _stem(u)
    left, right = _foot(u, stem[-1][0])[0]
    return [[_flag(u, u(0.14, 0.5), u(32, 68)), stem, [left], [right]]]


def _one_with_serifs(u: Draw) -> Skeleton:
    stem = _stem(u)
    width = u(0.1, 0.2)
    return [[[(0.0, 0.0), *stem]], [[(-width, u(0.0, 0.08)), (width * u(0, 1), -0.01)]], _foot(u, stem[-1][0])]


# ---------------------------------------------------------------- 2


def _two_top(u: Draw, start: float) -> Piece:
    """The bow from its left end over the top to where it runs down to the left."""
    return arc(0, 0.26, u(0.22, 0.36), u(0.22, 0.3), start, u(375, 400))


def _two(u: Draw) -> Skeleton:
    width = u(0.24, 0.4)
    return [[[*_two_top(u, u(185, 225)), (-width * u(0.1, 0.35), 0.72), (-width, 1.0)], [(width, 1 + u(-0.06, 0.04))]]]


def _two_curled(u: Draw) -> Skeleton:
    width = u(0.24, 0.4)
    top = _two_top(u, u(140, 180))
    return [[[*top, (-width * u(0.1, 0.3), 0.74), (-width, 1.0)], [(width, 1 + u(-0.06, 0.04))]]]


def _two_looped(u: Draw) -> Skeleton:
    width, size = u(0.28, 0.4), u(0.7, 1.4)
    x, y = -width, 0.93
    loop: Piece = [
        (x + 0.06 * size, y + 0.05 * size),
        (x - 0.05 * size, y),
        (x + 0.01 * size, y - 0.12 * size),
        (x + 0.16 * size, y - 0.08 * size),
        (x + width, y + u(0.0, 0.04)),
        (width, 1 + u(-0.08, 0.04)),
    ]
    return [[[*_two_top(u, u(150, 225)), (-width * u(0.1, 0.3), 0.7), *loop]]]


def _two_swan(u: Draw) -> Skeleton:
    """The diagonal runs into the base in a bow."""
    width = u(0.26, 0.4)
    base: Piece = [(-width, 0.9), (-width * 0.6, 1.0), (0.0, 0.97), (width, u(0.88, 1.0))]
    return [[[*_two_top(u, u(180, 225)), (-width * u(0.1, 0.3), 0.66), *base]]]


def _two_slim(u: Draw) -> Skeleton:
    """A small hook, a nearly upright stem, a base to the right of it only."""
    hook, left = u(0.1, 0.2), -u(0.06, 0.2)
    top = arc(0, hook, hook, hook, u(180, 215), u(360, 385))
    return [[[*top, ((hook + left) / 2, 0.6), (left, 1.0)], [(left + u(0.34, 0.55), 1 + u(-0.06, 0.04))]]]


def _two_z(u: Draw) -> Skeleton:
    width, top = u(0.26, 0.4), u(-0.06, 0.02)
    bar: Piece = [(-width * u(0.8, 1.1), u(0.0, 0.1)), (0.0, top), (width * u(0.8, 1.0), u(0, 0.06))]
    return [[bar, [(-width * u(0.8, 1.1), 1.0)], [(width * u(0.8, 1.2), 1 + u(-0.05, 0.04))]]]


# ---------------------------------------------------------------- 3


def _three_bottom(u: Draw, start: float) -> Piece:
    return arc(u(-0.04, 0.02), 0.73, u(0.24, 0.36), 0.27, start, u(485, 540))


def _three(u: Draw) -> Skeleton:
    top = arc(0, 0.25, u(0.2, 0.33), 0.25, u(190, 230), u(445, 480))
    return [[top, _three_bottom(u, u(285, 305))]]


def _three_curled(u: Draw) -> Skeleton:
    top = arc(0, 0.24, u(0.22, 0.32), 0.24, u(165, 195), u(440, 465))
    return [[top, arc(0, 0.73, u(0.26, 0.36), 0.27, u(290, 305), u(530, 560), u(0.9, 1.05))]]


def _three_flat(u: Draw) -> Skeleton:
    """A bar on top, then slanting back to the middle."""
    width = u(0.22, 0.34)
    bar: Piece = [(-width, u(-0.03, 0.04)), (width * u(0.8, 1.0), 0.0)]
    return [[bar, [(u(-0.12, 0.04), u(0.36, 0.46))], arc(-0.02, 0.7, u(0.26, 0.36), 0.3, u(285, 300), u(490, 535))]]


def _three_looped(u: Draw) -> Skeleton:
    size = u(0.7, 1.3)
    top = arc(0, 0.25, u(0.22, 0.32), 0.25, u(190, 230), 400)
    loop: Piece = [(-0.02, 0.5), (-0.11 * size, 0.5), (-0.11 * size, 0.5 - 0.09 * size), (0.0, 0.46)]
    return [[[*top, *loop, *_three_bottom(u, 320)]]]


def _three_shallow(u: Draw) -> Skeleton:
    """Without a corner at the waist."""
    width = u(0.24, 0.34)
    top = arc(0, 0.25, width, 0.25, u(190, 230), 405)
    return [[[*top, (width * u(0.1, 0.3), 0.49), *arc(0, 0.74, width * u(1, 1.2), 0.26, 320, u(490, 530))]]]


def _three_angular(u: Draw) -> Skeleton:
    width = u(0.24, 0.34)
    bottom: Stroke = [[(width * u(0.8, 1.2), u(0.66, 0.76))], [(-width, 1.0)]]
    return [[[(-width, u(0, 0.1)), (width, u(0.12, 0.26))], [(u(-0.12, 0.05), u(0.44, 0.52))], *bottom]]


# ---------------------------------------------------------------- 4


def _down(x: float, top: float, u: Draw) -> Piece:
    return [(x, top), (x + u(-0.06, 0.03), 1.0)]


def _four_open(u: Draw) -> Skeleton:
    x, bar, left = u(0.06, 0.22), u(0.5, 0.8), -u(0.24, 0.38)
    corner = [[(u(-0.26, -0.1), 0.0), (left, bar)], [(x + u(0.06, 0.24), bar + u(-0.05, 0.03))]]
    return [corner, [_down(x, u(0.0, 0.65) * bar, u)]]


def _four_cup(u: Draw) -> Skeleton:
    """The left half is a cup, open at the top."""
    x, depth = u(0.14, 0.28), u(0.46, 0.6)
    cup: Piece = [(-u(0.14, 0.32), 0.0), (-0.3, 0.6 * depth), (-0.14, depth), (x * 0.5, depth - u(0, 0.04))]
    return [[[*cup, (x + u(0.0, 0.12), depth - u(0.0, 0.1))]], [_down(x, u(-0.02, 0.14), u)]]


def _four_cup_in_one_stroke(u: Draw) -> Skeleton:
    x, depth = u(0.14, 0.26), u(0.44, 0.58)
    cup: Piece = [(-u(0.24, 0.32), u(0.0, 0.06)), (-0.28, 0.6 * depth), (-0.12, depth), (x * 0.6, 0.8 * depth)]
    return [[[*cup, (x, u(0.0, 0.08))], [(x + u(-0.03, 0.03), 0.5), (x + u(-0.08, 0.02), 1.0)]]]


def _four_closed(u: Draw) -> Skeleton:
    x, bar, left = u(0.02, 0.2), u(0.54, 0.74), -u(0.24, 0.4)
    triangle = [[(x + u(-0.04, 0.02), 0.0), (left, bar)], [(x + u(0.06, 0.24), bar + u(-0.05, 0.04))]]
    return [triangle, [_down(x, u(-0.02, 0.12), u)]]


def _four_closed_in_one_stroke(u: Draw) -> Skeleton:
    """From the right end of the bar to the left, up, and down again."""
    x, bar, left = u(0.04, 0.2), u(0.54, 0.72), -u(0.24, 0.4)
    return [[[(x + u(0.1, 0.28), bar + u(-0.04, 0.04)), (left, bar)], [(x, 0.0)], [(x + u(-0.06, 0.03), 1.0)]]]


def _four_looping(u: Draw) -> Skeleton:
    """Without lifting the pen: down, across, in a loop up to the top of the stem, down."""
    x, bar, left = u(0.04, 0.16), u(0.5, 0.78), -u(0.24, 0.36)
    right, top = x + u(0.1, 0.24), u(0.15, 0.55) * bar
    loop: Piece = [(x, bar - u(-0.02, 0.03)), (right, bar - 0.08), (right, (bar + top) / 2), (x + 0.02, top)]
    stem: Piece = [(x, 0.6), (x - u(0, 0.1), 1.0)]
    start = (u(-0.22, -0.06), 0.0)
    if u(0, 1) < 0.5:
        return [[[start, (left, bar)], loop, stem]]
    return [[[start, (left * 0.9, bar * 0.6), (left, bar - 0.04), (left * 0.6, bar + 0.02), *loop], stem]]


def _four_looping_closed(u: Draw) -> Skeleton:
    x, bar, left = u(0.06, 0.18), u(0.54, 0.68), -u(0.26, 0.38)
    right, top = x + u(0.08, 0.2), u(0.2, 0.36)
    loop: Piece = [(x, bar), (right, bar - 0.08), (right - 0.02, bar - 0.18), (x, top)]
    return [[[(x + u(-0.08, 0.04), 0.0), (left, bar)], loop, [(x - u(-0.02, 0.06), 1.0)]]]


def _four_with_long_bar(u: Draw) -> Skeleton:
    x, bar, left = u(-0.02, 0.12), u(0.52, 0.72), -u(0.24, 0.4)
    start = (u(-0.2, 0.0), 0.0) if u(0, 1) < 0.5 else (x, 0.0)
    return [[[start, (left, bar)], [(x + u(0.26, 0.46), bar + u(-0.06, 0.04))]], [_down(x, u(0, 0.2), u)]]


# ---------------------------------------------------------------- 5


def _belly(u: Draw, start: float) -> Piece:
    return arc(u(-0.05, 0.02), 0.68, u(0.26, 0.36), 0.32, start, u(485, 530))


def _five(u: Draw) -> Skeleton:
    width = u(0.2, 0.32)
    left = -width + u(-0.02, 0.06)
    bar: Piece = [(width * u(0.8, 1.3), u(-0.06, 0.03)), (left, 0.0)]
    return [[bar, [(left - u(-0.02, 0.05), u(0.4, 0.48))], _belly(u, u(245, 260))]]


def _five_with_separate_bar(u: Draw) -> Skeleton:
    width = u(0.2, 0.32)
    left, y = -width + u(-0.02, 0.06), u(-0.13, 0.05)
    body: Stroke = [[(left, u(0, 0.04)), (left - u(-0.02, 0.05), u(0.4, 0.48))], _belly(u, u(245, 260))]
    return [body, [[(left + u(-0.05, 0.14), y + u(-0.02, 0.04)), (width * u(0.9, 1.6), y - u(0, 0.05))]]]


def _five_like_s(u: Draw) -> Skeleton:
    width = u(0.2, 0.3)
    top = arc(0, 0.24, width, 0.24, u(300, 330), 135)
    return [[[*top, (0.0, 0.47), *arc(0, 0.73, width * u(1, 1.25), 0.27, 320, u(490, 525))]]]


def _five_round_shouldered(u: Draw) -> Skeleton:
    """A straight bar that goes over into the belly in a bow, or with one corner."""
    width = u(0.2, 0.3)
    bar: Piece = [(width * u(0.9, 1.3), u(-0.04, 0.04)), (-width * 0.8, 0.0)]
    return [[bar, [(-width, u(0.3, 0.42)), *_belly(u, 265)]]]


def _five_angular(u: Draw) -> Skeleton:
    width = u(0.22, 0.32)
    bar: Piece = [(width, u(-0.05, 0.03)), (-width, 0.0)]
    return [[bar, [(-width, u(0.4, 0.5))], [(width, u(0.42, 0.52))], [(width, u(0.9, 1.0))], [(-width, 1.0)]]]


# ---------------------------------------------------------------- 6


def _six(u: Draw) -> Skeleton:
    across, down = u(0.2, 0.34), u(0.2, 0.3)
    top = u(0.0, 0.28)
    way: Piece = [(top, 0.0), (top * 0.45 - across * 0.45, u(0.26, 0.34)), (-across * 0.95, u(0.54, 0.6))]
    return [[[*way, *arc(0, 1 - down, across, down, 165, u(-190, -150), u(0.85, 1.02))]]]


def _six_curled(u: Draw) -> Skeleton:
    across, down = u(0.22, 0.36), u(0.2, 0.3)
    top = arc(0.04, 0.5, across, 0.5, u(300, 328), 190)
    return [[[*top, *arc(0, 1 - down, across, down, 160, u(-195, -165), u(0.85, 1.02))]]]


def _six_spiral(u: Draw) -> Skeleton:
    """The loop ends inside, or does not close."""
    across, down = u(0.24, 0.36), u(0.24, 0.32)
    top = arc(0.04, 0.5, across, 0.5, u(288, 320), 190)
    return [[[*top, *arc(0, 1 - down, across, down, 160, u(-185, -150), u(0.68, 0.85))]]]


def _six_upright(u: Draw) -> Skeleton:
    across, down = u(0.18, 0.3), u(0.22, 0.3)
    way: Piece = [(-across + u(-0.03, 0.08), 0.0), (-across, 0.35), (-across, 0.6)]
    return [[[*way, *arc(0, 1 - down, across, down, 165, u(-190, -160))]]]


def _six_clockwise(u: Draw) -> Skeleton:
    """The stem first, then the loop over its own top."""
    across, down = u(0.2, 0.3), u(0.22, 0.3)
    way: Piece = [
        (u(-0.05, 0.2), 0.0),
        (-across * 0.8, 0.4),
        (-across, 1 - down),
        (-across * 0.9, 1 - down * u(0.3, 0.8)),
    ]
    return [[way, arc(0, 1 - down, across, down, 200, u(500, 545))]]


# ---------------------------------------------------------------- 7


def _seven_bar(u: Draw, width: float) -> Piece:
    y = u(-0.06, 0.035)
    return [(-width, y), (0.0, y / 2 + u(-0.04, 0.03)), (width, 0.0)]


def _seven_stem(u: Draw, width: float) -> Piece:
    foot = u(-0.3, 0.04)
    stem: Piece = [((width + foot) / 2 + u(-0.08, 0.05), u(0.45, 0.55)), (foot, 1.0)]
    if u(0, 1) < 0.08:  # the pen is drawn on to the right as it is lifted
        stem[-1:] = [(foot, 0.92), (foot + 0.05, 1.0), (foot + u(0.1, 0.17), 0.95)]
    return stem


def _seven(u: Draw) -> Skeleton:
    width = u(0.25, 0.38)
    return [[_seven_bar(u, width), _seven_stem(u, width)]]


def _seven_bow(u: Draw) -> Skeleton:
    """The bar goes over into the stem in a bow."""
    width = u(0.22, 0.36)
    bow: Piece = [(-width, u(0, 0.15)), (0.0, u(-0.04, 0.02)), (width * 0.85, 0.0), (width, 0.14)]
    return [[[*bow, *_seven_stem(u, width)]]]


def _serif(u: Draw, bar: Piece) -> Stroke:
    """A bar that begins with a short stroke up to its left end."""
    (x, y), *rest = bar
    return [[(x + u(-0.05, 0.03), y + u(0.1, 0.26)), (x, y)], rest]


def _seven_serif(u: Draw) -> Skeleton:
    width = u(0.24, 0.36)
    return [[*_serif(u, _seven_bar(u, width)), _seven_stem(u, width)]]


def _seven_wave(u: Draw) -> Skeleton:
    width = u(0.24, 0.36)
    wave: Piece = [(-width, u(0.08, 0.16)), (-width * 0.5, u(-0.02, 0.02)), (width * 0.3, u(0.05, 0.1)), (width, 0.0)]
    return [[wave, _seven_stem(u, width)]]


def _crossbar(u: Draw, stem: Piece) -> Stroke:
    x, y = stem[0]
    half = u(0.12, 0.28)
    y += u(-0.04, 0.1)
    return [[(x - half * u(0.8, 1.2), y + u(-0.02, 0.06)), (x + half, y - u(-0.02, 0.06))]]


def _seven_crossed(u: Draw) -> Skeleton:
    width = u(0.22, 0.36)
    stem = _seven_stem(u, width)
    return [[_seven_bar(u, width), stem], _crossbar(u, stem)]


def _seven_crossed_serif(u: Draw) -> Skeleton:
    width = u(0.24, 0.36)
    stem = _seven_stem(u, width)
    return [[*_serif(u, _seven_bar(u, width)), stem], _crossbar(u, stem)]


# ---------------------------------------------------------------- 8


def _eight_path(u: Draw, waist: float, start: float, end: float) -> Piece:
    """Down the left of the upper loop, round the lower one, and up the right side of the upper."""
    upper, lower = u(0.16, 0.28) * min(1.0, 0.25 + 1.5 * waist), u(0.2, 0.34)
    middle = (u(-0.02, 0.02), waist)
    top = arc(0, waist / 2, upper, waist / 2, start, 165)
    bottom = arc(0, (1 + waist) / 2, lower, (1 - waist) / 2, 0, 180)
    return [*top, middle, *bottom, middle, *arc(0, waist / 2, upper, waist / 2, 15, end)]


def _eight(u: Draw) -> Skeleton:
    start = u(270, 320)
    skeleton = [[_eight_path(u, u(0.4, 0.54), start, start - 360 - u(-12, 25))]]
    return mirrored(skeleton) if u(0, 1) < 0.3 else skeleton


def _eight_open(u: Draw) -> Skeleton:
    skeleton = [[_eight_path(u, u(0.26, 0.52), u(275, 300), u(-50, -25))]]
    return mirrored(skeleton) if u(0, 1) < 0.25 else skeleton


def _eight_of_circles(u: Draw) -> Skeleton:
    upper, lower, middle, gap = u(0.17, 0.28), u(0.2, 0.34), u(0.44, 0.52), u(-0.05, 0.03)
    start, end = u(230, 310), u(-15, 25)
    top = arc(u(-0.03, 0.03), middle / 2, upper, middle / 2, start, start - 360 - end)
    return [[top], [arc(0, (1 + middle + gap) / 2, lower, (1 - middle - gap) / 2, start, start - 360 - u(-15, 25))]]


def _eight_of_s_and_line(u: Draw) -> Skeleton:
    """An S, closed by a straight line back to its beginning."""
    upper, lower = u(0.18, 0.28), u(0.22, 0.34)
    s = [*arc(0, 0.24, upper, 0.24, 325, 165), (0.0, 0.48), *arc(0, 0.75, lower, 0.25, 0, u(150, 185))]
    skeleton: Skeleton = [[s, [(upper * u(0.5, 1.2), u(-0.02, 0.1))]]]
    return mirrored(skeleton) if u(0, 1) < 0.2 else skeleton


def _eight_from_the_waist(u: Draw) -> Skeleton:
    upper, lower = u(0.17, 0.28), u(0.2, 0.34)
    waist = (0.0, u(0.46, 0.52))
    bottom = arc(0, 0.75, lower, 0.25, 0, 180)
    end = (u(-0.1, 0.1), waist[1] + u(-0.03, 0.04))
    skeleton: Skeleton = [[[waist, *bottom, waist, *arc(0, 0.24, upper, 0.24, 15, -195), end]]]
    return mirrored(skeleton) if u(0, 1) < 0.4 else skeleton


# ---------------------------------------------------------------- 9


def _nine_loop(u: Draw, across: float, down: float) -> Piece:
    """From the upper right to the left, round, and up to the top of the stem."""
    return [*arc(0, down, across, down, u(-60, -15), u(-340, -325)), (across + u(-0.02, 0.05), u(0.0, 0.16))]


def _nine(u: Draw) -> Skeleton:
    across, down = u(0.19, 0.3), u(0.2, 0.3)
    loop = _nine_loop(u, across, down)
    return [[loop, [(across + u(-0.05, 0.03), 0.5), (across + u(-0.2, 0.05), 1.0)]]]


def _curl(u: Draw, across: float, top: float) -> Piece:
    """From the right of the loop down and round to the left, like the tail of a g."""
    middle = top + (1 - top) * u(0.4, 0.6)
    bow = arc(0, middle, across * u(0.95, 1.2), 1 - middle, 0, u(110, 165), u(0.95, 1.4))
    return [(across * 1.02, (top + middle) / 2), *bow]


def _nine_curled(u: Draw) -> Skeleton:
    """The stem runs out to the left, like a g."""
    across, down = u(0.19, 0.32), u(0.16, 0.28)
    return [[_nine_loop(u, across, down), _curl(u, across, down)]]


def _nine_curled_low(u: Draw) -> Skeleton:
    """A straight stem with a flat hook at its foot."""
    across, down = u(0.19, 0.3), u(0.2, 0.28)
    hook: Piece = [(across, 0.5), (across * u(0.85, 1.05), 0.8), (across * 0.2, 1.0)]
    return [[_nine_loop(u, across, down), [*hook, (-across * u(0.8, 1.5), u(0.86, 0.98))]]]


def _nine_open(u: Draw) -> Skeleton:
    """The loop begins clear of the stem."""
    across, down = u(0.22, 0.34), u(0.17, 0.28)
    bow = arc(-0.03, down, across * u(0.75, 0.95), down, u(-75, -40), u(-320, -300))
    bow.append((across + 0.03, u(0.0, 0.12)))
    if u(0, 1) < 0.5:
        return [[bow, [(across, 0.5), (across + u(-0.14, 0.03), 1.0)]]]
    return [[bow, _curl(u, across, down)]]


def _nine_hook(u: Draw) -> Skeleton:
    """From inside round over the top and straight into the stem: the loop may stay open below."""
    across, down = u(0.2, 0.3), u(0.22, 0.3)
    hook = arc(0, down, across, down, u(40, 95), 360)
    if u(0, 1) < 0.6:
        return [[[*hook, (across * u(0.8, 1.0), 0.6), (across * u(0.2, 0.9), 1.0)]]]
    return [
        [[*hook, (across, 0.55), (across * 0.85, 0.82), (across * 0.1, 1.0), (-across * u(0.6, 1.2), u(0.86, 0.95))]]
    ]


def _nine_of_circle_and_stem(u: Draw) -> Skeleton:
    across, down = u(0.18, 0.3), u(0.2, 0.28)
    start = u(260, 330)
    circle = arc(0, down, across, down, start, start - 360 - u(-10, 20))
    return [[circle], [[(across + u(-0.03, 0.04), u(0.05, 0.3)), (across + u(-0.15, 0.04), 1.0)]]]


def _nine_round(u: Draw) -> Skeleton:
    """The loop goes over into the stem at the top without a corner."""
    across, down = u(0.2, 0.3), u(0.2, 0.28)
    start = u(-30, 10)
    loop = arc(0, down, across, down, start, -315)
    over: Piece = [(across * 1.0, down * u(0.7, 0.9)), (across * 0.9, 0.62), (across * u(-0.2, 0.7), 1.0)]
    return [[[*loop, *over]]]


UPRIGHT = (-12.0, 16.0)  # a 1 with a flag that leans further reads as a 7 or a 4
FORWARD = (-10.0, 25.0)  # a 7 that leans back reads as a 1
STEADY = 0.6  # a bend in the few lines of a 1 or a 7 makes a 2 or a 3 of it

STYLES: tuple[tuple[Style, ...], ...] = (
    (
        Style("plain", 5, _zero),
        Style("open", 1.5, _zero_open),
        Style("overlapping", 1.5, _zero_overlapping),
        Style("with a tail", 0.7, _zero_with_tail),
        Style("of two halves", 0.5, _zero_of_two_halves),
        Style("slashed", 1.6, _zero_slashed, UPRIGHT, 8),
        Style("slashed in one stroke", 0.5, _zero_slashed_in_one_stroke, UPRIGHT, 8, STEADY),
        Style("barred", 0.5, _zero_barred, UPRIGHT, 8),
        Style("dotted", 0.6, _zero_dotted),
    ),
    (
        Style("plain", 2.5, _one, wobble=STEADY),
        Style("flagged", 2.5, _one_flagged, UPRIGHT, 8, STEADY),
        Style("with a long up-stroke", 2.5, _one_with_long_upstroke, UPRIGHT, 7, STEADY),
        Style("German", 1.8, _one_german, UPRIGHT, 7, STEADY),
        Style("with a wide flag", 0.7, _one_with_wide_flag, (-10.0, 10.0), 4, STEADY),
        Style("hooked", 0.8, _one_hooked, UPRIGHT, 7, STEADY),
        Style("footed", 1.6, _one_footed, UPRIGHT, 8, STEADY),
        Style("footed, no flag", 0.5, _one_footed_without_flag, UPRIGHT, 8, STEADY),
        Style("footed in one stroke", 0.5, _one_footed_in_one_stroke, UPRIGHT, 8, STEADY),
        Style("with serifs", 0.3, _one_with_serifs, UPRIGHT, 8, STEADY),
    ),
    (
        Style("plain", 4, _two),
        Style("curled", 1, _two_curled),
        Style("looped", 2, _two_looped),
        Style("swan", 1.5, _two_swan),
        Style("slim", 0.5, _two_slim, (-10.0, 25.0), 8),
        Style("like a Z", 1.5, _two_z, (-15.0, 25.0), 8),
    ),
    (
        Style("plain", 4, _three),
        Style("curled", 1, _three_curled),
        Style("flat", 2, _three_flat),
        Style("looped", 1, _three_looped),
        Style("shallow", 1, _three_shallow, (-20.0, 20.0), 8),
        Style("angular", 0.5, _three_angular, (-20.0, 20.0), 8),
    ),
    (
        Style("open", 3, _four_open),
        Style("cup", 1.5, _four_cup),
        Style("cup in one stroke", 1, _four_cup_in_one_stroke, (-15.0, 20.0), 8),
        Style("closed", 2, _four_closed),
        Style("closed in one stroke", 1, _four_closed_in_one_stroke),
        Style("looping", 1.5, _four_looping),
        Style("looping, closed", 0.7, _four_looping_closed),
        Style("with a long bar", 1.2, _four_with_long_bar),
    ),
    (
        Style("plain", 3, _five),
        Style("with a separate bar", 3, _five_with_separate_bar),
        Style("like an S", 1.2, _five_like_s),
        Style("round-shouldered", 1.2, _five_round_shouldered),
        Style("angular", 0.5, _five_angular),
    ),
    (
        Style("plain", 3, _six),
        Style("curled", 2.5, _six_curled),
        Style("spiral", 1.2, _six_spiral),
        Style("upright", 1, _six_upright),
        Style("clockwise", 0.5, _six_clockwise),
    ),
    (
        Style("plain", 3, _seven, FORWARD, 6, STEADY),
        Style("with a bow", 1, _seven_bow, FORWARD, 6, STEADY),
        Style("with a serif", 1.3, _seven_serif, FORWARD, 6, STEADY),
        Style("with a wave", 0.8, _seven_wave, FORWARD, 6, STEADY),
        Style("crossed", 2.5, _seven_crossed, FORWARD, 8, STEADY),
        Style("crossed, with a serif", 1, _seven_crossed_serif, FORWARD, 8, STEADY),
    ),
    (
        Style("plain", 4, _eight),
        Style("open", 1.3, _eight_open),
        Style("of two circles", 1.5, _eight_of_circles),
        Style("of an S and a line", 1, _eight_of_s_and_line),
        Style("from the waist", 1, _eight_from_the_waist),
    ),
    (
        Style("plain", 3, _nine),
        Style("curled", 2.2, _nine_curled),
        Style("curled low", 1, _nine_curled_low),
        Style("open", 1.8, _nine_open),
        Style("hook", 1.2, _nine_hook),
        Style("of a circle and a stem", 1, _nine_of_circle_and_stem),
        Style("round", 1.2, _nine_round),
    ),
)

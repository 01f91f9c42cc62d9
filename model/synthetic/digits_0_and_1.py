"""Skeletons of the digits 0 and 1 in every style; `model.synthetic.skeleton` explains the notation."""

import math

from model.synthetic.skeleton import Piece, Skeleton, Stroke, Style, Uniform, arc

UPRIGHT = (-12.0, 16.0)  # degrees, range of the slant; a 1 with a flag and more slant looks like a 7 or a 4
STEADY = 0.6  # `wobble` of styles with straight lines; with more wobble, a 1 could look like a 2 or a 3


def _ring(u: Uniform, width: float, over: float) -> Stroke:
    """An ellipse, drawn in a random direction from a random point near the top, over 360 + `over` degrees.

    If `over` is positive, the end of the curve overlaps its start. If `over` is negative, the ellipse stays open.
    """
    start = u(225, 320)
    swell = u(0.9, 1.12)
    if u(0, 1) < 0.75:
        return [arc(0, 0.5, width, 0.5, start, start - 360 - over, swell)]
    return [arc(0, 0.5, width, 0.5, start, start + 360 + over, swell)]


def _zero(u: Uniform) -> Skeleton:
    return [_ring(u, u(0.2, 0.44), u(-8, 10))]


def _zero_open(u: Uniform) -> Skeleton:
    return [_ring(u, u(0.24, 0.44), u(-38, -12))]


def _zero_overlapping(u: Uniform) -> Skeleton:
    return [_ring(u, u(0.22, 0.44), u(15, 70))]


def _zero_with_tail(u: Uniform) -> Skeleton:
    width = u(0.24, 0.42)
    return [[[(width * u(0.5, 0.9), u(-0.06, 0.03)), *arc(0, 0.5, width, 0.5, 265, -100, u(0.95, 1.05))]]]


def _zero_of_two_halves(u: Uniform) -> Skeleton:
    width, gap = u(0.22, 0.4), u(-0.04, 0.04)
    left = [arc(-gap, 0.5, width, 0.5, u(265, 290), 90 - u(-15, 12))]
    return [left, [arc(gap, 0.5, width, 0.5, u(255, 280), 450 + u(-12, 15))]]


def _zero_slashed(u: Uniform) -> Skeleton:
    width = u(0.26, 0.46)
    across, up = width * u(0.4, 1.25), u(0.3, 0.6)
    slash: Piece = [(-across, 0.5 + up), (across * u(0.8, 1.2), 0.5 - up * u(0.8, 1.2))]
    if u(0, 1) < 0.12:
        slash = [(-x, y) for x, y in slash]
    return [_ring(u, width, u(-5, 20)), [slash]]


def _zero_slashed_in_one_stroke(u: Uniform) -> Skeleton:
    width, out = u(0.28, 0.46), u(1.0, 1.4)
    end = (-width * out * u(0.6, 0.9), 0.5 + 0.5 * out * u(0.6, 0.9))
    return [[arc(0, 0.5, width, 0.5, -45, -45 - 360 - u(-5, 10)), [end]]]


def _zero_barred(u: Uniform) -> Skeleton:
    width, y = u(0.22, 0.42), u(0.34, 0.6)
    return [_ring(u, width, u(-5, 20)), [[(-width * u(0.7, 2.1), y + u(0, 0.1)), (width * u(0.7, 2.1), y - u(0, 0.1))]]]


def _zero_dotted(u: Uniform) -> Skeleton:
    dot = (u(-0.06, 0.06), u(0.42, 0.58))
    short = (dot[0] + u(-0.05, 0.05), dot[1] + u(-0.08, 0.08))
    return [_ring(u, u(0.34, 0.48), u(-5, 20)), [[dot, short]]]


def _flag(u: Uniform, length: float, rise: float) -> Piece:
    """The slightly bent upstroke of a 1, which ends at the top of the stem, (0, 0).

    `rise` is the angle between the upstroke and the horizontal, degrees.
    """
    x, y = -length * math.cos(math.radians(rise)), length * math.sin(math.radians(rise))
    bend = u(-0.1, 0.1) * length
    return [(x, y), (x / 2 + bend * 0.7, y / 2 + bend), (0.0, 0.0)]


def _stem(u: Uniform) -> Piece:
    x = u(-0.06, 0.04)
    return [(x / 2 + u(-0.03, 0.03), u(0.45, 0.55)), (x, 1.0)]


def _foot(u: Uniform, x: float) -> Stroke:
    width, y = u(0.16, 0.5), 1 + u(-0.04, 0.08)
    return [[(x - width * u(0.7, 1.1), y + u(-0.02, 0.03)), (x + width, y - u(-0.02, 0.03))]]


def _one(u: Uniform) -> Skeleton:
    return [[[(u(-0.03, 0.03), 0.0), *_stem(u)]]]


def _one_flagged(u: Uniform) -> Skeleton:
    return [[_flag(u, u(0.14, 0.36), u(28, 68)), _stem(u)]]


def _one_with_long_upstroke(u: Uniform) -> Skeleton:
    length = u(0.36, 0.62)
    return [[_flag(u, length, u(24, 68)), _stem(u)]]


def _one_german(u: Uniform) -> Skeleton:
    return [[_flag(u, u(0.6, 1.0), u(38, 68)), _stem(u)]]


def _one_with_wide_flag(u: Uniform) -> Skeleton:
    return [[_flag(u, u(0.38, 0.66), u(20, 34)), _stem(u)]]


def _one_with_bent_flag(u: Uniform) -> Skeleton:
    """A 1 whose upstroke starts almost horizontally, then rises to the top of the stem."""
    x, y = -u(0.25, 0.5), u(0.16, 0.3)
    return [[[(x, y + u(-0.04, 0.1)), (x * u(0.4, 0.6), y * u(0.7, 1.0)), (0.0, 0.0)], _stem(u)]]


def _one_with_steep_flag(u: Uniform) -> Skeleton:
    """A 1 whose flag is almost as steep as the stem, because the pen goes up and down."""
    return [[[(-u(0.06, 0.18), u(0.25, 0.6)), (0.0, 0.0)], _stem(u)]]


def _one_hooked(u: Uniform) -> Skeleton:
    """A 1 whose upstroke curves into the stem, without a corner."""
    length = u(0.2, 0.4)
    return [[[(-length, length * u(0.7, 1.1)), (-0.06, u(0.05, 0.1)), (0.0, 0.0), (0.02, 0.12), *_stem(u)]]]


def _one_footed(u: Uniform) -> Skeleton:
    stem = _stem(u)
    if u(0, 1) < 0.25:
        hook = arc(-0.14, 0.16, 0.14, 0.16, u(150, 190), 330)
        return [[[*hook, (0.02, 0.3), *stem]], _foot(u, stem[-1][0])]
    return [[_flag(u, u(0.14, 0.5), u(30, 68)), stem], _foot(u, stem[-1][0])]


def _one_footed_without_flag(u: Uniform) -> Skeleton:
    stem = _stem(u)
    return [[[(0.0, 0.0), *stem]], _foot(u, stem[-1][0])]


def _one_footed_in_one_stroke(u: Uniform) -> Skeleton:
    stem = _stem(u)
    left, right = _foot(u, stem[-1][0])[0]
    return [[_flag(u, u(0.14, 0.5), u(32, 68)), stem, [left], [right]]]


def _one_with_serifs(u: Uniform) -> Skeleton:
    stem = _stem(u)
    width = u(0.1, 0.2)
    return [[[(0.0, 0.0), *stem]], [[(-width, u(0.0, 0.08)), (width * u(0, 1), -0.01)]], _foot(u, stem[-1][0])]


STYLES_0_AND_1: tuple[tuple[Style, ...], ...] = (
    (
        Style("plain", 5, _zero),
        Style("open", 1.5, _zero_open),
        Style("overlapping", 1.5, _zero_overlapping),
        Style("with a tail", 0.7, _zero_with_tail),
        Style("of two halves", 0.5, _zero_of_two_halves),
        Style("slashed", 1.6, _zero_slashed, UPRIGHT, 8),
        Style("slashed in one stroke", 0.5, _zero_slashed_in_one_stroke, UPRIGHT, 8, STEADY),
        Style("barred", 0.9, _zero_barred, UPRIGHT, 8),
        Style("dotted", 0.6, _zero_dotted),
    ),
    (
        Style("plain", 2.5, _one, wobble=STEADY),
        Style("flagged", 2.5, _one_flagged, UPRIGHT, 8, STEADY),
        Style("with a long up-stroke", 3, _one_with_long_upstroke, UPRIGHT, 7, STEADY),
        Style("German", 2.5, _one_german, UPRIGHT, 7, STEADY),
        Style("with a wide flag", 1.3, _one_with_wide_flag, (-12.0, 10.0), 4, STEADY),
        Style("with a bent flag", 0.5, _one_with_bent_flag, (-12.0, 10.0), 5, STEADY),
        Style("with a steep flag", 0.5, _one_with_steep_flag, UPRIGHT, 7, STEADY),
        Style("hooked", 0.8, _one_hooked, UPRIGHT, 7, STEADY),
        Style("footed", 1.6, _one_footed, UPRIGHT, 8, STEADY),
        Style("footed, no flag", 0.5, _one_footed_without_flag, UPRIGHT, 8, STEADY),
        Style("footed in one stroke", 0.5, _one_footed_in_one_stroke, UPRIGHT, 8, STEADY),
        Style("with serifs", 0.3, _one_with_serifs, UPRIGHT, 8, STEADY),
    ),
)

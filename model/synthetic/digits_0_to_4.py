"""Skeletons of the digits 0 to 4 in every style; `model.synthetic.skeleton` explains the notation."""

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
    width, y = u(0.26, 0.42), u(0.36, 0.6)
    return [_ring(u, width, u(-5, 20)), [[(-width * u(0.7, 1.5), y + u(0, 0.1)), (width * u(0.7, 1.5), y - u(0, 0.1))]]]


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
    width, y = u(0.16, 0.42), 1 + u(-0.04, 0.08)
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
    return [[_flag(u, u(0.4, 0.6), u(19, 32)), _stem(u)]]


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


def _two_top(u: Uniform, start: float) -> Piece:
    """The upper curve of a 2: from its left end over the top to the right side, where it turns down to the left.

    `start` is the angle of the left end, degrees.
    """
    return arc(0, 0.26, u(0.22, 0.36), u(0.22, 0.3), start, u(375, 400))


def _two(u: Uniform) -> Skeleton:
    width = u(0.24, 0.4)
    return [[[*_two_top(u, u(185, 225)), (-width * u(0.1, 0.35), 0.72), (-width, 1.0)], [(width, 1 + u(-0.06, 0.04))]]]


def _two_curled(u: Uniform) -> Skeleton:
    width = u(0.24, 0.4)
    top = _two_top(u, u(140, 180))
    return [[[*top, (-width * u(0.1, 0.3), 0.74), (-width, 1.0)], [(width, 1 + u(-0.06, 0.04))]]]


def _two_looped(u: Uniform) -> Skeleton:
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


def _two_swan(u: Uniform) -> Skeleton:
    """A 2 whose diagonal curves into the base, without a corner."""
    width = u(0.26, 0.4)
    base: Piece = [(-width, 0.9), (-width * 0.6, 1.0), (0.0, 0.97), (width, u(0.88, 1.0))]
    return [[[*_two_top(u, u(180, 225)), (-width * u(0.1, 0.3), 0.66), *base]]]


def _two_slim(u: Uniform) -> Skeleton:
    """A 2 with a small hook, a nearly vertical stem, and a base that starts at the foot of the stem."""
    hook, left = u(0.1, 0.2), -u(0.06, 0.2)
    top = arc(0, hook, hook, hook, u(180, 215), u(360, 385))
    return [[[*top, ((hook + left) / 2, 0.6), (left, 1.0)], [(left + u(0.34, 0.55), 1 + u(-0.06, 0.04))]]]


def _two_z(u: Uniform) -> Skeleton:
    width, top = u(0.26, 0.4), u(-0.06, 0.02)
    bar: Piece = [(-width * u(0.8, 1.1), u(0.0, 0.1)), (0.0, top), (width * u(0.8, 1.0), u(0, 0.06))]
    return [[bar, [(-width * u(0.8, 1.1), 1.0)], [(width * u(0.8, 1.2), 1 + u(-0.05, 0.04))]]]


def _three_bottom(u: Uniform, start: float) -> Piece:
    return arc(u(-0.04, 0.02), 0.73, u(0.24, 0.36), 0.27, start, u(485, 540))


def _three(u: Uniform) -> Skeleton:
    top = arc(0, 0.25, u(0.2, 0.33), 0.25, u(190, 230), u(445, 480))
    return [[top, _three_bottom(u, u(285, 305))]]


def _three_curled(u: Uniform) -> Skeleton:
    top = arc(0, 0.24, u(0.22, 0.32), 0.24, u(165, 195), u(440, 465))
    return [[top, arc(0, 0.73, u(0.26, 0.36), 0.27, u(290, 305), u(530, 560), u(0.9, 1.05))]]


def _three_flat(u: Uniform) -> Skeleton:
    """A 3 that starts with a bar, followed by a diagonal back to the middle."""
    width = u(0.22, 0.34)
    bar: Piece = [(-width, u(-0.03, 0.04)), (width * u(0.8, 1.0), 0.0)]
    return [[bar, [(u(-0.12, 0.04), u(0.36, 0.46))], arc(-0.02, 0.7, u(0.26, 0.36), 0.3, u(285, 300), u(490, 535))]]


def _three_looped(u: Uniform) -> Skeleton:
    size = u(0.7, 1.3)
    top = arc(0, 0.25, u(0.22, 0.32), 0.25, u(190, 230), 400)
    loop: Piece = [(-0.02, 0.5), (-0.11 * size, 0.5), (-0.11 * size, 0.5 - 0.09 * size), (0.0, 0.46)]
    return [[[*top, *loop, *_three_bottom(u, 320)]]]


def _three_shallow(u: Uniform) -> Skeleton:
    """A 3 without a corner at the waist."""
    width = u(0.24, 0.34)
    top = arc(0, 0.25, width, 0.25, u(190, 230), 405)
    return [[[*top, (width * u(0.1, 0.3), 0.49), *arc(0, 0.74, width * u(1, 1.2), 0.26, 320, u(490, 530))]]]


def _three_angular(u: Uniform) -> Skeleton:
    width = u(0.24, 0.34)
    bottom: Stroke = [[(width * u(0.8, 1.2), u(0.66, 0.76))], [(-width, 1.0)]]
    return [[[(-width, u(0, 0.1)), (width, u(0.12, 0.26))], [(u(-0.12, 0.05), u(0.44, 0.52))], *bottom]]


def _down(x: float, top: float, u: Uniform) -> Piece:
    return [(x, top), (x + u(-0.06, 0.03), 1.0)]


def _four_open(u: Uniform) -> Skeleton:
    x, bar, left = u(0.06, 0.22), u(0.5, 0.8), -u(0.24, 0.38)
    corner = [[(u(-0.26, -0.1), 0.0), (left, bar)], [(x + u(0.06, 0.24), bar + u(-0.05, 0.03))]]
    return [corner, [_down(x, u(0.0, 0.65) * bar, u)]]


def _four_cup(u: Uniform) -> Skeleton:
    """A 4 whose left half is a cup, open at the top."""
    x, depth = u(0.14, 0.28), u(0.46, 0.6)
    cup: Piece = [(-u(0.14, 0.32), 0.0), (-0.3, 0.6 * depth), (-0.14, depth), (x * 0.5, depth - u(0, 0.04))]
    return [[[*cup, (x + u(0.0, 0.12), depth - u(0.0, 0.1))]], [_down(x, u(-0.02, 0.14), u)]]


def _four_cup_in_one_stroke(u: Uniform) -> Skeleton:
    x, depth = u(0.14, 0.26), u(0.44, 0.58)
    cup: Piece = [(-u(0.24, 0.32), u(0.0, 0.06)), (-0.28, 0.6 * depth), (-0.12, depth), (x * 0.6, 0.8 * depth)]
    return [[[*cup, (x, u(0.0, 0.08))], [(x + u(-0.03, 0.03), 0.5), (x + u(-0.08, 0.02), 1.0)]]]


def _four_closed(u: Uniform) -> Skeleton:
    x, bar, left = u(0.02, 0.2), u(0.54, 0.74), -u(0.24, 0.4)
    triangle = [[(x + u(-0.04, 0.02), 0.0), (left, bar)], [(x + u(0.06, 0.24), bar + u(-0.05, 0.04))]]
    return [triangle, [_down(x, u(-0.02, 0.12), u)]]


def _four_closed_in_one_stroke(u: Uniform) -> Skeleton:
    """A 4 in one stroke: the bar from right to left, up to the top of the stem, and down the stem."""
    x, bar, left = u(0.04, 0.2), u(0.54, 0.72), -u(0.24, 0.4)
    return [[[(x + u(0.1, 0.28), bar + u(-0.04, 0.04)), (left, bar)], [(x, 0.0)], [(x + u(-0.06, 0.03), 1.0)]]]


def _four_looping(u: Uniform) -> Skeleton:
    """A 4 in one stroke: down, along the bar, in a loop up to the top of the stem, and down the stem."""
    x, bar, left = u(0.04, 0.16), u(0.5, 0.78), -u(0.24, 0.36)
    right, top = x + u(0.1, 0.24), u(0.15, 0.55) * bar
    loop: Piece = [(x, bar - u(-0.02, 0.03)), (right, bar - 0.08), (right, (bar + top) / 2), (x + 0.02, top)]
    stem: Piece = [(x, 0.6), (x - u(0, 0.1), 1.0)]
    start = (u(-0.22, -0.06), 0.0)
    if u(0, 1) < 0.5:
        return [[[start, (left, bar)], loop, stem]]
    return [[[start, (left * 0.9, bar * 0.6), (left, bar - 0.04), (left * 0.6, bar + 0.02), *loop], stem]]


def _four_looping_closed(u: Uniform) -> Skeleton:
    x, bar, left = u(0.06, 0.18), u(0.54, 0.68), -u(0.26, 0.38)
    right, top = x + u(0.08, 0.2), u(0.2, 0.36)
    loop: Piece = [(x, bar), (right, bar - 0.08), (right - 0.02, bar - 0.18), (x, top)]
    return [[[(x + u(-0.08, 0.04), 0.0), (left, bar)], loop, [(x - u(-0.02, 0.06), 1.0)]]]


def _four_with_long_bar(u: Uniform) -> Skeleton:
    x, bar, left = u(-0.02, 0.12), u(0.52, 0.72), -u(0.24, 0.4)
    start = (u(-0.2, 0.0), 0.0) if u(0, 1) < 0.5 else (x, 0.0)
    return [[[start, (left, bar)], [(x + u(0.26, 0.46), bar + u(-0.06, 0.04))]], [_down(x, u(0, 0.2), u)]]


STYLES_0_TO_4: tuple[tuple[Style, ...], ...] = (
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
)

"""Skeletons of the digits 2 to 4 in every style; `model.synthetic.skeleton` explains the notation."""

from model.synthetic.skeleton import Piece, Skeleton, Stroke, Style, Uniform, arc


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
    top = _two_top(u, u(100, 180))
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


def _four_like_g(u: Uniform) -> Skeleton:
    """A 4 in one stroke, like a G: a bow open to the right, a bar to the right, and a stem down from its end."""
    bar, wide = u(0.48, 0.66), u(0.2, 0.32)
    bow = arc(0, bar / 2, wide, bar / 2, u(268, 308), u(95, 115))
    right = (wide * u(1.0, 1.5), bar * u(0.94, 1.03))
    stem: Piece = [(right[0] + u(-0.03, 0.02), (right[1] + 1) / 2), (right[0] + u(-0.06, 0.03), 1.0)]
    if u(0, 1) < 0.5:
        return [[bow, [right], stem]]
    return [[bow, [(right[0], bar * u(0.45, 0.75))], stem]]  # the pen first goes up a little


STYLES_2_TO_4: tuple[tuple[Style, ...], ...] = (
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
        Style("like a G", 0.4, _four_like_g, (-12.0, 20.0), 8),
    ),
)

"""Skeletons of the digits 5 to 9 in every style; `model.synthetic.skeleton` explains the notation."""

from model.synthetic.skeleton import Piece, Skeleton, Stroke, Style, Uniform, arc, mirrored

FORWARD = (-10.0, 25.0)  # degrees, range of the slant; a 7 with more slant to the left looks like a 1
STEADY = 0.6  # `wobble` of styles with straight lines; with more wobble, a 7 could look like a 2 or a 3


def _belly(u: Uniform, start: float) -> Piece:
    return arc(u(-0.05, 0.02), 0.68, u(0.26, 0.36), 0.32, start, u(485, 530))


def _five(u: Uniform) -> Skeleton:
    width = u(0.2, 0.32)
    left = -width + u(-0.02, 0.06)
    bar: Piece = [(width * u(0.8, 1.3), u(-0.06, 0.03)), (left, 0.0)]
    return [[bar, [(left - u(-0.02, 0.05), u(0.4, 0.48))], _belly(u, u(245, 260))]]


def _five_with_separate_bar(u: Uniform) -> Skeleton:
    width = u(0.2, 0.32)
    left, y = -width + u(-0.02, 0.06), u(-0.13, 0.05)
    body: Stroke = [[(left, u(0, 0.04)), (left - u(-0.02, 0.05), u(0.4, 0.48))], _belly(u, u(245, 260))]
    return [body, [[(left + u(-0.05, 0.14), y + u(-0.02, 0.04)), (width * u(0.9, 1.6), y - u(0, 0.05))]]]


def _five_like_s(u: Uniform) -> Skeleton:
    width = u(0.2, 0.3)
    top = arc(0, 0.24, width, 0.24, u(300, 330), 135)
    return [[[*top, (0.0, 0.47), *arc(0, 0.73, width * u(1, 1.25), 0.27, 320, u(490, 525))]]]


def _five_round_shouldered(u: Uniform) -> Skeleton:
    """A 5 with a straight bar. Its only corner is at the left end of the bar, where one curve to the belly starts."""
    width = u(0.2, 0.3)
    bar: Piece = [(width * u(0.9, 1.3), u(-0.04, 0.04)), (-width * 0.8, 0.0)]
    return [[bar, [(-width, u(0.3, 0.42)), *_belly(u, 265)]]]


def _five_angular(u: Uniform) -> Skeleton:
    width = u(0.22, 0.32)
    bar: Piece = [(width, u(-0.05, 0.03)), (-width, 0.0)]
    return [[bar, [(-width, u(0.4, 0.5))], [(width, u(0.42, 0.52))], [(width, u(0.9, 1.0))], [(-width, 1.0)]]]


def _six(u: Uniform) -> Skeleton:
    across, down = u(0.2, 0.34), u(0.2, 0.3)
    top = u(0.0, 0.28)
    way: Piece = [(top, 0.0), (top * 0.45 - across * 0.45, u(0.26, 0.34)), (-across * 0.95, u(0.54, 0.6))]
    return [[[*way, *arc(0, 1 - down, across, down, 165, u(-190, -150), u(0.85, 1.02))]]]


def _six_curled(u: Uniform) -> Skeleton:
    across, down = u(0.22, 0.36), u(0.2, 0.3)
    top = arc(0.04, 0.5, across, 0.5, u(300, 328), 190)
    return [[[*top, *arc(0, 1 - down, across, down, 160, u(-195, -165), u(0.85, 1.02))]]]


def _six_spiral(u: Uniform) -> Skeleton:
    """A 6 whose loop does not close: it ends inside itself, or it stops early."""
    across, down = u(0.24, 0.36), u(0.24, 0.32)
    top = arc(0.04, 0.5, across, 0.5, u(288, 320), 190)
    return [[[*top, *arc(0, 1 - down, across, down, 160, u(-185, -150), u(0.68, 0.85))]]]


def _six_upright(u: Uniform) -> Skeleton:
    across, down = u(0.18, 0.3), u(0.22, 0.3)
    way: Piece = [(-across + u(-0.03, 0.08), 0.0), (-across, 0.35), (-across, 0.6)]
    return [[[*way, *arc(0, 1 - down, across, down, 165, u(-190, -160))]]]


def _six_clockwise(u: Uniform) -> Skeleton:
    """A 6 whose loop is drawn after the stem, clockwise from its left side over its top."""
    across, down = u(0.2, 0.3), u(0.22, 0.3)
    way: Piece = [
        (u(-0.05, 0.2), 0.0),
        (-across * 0.8, 0.4),
        (-across, 1 - down),
        (-across * 0.9, 1 - down * u(0.3, 0.8)),
    ]
    return [[way, arc(0, 1 - down, across, down, 200, u(500, 545))]]


def _seven_bar(u: Uniform, width: float) -> Piece:
    y = u(-0.06, 0.035)
    return [(-width, y), (0.0, y / 2 + u(-0.04, 0.03)), (width, 0.0)]


def _seven_stem(u: Uniform, width: float) -> Piece:
    foot = u(-0.3, 0.04)
    stem: Piece = [((width + foot) / 2 + u(-0.08, 0.05), u(0.45, 0.55)), (foot, 1.0)]
    if u(0, 1) < 0.08:  # rarely, the pen drags to the right when it is lifted
        stem[-1:] = [(foot, 0.92), (foot + 0.05, 1.0), (foot + u(0.1, 0.17), 0.95)]
    return stem


def _seven(u: Uniform) -> Skeleton:
    width = u(0.25, 0.38)
    return [[_seven_bar(u, width), _seven_stem(u, width)]]


def _seven_bow(u: Uniform) -> Skeleton:
    """A 7 whose bar curves into the stem, without a corner."""
    width = u(0.22, 0.36)
    bow: Piece = [(-width, u(0, 0.15)), (0.0, u(-0.04, 0.02)), (width * 0.85, 0.0), (width, 0.14)]
    return [[[*bow, *_seven_stem(u, width)]]]


def _serif(u: Uniform, bar: Piece) -> Stroke:
    """The bar with a serif: a short stroke below its left end, drawn upwards before the bar."""
    (x, y), *rest = bar
    return [[(x + u(-0.05, 0.03), y + u(0.1, 0.26)), (x, y)], rest]


def _seven_serif(u: Uniform) -> Skeleton:
    width = u(0.24, 0.36)
    return [[*_serif(u, _seven_bar(u, width)), _seven_stem(u, width)]]


def _seven_wave(u: Uniform) -> Skeleton:
    width = u(0.24, 0.36)
    wave: Piece = [(-width, u(0.08, 0.16)), (-width * 0.5, u(-0.02, 0.02)), (width * 0.3, u(0.05, 0.1)), (width, 0.0)]
    return [[wave, _seven_stem(u, width)]]


def _crossbar(u: Uniform, stem: Piece) -> Stroke:
    x, y = stem[0]
    half = u(0.12, 0.32)
    y += u(-0.08, 0.14)
    return [[(x - half * u(0.8, 1.2), y + u(-0.02, 0.06)), (x + half, y - u(-0.02, 0.06))]]


def _seven_crossed(u: Uniform) -> Skeleton:
    width = u(0.22, 0.36)
    stem = _seven_stem(u, width)
    return [[_seven_bar(u, width), stem], _crossbar(u, stem)]


def _seven_crossed_serif(u: Uniform) -> Skeleton:
    width = u(0.24, 0.36)
    stem = _seven_stem(u, width)
    return [[*_serif(u, _seven_bar(u, width)), stem], _crossbar(u, stem)]


def _seven_crossed_with_hook(u: Uniform) -> Skeleton:
    """A 7 whose crossbar starts with a short hook downwards, because the pen hardly leaves the paper."""
    width = u(0.22, 0.36)
    stem = _seven_stem(u, width)
    (left, y), (right, _) = _crossbar(u, stem)[0]
    return [
        [_seven_bar(u, width), stem],
        [[(left + u(-0.02, 0.08), y - u(0.04, 0.1)), (left, y + u(0.0, 0.1))], [(right, y)]],
    ]


def _eight_path(u: Uniform, waist: float, start: float, end: float) -> Piece:
    """The path of an 8: down the left of the upper loop, around the lower loop, and up the right of the upper loop.

    The loops meet at the height `waist`. `start` and `end` are angles on the upper loop, degrees.
    """
    upper, lower = u(0.16, 0.28) * min(1.0, 0.25 + 1.5 * waist), u(0.2, 0.34)
    middle = (u(-0.02, 0.02), waist)
    top = arc(0, waist / 2, upper, waist / 2, start, 165)
    bottom = arc(0, (1 + waist) / 2, lower, (1 - waist) / 2, 0, 180)
    return [*top, middle, *bottom, middle, *arc(0, waist / 2, upper, waist / 2, 15, end)]


def _eight(u: Uniform) -> Skeleton:
    start = u(270, 320)
    skeleton = [[_eight_path(u, u(0.4, 0.54), start, start - 360 - u(-12, 25))]]
    return mirrored(skeleton) if u(0, 1) < 0.3 else skeleton


def _eight_open(u: Uniform) -> Skeleton:
    skeleton = [[_eight_path(u, u(0.26, 0.52), u(275, 300), u(-50, -25))]]
    return mirrored(skeleton) if u(0, 1) < 0.25 else skeleton


def _eight_of_circles(u: Uniform) -> Skeleton:
    upper, lower, middle, gap = u(0.17, 0.28), u(0.2, 0.34), u(0.44, 0.52), u(-0.05, 0.03)
    start, end = u(230, 310), u(-15, 25)
    top = arc(u(-0.03, 0.03), middle / 2, upper, middle / 2, start, start - 360 - end)
    return [[top], [arc(0, (1 + middle + gap) / 2, lower, (1 - middle - gap) / 2, start, start - 360 - u(-15, 25))]]


def _eight_of_s_and_line(u: Uniform) -> Skeleton:
    """An 8 drawn as an S, with a straight line from the end of the S back to its start."""
    upper, lower = u(0.18, 0.28), u(0.22, 0.34)
    s = [*arc(0, 0.24, upper, 0.24, 325, 165), (0.0, 0.48), *arc(0, 0.75, lower, 0.25, 0, u(150, 185))]
    skeleton: Skeleton = [[s, [(upper * u(0.5, 1.2), u(-0.02, 0.1))]]]
    return mirrored(skeleton) if u(0, 1) < 0.2 else skeleton


def _eight_from_the_waist(u: Uniform) -> Skeleton:
    upper, lower = u(0.17, 0.28), u(0.2, 0.34)
    waist = (0.0, u(0.46, 0.52))
    bottom = arc(0, 0.75, lower, 0.25, 0, 180)
    end = (u(-0.1, 0.1), waist[1] + u(-0.03, 0.04))
    skeleton: Skeleton = [[[waist, *bottom, waist, *arc(0, 0.24, upper, 0.24, 15, -195), end]]]
    return mirrored(skeleton) if u(0, 1) < 0.4 else skeleton


def _nine_loop(u: Uniform, across: float, down: float) -> Piece:
    """The loop of a 9: anticlockwise from its upper right, once around, and up to the top of the stem."""
    return [*arc(0, down, across, down, u(-60, -15), u(-340, -325)), (across + u(-0.02, 0.05), u(0.0, 0.16))]


def _nine(u: Uniform) -> Skeleton:
    across, down = u(0.19, 0.3), u(0.2, 0.3)
    loop = _nine_loop(u, across, down)
    return [[loop, [(across + u(-0.05, 0.03), 0.5), (across + u(-0.2, 0.05), 1.0)]]]


def _curl(u: Uniform, across: float, top: float) -> Piece:
    """The tail of a 9: from the right side of the loop down and round to the left, like the tail of a g."""
    middle = top + (1 - top) * u(0.4, 0.6)
    bow = arc(0, middle, across * u(0.95, 1.2), 1 - middle, 0, u(110, 165), u(0.95, 1.4))
    return [(across * 1.02, (top + middle) / 2), *bow]


def _nine_curled(u: Uniform) -> Skeleton:
    """A 9 whose stem ends in a tail to the left, like a g."""
    across, down = u(0.19, 0.32), u(0.16, 0.28)
    return [[_nine_loop(u, across, down), _curl(u, across, down)]]


def _nine_with_wide_curl(u: Uniform) -> Skeleton:
    """A 9 with a small loop on the left and a wide bow around it on the right."""
    across, down = u(0.1, 0.22), u(0.1, 0.2)
    wide = u(0.24, 0.44)
    loop = arc(0, down + 0.02, across, down, u(-50, 0), u(-340, -300))
    bow = arc(0, 0.5, wide, 0.5, u(-70, -40), u(95, 150), u(0.95, 1.2))
    return [[loop, bow]]


def _nine_curled_low(u: Uniform) -> Skeleton:
    """A 9 whose straight stem ends in a flat hook to the left."""
    across, down = u(0.19, 0.3), u(0.2, 0.28)
    hook: Piece = [(across, 0.5), (across * u(0.85, 1.05), 0.8), (across * 0.2, 1.0)]
    return [[_nine_loop(u, across, down), [*hook, (-across * u(0.8, 1.5), u(0.86, 0.98))]]]


def _nine_open(u: Uniform) -> Skeleton:
    """A 9 whose loop is open, because it starts at a distance from the stem."""
    across, down = u(0.22, 0.34), u(0.17, 0.28)
    bow = arc(-0.03, down, across * u(0.75, 0.95), down, u(-75, -40), u(-320, -300))
    bow.append((across + 0.03, u(0.0, 0.12)))
    if u(0, 1) < 0.5:
        return [[bow, [(across, 0.5), (across + u(-0.14, 0.03), 1.0)]]]
    return [[bow, _curl(u, across, down)]]


def _nine_hook(u: Uniform) -> Skeleton:
    """A 9 that starts at the bottom of its loop and runs over the top straight into the stem.

    The bottom of the loop may stay open.
    """
    across, down = u(0.2, 0.3), u(0.22, 0.3)
    hook = arc(0, down, across, down, u(40, 95), 360)
    if u(0, 1) < 0.6:
        return [[[*hook, (across * u(0.8, 1.0), 0.6), (across * u(0.2, 0.9), 1.0)]]]
    return [
        [[*hook, (across, 0.55), (across * 0.85, 0.82), (across * 0.1, 1.0), (-across * u(0.6, 1.2), u(0.86, 0.95))]]
    ]


def _nine_of_circle_and_stem(u: Uniform) -> Skeleton:
    across, down = u(0.18, 0.3), u(0.2, 0.28)
    start = u(260, 330)
    circle = arc(0, down, across, down, start, start - 360 - u(-10, 20))
    return [[circle], [[(across + u(-0.03, 0.04), u(0.05, 0.3)), (across + u(-0.15, 0.04), 1.0)]]]


def _nine_round(u: Uniform) -> Skeleton:
    """A 9 whose loop turns into the stem without a corner."""
    across, down = u(0.2, 0.3), u(0.2, 0.28)
    start = u(-30, 10)
    loop = arc(0, down, across, down, start, -315)
    over: Piece = [(across * 1.0, down * u(0.7, 0.9)), (across * 0.9, 0.62), (across * u(-0.2, 0.7), 1.0)]
    return [[[*loop, *over]]]


STYLES_5_TO_9: tuple[tuple[Style, ...], ...] = (
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
        Style("crossed", 3.5, _seven_crossed, FORWARD, 8, STEADY),
        Style("crossed, with a serif", 1.2, _seven_crossed_serif, FORWARD, 8, STEADY),
        Style("crossed, with a hook", 0.7, _seven_crossed_with_hook, FORWARD, 8, STEADY),
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
        Style("with a wide curl", 0.8, _nine_with_wide_curl, wobble=0.8),
        Style("curled low", 1, _nine_curled_low),
        Style("open", 1.8, _nine_open),
        Style("hook", 1.2, _nine_hook),
        Style("of a circle and a stem", 1, _nine_of_circle_and_stem),
        Style("round", 1.2, _nine_round),
    ),
)

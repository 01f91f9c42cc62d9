"""A damaged link opens the page and says what is wrong."""

import re

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.pages.core.links.helpers import HERE, batches, cell, decode, encode, state
from tests.support.visitor import Visitor

DAMAGED = re.compile(
    r"This link is damaged: (it cannot be read|it is too long|its end is missing, so it has no drawing"
    r"|the drawing in it cannot be read|its drawing has too many points|one of its settings is unknown"
    r"|it points to a cell that does not exist|it contains too many cells)\. "
    r"The page starts as usual\."
)


EXAMPLES = [
    state(drawing={"strokes": [[[10, 20], [12.25, 24], [200, 280]], [[0, 0]]], "pen": 44}),
    state(drawing={"sample": [7, 2329]}, path=[cell("logits", 7), cell("conv2", 12, 3, 4)], channel=17),
    state(drawing={"pixels": [[0] * 14 + [255] * 14] * 28}, view="costs", code="curl"),
]


def test_a_link_that_was_cut_off_is_never_taken_for_a_whole_one(js: Visitor) -> None:
    for link in encode(js, *EXAMPLES):
        for read, problem in decode(js, *[link[:end] for end in range(1, len(link))]):
            assert read is None
            assert DAMAGED.fullmatch(problem)


INK = f"m={HERE}&d=ink.26."


TOO_MANY = "B" + "h9D" + "AA" * 4001  # one stroke of 4,001 points


FRAGMENTS = [
    ("nonsense", "it cannot be read"),
    ("=&=&=", "it cannot be read"),
    ("utm=1", "it cannot be read"),
    ("%", "it cannot be read"),
    ("d=%E0%A4%A", "the drawing in it cannot be read"),
    ("d=" + "A" * 100_001, "it is too long"),
    ("v=table", "its end is missing, so it has no drawing"),
    ("d=", "the drawing in it cannot be read"),
    ("d=__proto__", "the drawing in it cannot be read"),
    ("d=constructor.1", "the drawing in it cannot be read"),
    ("d=digit.7.10000.mnist", "the drawing in it cannot be read"),
    ("d=digit.12.0.mnist", "the drawing in it cannot be read"),
    ("d=digit.NaN.0.mnist", "the drawing in it cannot be read"),
    (INK, "the drawing in it cannot be read"),
    (INK + "BBA", "the drawing in it cannot be read"),  # the point has no y
    (INK + "BBAAA", "the drawing in it cannot be read"),  # and here there is a character too many
    (INK + "BA", "the drawing in it cannot be read"),  # a stroke without a point
    (INK + "BBBA", "the drawing in it cannot be read"),  # to the left of the pad
    (INK + "BBAixD", "the drawing in it cannot be read"),  # below it
    (INK + "BB!A", "the drawing in it cannot be read"),
    (INK + "BBé€", "the drawing in it cannot be read"),
    (INK + "_____A", "the drawing in it cannot be read"),  # a number of 26 bits
    (INK + "h9DBAA", "its drawing has too many points"),  # 4,001 strokes
    (INK + TOO_MANY, "its drawing has too many points"),
    ("d=ink.11.A", "the drawing in it cannot be read"),
    ("d=ink.46.A", "the drawing in it cannot be read"),
    ("d=ink.Infinity.A", "the drawing in it cannot be read"),
    ("d=ink.2e1.A", "the drawing in it cannot be read"),
    ("d=grey.AgY", "the drawing in it cannot be read"),  # 512 of 784 pixels
    ("d=grey.AxYA", "the drawing in it cannot be read"),  # and the length is missing
    ("d=grey.gIwY", "the drawing in it cannot be read"),  # a level of 256
    ("d=grey.AxY", "the drawing in it cannot be read"),  # 785
    ("d=grey." + "AA" * 10, "the drawing in it cannot be read"),  # runs of nothing
    ("p=mnist2&d=ink.26.A", "one of its settings is unknown"),
    ("s=&d=ink.26.A", "one of its settings is unknown"),
    ("v=constructor&d=ink.26.A", "one of its settings is unknown"),
    ("code=perl&d=ink.26.A", "one of its settings is unknown"),
    ("ch=32&d=ink.26.A", "one of its settings is unknown"),
    ("ch=-1&d=ink.26.A", "one of its settings is unknown"),
    ("sort=yes&d=ink.26.A", "one of its settings is unknown"),
    ("at=&d=ink.26.A", "it points to a cell that does not exist"),
    ("at=conv3.0.0.0&d=ink.26.A", "it points to a cell that does not exist"),
    ("at=constructor.0.0.0&d=ink.26.A", "it points to a cell that does not exist"),
    ("at=conv1.32.0.0&d=ink.26.A", "it points to a cell that does not exist"),
    ("at=conv1.0.26.0&d=ink.26.A", "it points to a cell that does not exist"),
    ("at=pool2.0.0.5&d=ink.26.A", "it points to a cell that does not exist"),
    ("at=conv1.0.0&d=ink.26.A", "it points to a cell that does not exist"),
    ("at=conv1.0.0.0.0&d=ink.26.A", "it points to a cell that does not exist"),
    ("at=conv1.0.0.-1&d=ink.26.A", "it points to a cell that does not exist"),
    ("at=conv1.0.0.1e0&d=ink.26.A", "it points to a cell that does not exist"),
    ("at=logits.10&d=ink.26.A", "it points to a cell that does not exist"),
    ("at=flatten.1600&d=ink.26.A", "it points to a cell that does not exist"),
    ("at=flatten&d=ink.26.A", "it points to a cell that does not exist"),
    ("at=logits.1~~logits.2&d=ink.26.A", "it points to a cell that does not exist"),
    ("at=" + "~".join(["logits.1"] * 65) + "&d=ink.26.A", "it contains too many cells"),
]


def test_a_damaged_link_says_what_is_wrong(js: Visitor) -> None:
    found = decode(js, *[start + fragment for fragment, _ in FRAGMENTS for start in ("", "#")])
    for at, (fragment, what) in enumerate(FRAGMENTS):
        sentence = f"This link is damaged: {what}. The page starts as usual."
        assert found[2 * at : 2 * at + 2] == [(None, sentence)] * 2, fragment[:80]
        assert DAMAGED.fullmatch(sentence)


@st.composite
def altered(draw: DrawFn) -> tuple[int, int, int, str]:
    """An alteration: the number of the example, start, end, and the text that replaces this part."""
    start = draw(st.integers(0, 120))
    return draw(st.integers(0, 2)), start, start + draw(st.integers(0, 6)), draw(st.text(max_size=4) | st.just("A"))


@given(st.lists(altered(), min_size=20, max_size=60), st.lists(st.text(max_size=80), max_size=20))
@batches
def test_an_altered_link_is_refused_or_is_another_valid_link(
    js: Visitor, changes: list[tuple[int, int, int, str]], texts: list[str]
) -> None:
    links = encode(js, *EXAMPLES)
    changed = [links[i][:start] + text + links[i][end:] for i, start, end, text in changes] + texts
    changed = [text.encode(errors="ignore").decode() for text in changed]
    opened = decode(js, *changed)
    for read, problem in opened:
        if read is None:
            assert problem == "" or DAMAGED.fullmatch(problem)
        else:
            assert problem == "" or re.fullmatch(r"(?s)This link was made with other weights.*\. [^.]*\.", problem)
    pages = [read for read, _ in opened if read]
    models = [page["model"] for page in pages]
    again = decode(js, *encode(js, *pages))
    assert [read for read, _ in again] == [
        page | {"model": model or HERE} for page, model in zip(pages, models, strict=True)
    ], "what was opened is a page that can be linked to"

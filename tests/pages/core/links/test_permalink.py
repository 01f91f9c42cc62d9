"""A link holds the state of the page."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pages.core.links.helpers import HERE, State, batches, cell, decode, encode, state, states
from tests.support.visitor import PAD, Visitor


@given(st.lists(states, min_size=1, max_size=12))
@batches
def test_a_link_restores_every_state_of_the_page(js: Visitor, pages: list[State]) -> None:
    links = encode(js, *pages)
    assert decode(js, *links) == [(page, "") for page in pages]
    assert encode(js, *[page for page, _ in decode(js, *links) if page]) == links
    assert all(re.fullmatch(r"[\w.~&=-]+", link) for link in links), "nothing that a sender would have to escape"


def test_a_link_is_readable(js: Visitor) -> None:
    path = [cell("logits", 7), cell("relu3", 43), cell("conv1", 7, 12, 5)]
    shown = state(drawing={"sample": [7, 0]}, path=path, view="table", sorted=True, code="torch", channel=3)
    assert encode(js, state(), shown, state(prepare="none", scale="map")) == [
        f"m={HERE}&d=ink.26.A",
        f"m={HERE}&v=table&sort=true&code=torch&ch=3&at=logits.7~relu3.43~conv1.7.12.5&d=digit.7.0.mnist",
        f"m={HERE}&p=none&s=map&d=ink.26.A",
    ]


def test_an_address_without_a_state_is_not_damaged(js: Visitor) -> None:
    assert decode(js, "", "#") == [(None, ""), (None, "")]
    assert js.module("core/links/permalink", "return m.decode(null, { model: 'x' })") == {"state": None, "problem": ""}


def test_a_typical_drawing_makes_a_link_of_less_than_a_thousand_characters(js: Visitor) -> None:
    t = np.linspace(0, 2 * np.pi, 100)
    eight = np.stack([140 + 60 * np.sin(2 * t), 140 - 110 * np.cos(t)], axis=1)
    points = ((eight * 4).round() / 4).tolist()
    path = [cell("logits", 8), cell("relu3", 12), cell("flatten", 700), cell("pool2", 28, 0, 0)]
    (link,) = encode(js, state(drawing={"strokes": [points], "pen": 26}, path=path))
    assert len(link) < 500
    blank, drawn = encode(js, state(), state(drawing={"strokes": [points], "pen": 26}))
    assert len(drawn) - len(blank) <= 4 * len(points)


def test_the_longest_drawing_still_fits_in_a_link(js: Visitor) -> None:
    random = np.random.default_rng(2)
    points = (random.integers(0, 4 * PAD + 1, (4000, 2)) / 4).tolist()
    noise = random.integers(0, 256, (28, 28)).tolist()
    pages = [state(drawing={"strokes": [points], "pen": 12}), state(drawing={"pixels": noise})]
    links = encode(js, *pages)
    assert decode(js, *links) == [(page, "") for page in pages]
    assert len(links[0]) < 25_000
    assert len(links[1]) < 2_500


def test_a_link_thins_strokes_with_too_many_points(js: Visitor) -> None:
    points = [[(i % 1000) / 4, (i // 1000) / 4] for i in range(6000)]
    ((read, problem),) = decode(js, *encode(js, state(drawing={"strokes": [points], "pen": 26})))
    assert read is not None
    assert problem == ""
    assert 500 < len(read["drawing"]["strokes"][0]) <= 4000


def test_a_path_too_long_for_a_link_keeps_its_newest_cells(js: Visitor) -> None:
    path = [cell("flatten", i) for i in range(80)]
    ((read, _),) = decode(js, *encode(js, state(path=path)))
    assert read is not None
    assert read["path"] == path[-64:]


def test_a_link_holds_strokes_without_times_and_uploads_as_preprocessed_pixels(js: Visitor) -> None:
    script = """const prepared = Uint8Array.from({ length: 784 }, (_, i) => i % 251);
    const options = { pen: 30, prepare: "resize", pixels: prepared };
    const pixels = Array.from({ length: 28 }, () => Array(28).fill(9));
    return [
      { strokes: [[[1, 2, 30], [4.25, 5, 60]]], image: null },
      { strokes: [], image: null },
      { strokes: [], image: { kind: "sample", label: 4, index: 27, pixels } },
      { strokes: [], image: { kind: "pixels", pixels, bitmap: null } },
      { strokes: [], image: { kind: "upload", file: null, bitmap: null } },
    ].map((drawing) => m.linkableDrawing(drawing, options))"""
    drawn, blank, sample, pixels, upload = js.module("core/links/drawing-text", script)
    assert drawn == {"drawing": {"strokes": [[[1, 2], [4.25, 5]]], "pen": 30}, "prepare": "resize"}
    assert blank == {"drawing": {"strokes": [], "pen": 30}, "prepare": "resize"}
    assert sample == {"drawing": {"sample": [4, 27]}, "prepare": "resize"}
    assert pixels == {"drawing": {"pixels": [[9] * 28] * 28}, "prepare": "resize"}
    assert upload["prepare"] == "none", "what is prepared already is left as it is"
    assert np.array_equal(upload["drawing"]["pixels"], (np.arange(784) % 251).reshape(28, 28))


def test_a_link_with_escaped_characters_works(js: Visitor) -> None:
    page = state(drawing={"sample": [2, 35]}, path=[cell("conv2", 63, 10, 10), cell("input", 0, 27, 27)])
    (link,) = encode(js, page)
    assert decode(js, "#" + link.replace("~", "%7E").replace(".", "%2E")) == [(page, "")]


def test_a_link_made_with_other_weights_opens_and_says_so(js: Visitor) -> None:
    page = state(drawing={"sample": [7, 0]}, path=[cell("conv1", 0, 0, 0)], model="mine-0123abcd")
    assert decode(js, *encode(js, page)) == [
        (page, "This link was made with other weights (mine-0123abcd). The numbers may be different here.")
    ]
    assert decode(js, "d=digit.7.0.mnist") == [(state(drawing={"sample": [7, 0]}), "")], "a link may leave it open"


@pytest.mark.parametrize("name", ["<b>you won</b>", "x" * 65, "call 555 now", "ünder"])
def test_an_invalid_name_of_weights_is_not_repeated(js: Visitor, name: str) -> None:
    ((read, problem),) = decode(js, *encode(js, state(model=name)))
    assert read == state(model=None)
    assert problem == "This link was made with other weights. The numbers may be different here."
    ((same, nothing),) = decode(js, *encode(js, state(model=name)), model=name)
    assert (same, nothing) == (state(model=name), "")


def test_a_link_with_unknown_weights_opens_with_the_served_ones(js: Visitor) -> None:
    (link,) = encode(js, state(weightSet="lesson:3", model=None))
    ((read, problem),) = decode(js, link.replace("lesson.3", "mine.7"))
    assert (read, "does not have" in problem) == (state(model=None), True)

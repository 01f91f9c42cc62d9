"""A link holds the whole page, a damaged one says so, and every number's three programs print that number."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.typing import NDArray

from model import checkpoint
from model.layers import LAYERS
from tests.visitor import PAD, SEVEN, Visitor

State = dict[str, Any]
HERE = checkpoint.read(checkpoint.SHIPPED).model
GRIDS = {"flatten": (64, 25), "dense1": (16, 8), "relu3": (16, 8), "logits": (10, 1), "probabilities": (10, 1)}


def cell(layer: str, *place: int) -> State:
    """A cell of the page: map, row and column, or the index in a layer that is a list."""
    if layer in GRIDS:
        row, col = divmod(place[0], GRIDS[layer][1])
        return {"layer": layer, "map": 0, "row": row, "col": col}
    return {"layer": layer, **dict(zip(("map", "row", "col"), place, strict=True))}


def state(**changed: Any) -> State:
    """The page as it opens, with a blank pad, but for what is named."""
    usual: State = {
        "drawing": {"strokes": [], "pen": 26},
        "prepare": "mnist",
        "scale": "layer",
        "view": "network",
        "sorted": False,
        "path": [],
        "code": None,
        "channel": None,
        "work": False,
        "model": HERE,
    }
    return usual | changed


def encode(js: Visitor, *states: State) -> list[str]:
    links: list[str] = js.module("core/links/permalink", "return a.map(m.encode)", list(states))
    return links


def decode(js: Visitor, *fragments: str, model: str = HERE) -> list[tuple[State | None, str]]:
    script = "return a[0].map((fragment) => m.decode(fragment, { model: a[1] }))"
    return [
        (read["state"], read["problem"]) for read in js.module("core/links/permalink", script, [list(fragments), model])
    ]


# ---------------------------------------------------------------- a link and back

quarters = st.integers(0, 4 * PAD).map(lambda n: n / 4)
nearby = st.lists(st.tuples(st.integers(-40, 40), st.integers(-40, 40)), max_size=60)


@st.composite
def strokes(draw: DrawFn) -> list[list[float]]:
    """A stroke as a hand draws it: from anywhere on the pad in small steps, which stay on it."""
    x, y = draw(quarters), draw(quarters)
    stroke = [[x, y]]
    for dx, dy in draw(nearby):
        x, y = min(max(x + dx / 4, 0), PAD), min(max(y + dy / 4, 0), PAD)
        stroke.append([x, y])
    return stroke


@st.composite
def rows_of_levels(draw: DrawFn) -> list[list[int]]:
    levels = np.zeros((28, 28), int)
    for at in draw(st.lists(st.integers(0, 783), max_size=30)):
        levels.flat[at : at + draw(st.integers(1, 9))] = draw(st.integers(0, 255))
    rows: list[list[int]] = levels.tolist()
    return rows


def cells() -> SearchStrategy[State]:
    def of(layer: str, shape: tuple[int, ...]) -> SearchStrategy[State]:
        return st.tuples(*[st.integers(0, side - 1) for side in shape]).map(lambda place: cell(layer, *place))

    return st.one_of([of(layer.name, layer.shape) for layer in LAYERS])


drawings = st.one_of(
    st.fixed_dictionaries({"strokes": st.lists(strokes(), max_size=5), "pen": st.sampled_from(range(12, 45, 2))}),
    st.fixed_dictionaries({"sample": st.tuples(st.integers(0, 9), st.integers(0, 9999)).map(list)}),
    st.fixed_dictionaries({"pixels": rows_of_levels()}),
)
states = st.fixed_dictionaries(
    {
        "drawing": drawings,
        "prepare": st.sampled_from(["mnist", "resize", "none", "uncentred", "own_pen"]),
        "scale": st.sampled_from(["map", "layer", "fixed"]),
        "view": st.sampled_from(["network", "map", "table", "costs"]),
        "sorted": st.booleans(),
        "path": st.lists(cells(), max_size=14),
        "code": st.sampled_from([None, "numpy", "torch", "curl"]),
        "channel": st.none() | st.integers(0, 31),
        "work": st.booleans(),
        "model": st.just(HERE),
    }
)
# One example is a batch of pages: each way to the browser and back takes longer than the link.
batches = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@given(st.lists(states, min_size=1, max_size=12))
@batches
def test_whatever_is_on_the_page_comes_back_from_its_link(js: Visitor, pages: list[State]) -> None:
    links = encode(js, *pages)
    assert decode(js, *links) == [(page, "") for page in pages]
    assert encode(js, *[page for page, _ in decode(js, *links) if page]) == links
    assert all(re.fullmatch(r"[\w.~&=-]+", link) for link in links), "nothing that a sender would have to escape"


def test_a_link_reads_like_what_it_shows(js: Visitor) -> None:
    path = [cell("logits", 7), cell("relu3", 43), cell("conv1", 7, 12, 5)]
    shown = state(drawing={"sample": [7, 0]}, path=path, view="table", sorted=True, code="torch", channel=3)
    assert encode(js, state(), shown, state(prepare="none", scale="map")) == [
        f"m={HERE}&d=ink.26.A",
        f"m={HERE}&v=table&sort=true&code=torch&ch=3&at=logits.7~relu3.43~conv1.7.12.5&d=digit.7.0.mnist",
        f"m={HERE}&p=none&s=map&d=ink.26.A",
    ]


def test_an_address_without_a_state_is_no_problem(js: Visitor) -> None:
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


def test_more_points_than_a_link_may_hold_are_thinned_as_the_pad_does(js: Visitor) -> None:
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


def test_a_drawing_goes_into_a_link_without_its_times_and_an_upload_as_what_was_made_of_it(js: Visitor) -> None:
    script = """const picture = Uint8Array.from({ length: 784 }, (_, i) => i % 251);
    const options = { pen: 30, prepare: "resize", picture };
    const pixels = Array.from({ length: 28 }, () => Array(28).fill(9));
    return [
      { strokes: [[[1, 2, 30], [4.25, 5, 60]]], picture: null },
      { strokes: [], picture: null },
      { strokes: [], picture: { kind: "sample", label: 4, index: 27, pixels } },
      { strokes: [], picture: { kind: "pixels", pixels, bitmap: null } },
      { strokes: [], picture: { kind: "upload", file: null, bitmap: null } },
    ].map((drawing) => m.linked(drawing, options))"""
    drawn, blank, sample, pixels, upload = js.module("core/links/permalink", script)
    assert drawn == {"drawing": {"strokes": [[[1, 2], [4.25, 5]]], "pen": 30}, "prepare": "resize"}
    assert blank == {"drawing": {"strokes": [], "pen": 30}, "prepare": "resize"}
    assert sample == {"drawing": {"sample": [4, 27]}, "prepare": "resize"}
    assert pixels == {"drawing": {"pixels": [[9] * 28] * 28}, "prepare": "resize"}
    assert upload["prepare"] == "none", "what is prepared already is left as it is"
    assert np.array_equal(upload["drawing"]["pixels"], (np.arange(784) % 251).reshape(28, 28))


def test_a_sender_that_escapes_every_sign_does_no_harm(js: Visitor) -> None:
    page = state(drawing={"sample": [2, 35]}, path=[cell("conv2", 63, 10, 10), cell("input", 0, 27, 27)])
    (link,) = encode(js, page)
    assert decode(js, "#" + link.replace("~", "%7E").replace(".", "%2E")) == [(page, "")]


# ---------------------------------------------------------------- other weights


def test_a_link_made_with_other_weights_opens_and_says_so(js: Visitor) -> None:
    page = state(drawing={"sample": [7, 0]}, path=[cell("conv1", 0, 0, 0)], model="mine-0123abcd")
    assert decode(js, *encode(js, page)) == [
        (page, "This link was made with other weights (mine-0123abcd); its numbers may differ here.")
    ]
    assert decode(js, "d=digit.7.0.mnist") == [(state(drawing={"sample": [7, 0]}), "")], "a link may leave it open"


@pytest.mark.parametrize("name", ["<b>you won</b>", "x" * 65, "call 555 now", "ünder"])
def test_a_name_of_weights_that_is_none_is_not_repeated(js: Visitor, name: str) -> None:
    ((read, problem),) = decode(js, *encode(js, state(model=name)))
    assert read == state(model=None)
    assert problem == "This link was made with other weights; its numbers may differ here."
    ((same, nothing),) = decode(js, *encode(js, state(model=name)), model=name)
    assert (same, nothing) == (state(model=name), "")


# ---------------------------------------------------------------- damage

DAMAGED = re.compile(
    r"This link is damaged: (it cannot be read|it is far too long|its end is missing, and with it the drawing"
    r"|the drawing in it cannot be read|its drawing has too many points|one of its settings is unknown"
    r"|it points to a number that is not there|it holds too many numbers to look at)\. "
    r"Here is the page as it opens\."
)
EXAMPLES = [
    state(drawing={"strokes": [[[10, 20], [12.25, 24], [200, 280]], [[0, 0]]], "pen": 44}),
    state(drawing={"sample": [7, 2329]}, path=[cell("logits", 7), cell("conv2", 12, 3, 4)], channel=17),
    state(drawing={"pixels": [[0] * 14 + [255] * 14] * 28}, view="costs", code="curl"),
]


def test_no_part_of_a_link_that_was_cut_off_is_taken_for_a_whole_one(js: Visitor) -> None:
    for link in encode(js, *EXAMPLES):
        for read, problem in decode(js, *[link[:end] for end in range(1, len(link))]):
            assert read is None
            assert DAMAGED.fullmatch(problem)


INK = f"m={HERE}&d=ink.26."
TOO_MANY = "B" + "h9D" + "AA" * 4001  # one stroke of 4,001 points


@pytest.mark.parametrize(
    ("fragment", "what"),
    [
        ("nonsense", "it cannot be read"),
        ("=&=&=", "it cannot be read"),
        ("utm=1", "it cannot be read"),
        ("%", "it cannot be read"),
        ("d=%E0%A4%A", "it cannot be read"),
        ("d=" + "A" * 100_001, "it is far too long"),
        ("v=table", "its end is missing, and with it the drawing"),
        ("d=", "the drawing in it cannot be read"),
        ("d=__proto__", "the drawing in it cannot be read"),
        ("d=constructor.1", "the drawing in it cannot be read"),
        ("d=digit.7.10000.mnist", "the drawing in it cannot be read"),
        ("d=digit.12.0.mnist", "the drawing in it cannot be read"),
        ("d=digit.NaN.0.mnist", "the drawing in it cannot be read"),
        (INK, "the drawing in it cannot be read"),
        (INK + "BBA", "the drawing in it cannot be read"),  # the point has no y
        (INK + "BBAAA", "the drawing in it cannot be read"),  # and here something is left over
        (INK + "BA", "the drawing in it cannot be read"),  # a stroke without a point
        (INK + "BBBA", "the drawing in it cannot be read"),  # left of the pad
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
        ("d=grey.AxYA", "the drawing in it cannot be read"),  # and no length
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
        ("at=&d=ink.26.A", "it points to a number that is not there"),
        ("at=conv3.0.0.0&d=ink.26.A", "it points to a number that is not there"),
        ("at=constructor.0.0.0&d=ink.26.A", "it points to a number that is not there"),
        ("at=conv1.32.0.0&d=ink.26.A", "it points to a number that is not there"),
        ("at=conv1.0.26.0&d=ink.26.A", "it points to a number that is not there"),
        ("at=pool2.0.0.5&d=ink.26.A", "it points to a number that is not there"),
        ("at=conv1.0.0&d=ink.26.A", "it points to a number that is not there"),
        ("at=conv1.0.0.0.0&d=ink.26.A", "it points to a number that is not there"),
        ("at=conv1.0.0.-1&d=ink.26.A", "it points to a number that is not there"),
        ("at=conv1.0.0.1e0&d=ink.26.A", "it points to a number that is not there"),
        ("at=logits.10&d=ink.26.A", "it points to a number that is not there"),
        ("at=flatten.1600&d=ink.26.A", "it points to a number that is not there"),
        ("at=flatten&d=ink.26.A", "it points to a number that is not there"),
        ("at=logits.1~~logits.2&d=ink.26.A", "it points to a number that is not there"),
        ("at=" + "~".join(["logits.1"] * 65) + "&d=ink.26.A", "it holds too many numbers to look at"),
    ],
    ids=lambda text: text[:40],
)
def test_a_damaged_link_opens_the_page_as_it_is_and_says_what_is_wrong(js: Visitor, fragment: str, what: str) -> None:
    sentence = f"This link is damaged: {what}. Here is the page as it opens."
    assert decode(js, fragment, "#" + fragment) == [(None, sentence)] * 2
    assert DAMAGED.fullmatch(sentence)


@st.composite
def altered(draw: DrawFn) -> tuple[int, int, int, str]:
    """Which of the examples, from where to where, and what stands there instead."""
    start = draw(st.integers(0, 120))
    return draw(st.integers(0, 2)), start, start + draw(st.integers(0, 6)), draw(st.text(max_size=4) | st.just("A"))


@given(st.lists(altered(), min_size=20, max_size=60), st.lists(st.text(max_size=80), max_size=20))
@batches
def test_a_link_altered_anywhere_is_refused_or_is_another_link_but_never_an_error(
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
            assert problem == "" or re.fullmatch(r"This link was made with other weights[^;]*; [^;]*", problem)
    pages = [read for read, _ in opened if read]
    models = [page["model"] for page in pages]
    again = decode(js, *encode(js, *pages))
    assert [read for read, _ in again] == [
        page | {"model": model or HERE} for page, model in zip(pages, models, strict=True)
    ], "what was opened is a page that can be linked to"


# ---------------------------------------------------------------- what a link hides


def test_a_link_hides_what_it_names_and_nothing_else(js: Visitor) -> None:
    script = "return a.map(m.hidden)"
    assert js.module(
        "core/links/permalink",
        script,
        ["?hide=samples,pen", "?hide=code&hide=link,code", "", "?show=pen", "?hide=", "?hide=constructor,<b>,Pen,%"],
    ) == [["pen", "samples"], ["code", "link"], [], [], [], []]


def test_everything_that_can_be_hidden_has_a_sentence(js: Visitor) -> None:
    hideable = js.module("core/links/permalink", "return m.HIDEABLE")
    names = "tools pen samples upload prepare stages scale views code link follow work"
    assert list(hideable) == names.split()
    assert all(re.fullmatch(r"[A-Z].*\.", sentence) for sentence in hideable.values())


# ---------------------------------------------------------------- programs

Snippet = tuple[str, str, float]  # a name, the program, the number it has to print


def _shown(number: float) -> str:
    """A number as the page writes it, with a plain minus."""
    return f"{number:.4f}" if abs(number) >= 1e-4 or number == 0 else f"{number:.2e}"


def _spread(values: NDArray[np.float32], turn: int) -> tuple[int, ...]:
    """A place in a layer: the largest number's, the last one, or the one nearest to zero that is not zero."""
    flat = values.ravel()
    sizes = np.where(flat == 0, np.inf, np.abs(flat))
    at = (int(flat.argmax()), flat.size - 1, int(sizes.argmin()))[turn]
    return tuple(int(i) for i in np.unravel_index(at, values.shape))


def _drawings() -> dict[str, tuple[str, State]]:
    t = np.linspace(0, 1, 28)
    ring = np.hypot(*np.meshgrid(t - 0.5, t - 0.4))
    picture = np.clip(255 * (1 - np.abs(ring - 0.3) * 12), 0, 255).astype(int).tolist()
    return {
        "strokes": ("mnist", {"strokes": [SEVEN, [[90, 150], [180, 150]]], "pen": 26, "canvas": [PAD, PAD]}),
        "pixels": ("mnist", {"pixels": picture}),
        "as it is": ("none", {"strokes": [[[8, 6.5], [19, 6], [13, 25]]], "pen": 2.6, "canvas": [28, 28]}),
    }


@pytest.fixture(scope="module")
def programs(js: Visitor, live_server: str) -> dict[str, list[Snippet]]:
    """For each language one program for a cell of every layer, for each of three drawings, and what it has to print."""
    made: dict[str, list[Snippet]] = {"numpy": [], "torch": [], "curl": []}
    temperature = httpx2.get(f"{live_server}/model").json().get("temperature", 1.0)
    for turn, (kind, (prepare, drawing)) in enumerate(_drawings().items()):
        answer = httpx2.post(f"{live_server}/feature-maps?prepare={prepare}", json=drawing).raise_for_status().json()
        for layer in answer["layers"]:
            values = np.array(layer["values"], np.float32)
            place = _spread(values, turn)
            wish = {
                "cell": cell(layer["name"], *place),
                "value": float(values[place]),
                "prepare": prepare,
                "request": {"type": "application/json", "body": json.dumps(drawing)},
                "origin": live_server,
                "temperature": temperature,
            }
            texts = js.module("core/programs", "return m.snippets(a)", wish)
            assert list(texts) == list(made)
            for language, text in texts.items():
                made[language].append((f"{layer['name']} {place} of {kind}", text, float(values[place])))
    return made


# Runs each file as a program of its own, one after the other in one process: PyTorch takes seconds to import.
ONE_BY_ONE = """
import contextlib, io, json, runpy, sys
printed = []
for path in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        runpy.run_path(path, run_name="__main__")
    printed.append(out.getvalue())
json.dump(printed, sys.stdout)
"""


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONWARNINGS": "error"})
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def _python(snippets: list[Snippet], folder: Path) -> list[str]:
    files = [folder / f"{number}.py" for number in range(len(snippets))]
    for file, (_, text, _) in zip(files, snippets, strict=True):
        file.write_text(text, encoding="utf-8")
    printed: list[str] = json.loads(_run(sys.executable, "-c", ONE_BY_ONE, *map(str, files)))
    return printed


def _shell(snippets: list[Snippet], folder: Path) -> list[str]:
    assert shutil.which("curl"), "These tests run the page's curl commands: install curl."
    printed = []
    for number, (_, text, _) in enumerate(snippets):
        file = folder / f"{number}.sh"
        file.write_text(text, encoding="utf-8")
        printed.append(_run("sh", str(file)))
    return printed


@pytest.mark.parametrize(("language", "run"), [("numpy", _python), ("torch", _python), ("curl", _shell)])
def test_every_program_prints_the_number_that_is_on_the_screen(
    programs: dict[str, list[Snippet]],
    language: str,
    run: Callable[[list[Snippet], Path], list[str]],
    tmp_path: Path,
) -> None:
    snippets = programs[language]
    assert len(snippets) == 3 * len(LAYERS)
    for (name, _, number), printed in zip(snippets, run(snippets, tmp_path), strict=True):
        assert re.fullmatch(r"-?\d+\.\d{4}\n|-?\d\.\d\de[-+]\d\d\n", printed), name
        # Sums in another order differ in the last of float32's digits, and so perhaps in the last one that is shown.
        slack = 0 if language == "curl" else 1.01e-4 if abs(number) >= 1e-4 else 1e-2 * abs(number) + 2e-6
        assert abs(float(printed) - float(_shown(number))) <= slack, name
    numbers = [abs(number) for _, _, number in snippets]
    assert min(n for n in numbers if n > 0) < 1e-4 < 1 < max(numbers), "small numbers and large ones were among them"


@pytest.mark.parametrize("language", ["numpy", "torch"])
def test_a_program_says_in_its_last_line_what_the_page_shows(programs: dict[str, list[Snippet]], language: str) -> None:
    for name, text, number in programs[language]:
        assert text.endswith(f"  # the page says {_shown(number)}\n"), name


@pytest.mark.parametrize("language", ["numpy", "torch"])
def test_a_program_divides_by_the_temperature_where_there_is_one(
    js: Visitor, live_server: str, language: str, tmp_path: Path
) -> None:
    temperature = 1.8531
    _, (_, drawing) = next(iter(_drawings().items()))
    answer = httpx2.post(f"{live_server}/feature-maps?layers=logits", json=drawing).raise_for_status().json()
    powers = np.exp(np.array(answer["layers"][0]["values"]) / temperature)
    wish = {
        "cell": cell("probabilities", 7),
        "value": float(powers[7] / powers.sum()),
        "prepare": "mnist",
        "request": {"type": "application/json", "body": json.dumps(drawing)},
        "origin": live_server,
    }
    texts = js.module("core/programs", "return m.snippets(a)", wish | {"temperature": temperature})
    assert texts["curl"] == js.module("core/programs", "return m.snippets(a).curl", wish), (
        "the service divides by itself"
    )
    file = tmp_path / "softmax.py"
    file.write_text(texts[language], encoding="utf-8")
    assert float(_run(sys.executable, str(file))) == pytest.approx(wish["value"], abs=1.01e-4)


@pytest.mark.parametrize("language", ["numpy", "torch"])
def test_a_program_runs_by_itself(programs: dict[str, list[Snippet]], language: str, tmp_path: Path) -> None:
    name, text, number = next(snippet for snippet in programs[language] if snippet[0].startswith("conv2"))
    file = tmp_path / "by_itself.py"
    file.write_text(text, encoding="utf-8")
    assert float(_run(sys.executable, str(file))) == pytest.approx(number, abs=1.01e-4), name


@pytest.mark.parametrize("language", ["numpy", "torch", "curl"])
def test_a_program_fits_on_the_board(programs: dict[str, list[Snippet]], language: str) -> None:
    for name, text, _ in programs[language]:
        lines = [line for line in text.splitlines() if not line.startswith(("drawing = ", "  --header"))]
        assert max(map(len, lines)) <= (160 if language == "curl" else 100), name
        assert len(lines) <= {"numpy": 26, "torch": 54, "curl": 3}[language], name
        assert not re.search(r"[ \t]$", text, re.MULTILINE), name
        assert "undefined" not in text, name


def test_a_conv2_number_is_worked_out_over_all_32_channels(programs: dict[str, list[Snippet]]) -> None:
    for name, text, _ in programs["numpy"]:
        if name.startswith("conv2"):
            assert 'I = maps["pool1"][:, ' in text
            assert "O = np.sum(I * K) + b" in text


def test_nothing_that_comes_from_outside_is_run(js: Visitor, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    evil = f"'; touch {trap}; \"; $(touch {trap}) `touch {trap}` \\"
    wish = {
        "cell": cell("conv1", 0, 0, 0),
        "value": 1,
        "prepare": "mnist",
        "request": {"type": "application/json", "body": json.dumps({"pixels": [[0]], "image": evil})},
        "origin": f"http://127.0.0.1:9/{evil}",
    }
    texts = js.module("core/programs", "return m.snippets(a)", wish)
    for language in ("numpy", "torch"):
        compile(texts[language], language, "exec")
        source: dict[str, Any] = {}
        for line in texts[language].splitlines():
            if line.startswith(("SERVICE = ", "drawing = ")):
                exec(line, source)
        assert source["SERVICE"] == wish["origin"]
        assert source["drawing"] == {"pixels": [[0]], "image": evil}
    file = tmp_path / "evil.sh"
    file.write_text(texts["curl"], encoding="utf-8")
    done = subprocess.run(["sh", str(file)], capture_output=True, text=True)
    assert "curl: " in done.stderr
    assert not trap.exists()


def test_what_is_no_json_makes_no_program(js: Visitor) -> None:
    script = "try { m.snippets(a); return 'made' } catch (error) { return error.name }"
    wish = {
        "cell": cell("input", 0, 0, 0),
        "value": 1,
        "prepare": "mnist",
        "request": {"type": "application/json", "body": "__import__('os')"},
        "origin": "http://127.0.0.1:9",
    }
    assert js.module("core/programs", script, wish) == "SyntaxError"

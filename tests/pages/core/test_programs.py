"""The programs that compute the number on the screen."""

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
from numpy.typing import NDArray

from model.layers import LAYERS
from tests.pages.core.links.helpers import State, cell
from tests.support import lesson_programs
from tests.support.visitor import PAD, SEVEN, Visitor

Snippet = tuple[str, str, float]  # a name, the program, the number it has to print


def _shown(number: float) -> str:
    """A number as the page formats it, with an ASCII minus."""
    return f"{number:.4f}" if abs(number) >= 1e-4 or number == 0 else f"{number:.2e}"


def _spread(values: NDArray[np.float32], turn: int) -> tuple[int, ...]:
    """The place of the largest number in a layer, the last place, or the place of the smallest number other than
    zero."""
    flat = values.ravel()
    sizes = np.where(flat == 0, np.inf, np.abs(flat))
    at = (int(flat.argmax()), flat.size - 1, int(sizes.argmin()))[turn]
    return tuple(int(i) for i in np.unravel_index(at, values.shape))


def _drawings() -> dict[str, tuple[str, State]]:
    t = np.linspace(0, 1, 28)
    ring = np.hypot(*np.meshgrid(t - 0.5, t - 0.4))
    image = np.clip(255 * (1 - np.abs(ring - 0.3) * 12), 0, 255).astype(int).tolist()
    return {
        "strokes": ("mnist", {"strokes": [SEVEN, [[90, 150], [180, 150]]], "pen": 26, "canvas": [PAD, PAD]}),
        "pixels": ("mnist", {"pixels": image}),
        "as it is": ("none", {"strokes": [[[8, 6.5], [19, 6], [13, 25]]], "pen": 2.6, "canvas": [28, 28]}),
    }


@pytest.fixture(scope="module")
def programs(js: Visitor, live_server: str) -> dict[str, list[Snippet]]:
    """By language, a program for a cell of every layer and each of three drawings, with the number it must print."""
    made: dict[str, list[Snippet]] = {"numpy": [], "torch": [], "curl": []}
    temperature = httpx2.get(f"{live_server}/model").json().get("temperature", 1.0)
    for turn, (kind, (prepare, drawing)) in enumerate(_drawings().items()):
        answer = httpx2.post(f"{live_server}/feature-maps?prepare={prepare}", json=drawing).raise_for_status().json()
        for layer in answer["layers"]:
            values = np.array(layer["values"], np.float32)
            place = _spread(values, turn)
            arguments = {
                "cell": cell(layer["name"], *place),
                "value": float(values[place]),
                "prepare": prepare,
                "request": {"type": "application/json", "body": json.dumps(drawing)},
                "origin": live_server,
                "temperature": temperature,
            }
            texts = js.module("core/programs", "return m.snippets(a)", arguments)
            assert list(texts) == list(made)
            for language, text in texts.items():
                made[language].append((f"{layer['name']} {place} of {kind}", text, float(values[place])))
    return made


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONWARNINGS": "error"})
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def _python(snippets: list[Snippet], folder: Path) -> list[str]:
    return [lesson_programs.printed(text, folder) for _, text, _ in snippets]


def _shell(snippets: list[Snippet], folder: Path) -> list[str]:
    assert shutil.which("curl"), "These tests run the page's curl commands: install curl."
    printed = []
    for number, (_, text, _) in enumerate(snippets):
        file = folder / f"{number}.sh"
        file.write_text(text, encoding="utf-8")
        printed.append(_run("sh", str(file)))
    return printed


@pytest.mark.parametrize(("language", "run"), [("numpy", _python), ("torch", _python), ("curl", _shell)])
def test_every_program_prints_the_number_on_the_screen(
    programs: dict[str, list[Snippet]],
    language: str,
    run: Callable[[list[Snippet], Path], list[str]],
    tmp_path: Path,
) -> None:
    snippets = programs[language]
    assert len(snippets) == 3 * len(LAYERS)
    if language == "curl":  # each starts three processes, so these are every layer once, and each drawing in turn
        snippets = [snippets[len(LAYERS) * (i % 3) + i] for i in range(len(LAYERS))]
    for (name, _, number), printed in zip(snippets, run(snippets, tmp_path), strict=True):
        assert re.fullmatch(r"-?\d+\.\d{4}\n|-?\d\.\d\de[-+]\d\d\n", printed), name
        # Sums in another order differ in the last digits of float32, and so perhaps in the last digit shown.
        slack = 0 if language == "curl" else 1.01e-4 if abs(number) >= 1e-4 else 1e-2 * abs(number) + 2e-6
        assert abs(float(printed) - float(_shown(number))) <= slack, name
    numbers = [abs(number) for _, _, number in snippets]
    assert min(n for n in numbers if n > 0) < 1e-4 < 1 < max(numbers), "small numbers and large ones were among them"


def on_page(value: float) -> str:
    """A number as the pages write it, with four decimals or as 2.77·10⁻⁷."""
    raised = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    digits, _, exponent = _shown(value).partition("e")
    power = f"·10{str(int(exponent)).translate(raised)}" if exponent else ""
    return f"{digits}{power}".replace("-", "−")


@pytest.mark.parametrize("language", ["numpy", "torch"])
def test_the_last_line_of_a_program_has_the_number_that_the_page_shows(
    programs: dict[str, list[Snippet]], language: str
) -> None:
    for name, text, number in programs[language]:
        assert text.endswith(f"  # the page shows {on_page(number)}\n"), name


@pytest.mark.parametrize("language", ["numpy", "torch"])
def test_a_program_divides_by_the_temperature_if_there_is_one(
    js: Visitor, live_server: str, language: str, tmp_path: Path
) -> None:
    temperature = 1.8531
    _, (_, drawing) = next(iter(_drawings().items()))
    answer = httpx2.post(f"{live_server}/feature-maps?layers=logits", json=drawing).raise_for_status().json()
    powers = np.exp(np.array(answer["layers"][0]["values"]) / temperature)
    arguments = {
        "cell": cell("probabilities", 7),
        "value": float(powers[7] / powers.sum()),
        "prepare": "mnist",
        "request": {"type": "application/json", "body": json.dumps(drawing)},
        "origin": live_server,
    }
    texts = js.module("core/programs", "return m.snippets(a)", arguments | {"temperature": temperature})
    assert texts["curl"] == js.module("core/programs", "return m.snippets(a).curl", arguments), (
        "the service divides by itself"
    )
    assert float(lesson_programs.printed(texts[language], tmp_path)) == pytest.approx(arguments["value"], abs=1.01e-4)


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


def test_a_conv2_number_is_computed_from_all_32_channels(programs: dict[str, list[Snippet]]) -> None:
    for name, text, _ in programs["numpy"]:
        if name.startswith("conv2"):
            assert 'I = maps["pool1"][:, ' in text
            assert "O = b + np.sum(I * K)" in text


def test_input_from_outside_is_never_executed(js: Visitor, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    evil = f"'; touch {trap}; \"; $(touch {trap}) `touch {trap}` \\"
    arguments = {
        "cell": cell("conv1", 0, 0, 0),
        "value": 1,
        "prepare": "mnist",
        "request": {"type": "application/json", "body": json.dumps({"pixels": [[0]], "image": evil})},
        "origin": f"http://127.0.0.1:9/{evil}",
    }
    texts = js.module("core/programs", "return m.snippets(a)", arguments)
    for language in ("numpy", "torch"):
        compile(texts[language], language, "exec")
        source: dict[str, Any] = {}
        for line in texts[language].splitlines():
            if line.startswith(("SERVICE = ", "drawing = ")):
                exec(line, source)
        assert source["SERVICE"] == arguments["origin"]
        assert source["drawing"] == {"pixels": [[0]], "image": evil}
    file = tmp_path / "evil.sh"
    file.write_text(texts["curl"], encoding="utf-8")
    done = subprocess.run(["sh", str(file)], capture_output=True, text=True)
    assert "curl: " in done.stderr
    assert not trap.exists()


def test_a_body_that_is_not_json_makes_no_program(js: Visitor) -> None:
    script = "try { m.snippets(a); return 'made' } catch (error) { return error.name }"
    arguments = {
        "cell": cell("input", 0, 0, 0),
        "value": 1,
        "prepare": "mnist",
        "request": {"type": "application/json", "body": "__import__('os')"},
        "origin": "http://127.0.0.1:9",
    }
    assert js.module("core/programs", script, arguments) == "SyntaxError"

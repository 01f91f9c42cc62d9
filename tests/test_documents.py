"""What the documents say is so: every command runs, every link leads somewhere, every number is the measured one."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from app import __version__
from model import checkpoint
from tests import ROOT

DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "model/weights/dense.md",
    "model/weights/lesson.md",
    "model/weights/robust.md",
    "static/samples/README.md",
]
ADDRESS = "http://127.0.0.1:8000"


def text(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(document), re.MULTILINE | re.DOTALL)


def commands(document: str) -> list[str]:
    """The lines of its shell blocks, and those after a prompt in its console blocks."""
    lines = [line for block in blocks(document, "sh") for line in block.splitlines()]
    lines += [
        line.removeprefix("$ ")
        for block in blocks(document, "console")
        for line in block.splitlines()
        if line.startswith("$ ")
    ]
    return [line for line in lines if line and not line.startswith("#")]


ALL = [(document, command) for document in DOCUMENTS for command in commands(document)]
KNOWN = re.compile(
    r"(curl|make|docker|git|cd|\.venv/bin/(python -m app\.cli|python examples/\w+\.py|inkling)|inkling) ?"
)


@pytest.mark.parametrize(("document", "command"), ALL, ids=lambda value: value[:60])
def test_every_command_is_of_a_kind_that_these_tests_run(document: str, command: str) -> None:
    assert KNOWN.match(command), f"{document}: no test runs {command!r}"


@pytest.mark.parametrize("command", [c for d, c in ALL if c.startswith("curl")])
def test_every_curl_gets_a_good_answer(command: str, live_server: str) -> None:
    words = shlex.split(command.replace(ADDRESS, live_server))
    done = subprocess.run([*words, "--silent", "--show-error", "--fail"], cwd=ROOT, capture_output=True, check=True)
    if "/predict" in command:
        assert json.loads(done.stdout)["digit"] == 7
    elif "--output" not in command:
        assert json.loads(done.stdout)


@pytest.mark.parametrize("snippet", [block for d in DOCUMENTS for block in blocks(d, "python")])
def test_every_python_snippet_runs_and_prints_what_stands_below_it(snippet: str, live_server: str) -> None:
    script = snippet.replace(ADDRESS, live_server)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    promised = [line.removeprefix("# ") for line in snippet.splitlines() if line.startswith("# ")]
    assert promised
    assert done.stdout.splitlines() == promised


@pytest.mark.parametrize("command", [c for d, c in ALL if re.match(r"(\.venv/bin/)?(python -m app\.cli|inkling)", c)])
def test_every_inkling_command_runs_or_at_least_is_understood(command: str) -> None:
    words = shlex.split(re.sub(r"^(\.venv/bin/)?(python -m app\.cli|inkling)", "", command))
    # Training and serving go on for long: their options are checked, and the rest is left to other tests.
    words = [*words, "--help"] if words[0] in ("train", "serve", "evaluate", "fetch") else words
    subprocess.run([sys.executable, "-m", "app.cli", *words], cwd=ROOT, capture_output=True, check=True)


@pytest.mark.parametrize("command", [c for d, c in ALL if "examples/" in c])
def test_every_example_runs_or_at_least_its_options_are_understood(command: str, tmp_path: Path) -> None:
    _, program, *options = shlex.split(command)
    helped = ["--help"] if options else []  # tests/examples/ lets it train
    done = subprocess.run(
        [sys.executable, ROOT / program, *helped], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert all(option in done.stdout for option in options if option.startswith("--"))


@pytest.mark.parametrize("command", [c for d, c in ALL if c.startswith("make")])
def test_every_make_target_exists_and_its_options_are_those_of_the_command(command: str) -> None:
    words = shlex.split(command)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    shown = subprocess.run(
        ["make", "--dry-run", *words[1:]], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    for target in (word for word in words[1:] if "=" not in word):
        assert re.search(rf"^{target}:.*## ", text("Makefile"), re.MULTILINE)
    line = next((line for line in shown.splitlines() if "-m app.cli" in line), None)
    if line and "ARGS" in command:
        options = shlex.split(line.partition("-m app.cli")[2])
        subprocess.run([sys.executable, "-m", "app.cli", *options, "--help"], cwd=ROOT, capture_output=True, check=True)


@pytest.mark.parametrize("command", [c for d, c in ALL if c.startswith("docker build")])
def test_every_docker_target_exists(command: str) -> None:
    words = shlex.split(command)
    if "--target" in words:
        assert f" AS {words[words.index('--target') + 1]}" in text("Dockerfile")


def test_the_answer_shown_is_the_answer_given(live_server: str) -> None:
    (shown,) = (json.loads(block) for block in blocks("README.md", "json"))
    drawing = {"strokes": [[[30, 40], [110, 40], [60, 150]]], "pen": 12}
    given = httpx2.post(f"{live_server}/predict", json=drawing).json()
    assert list(shown) == list(given)
    assert {key: shown[key] for key in ("digit", "verdict", "reasons", "model")} == {
        key: given[key] for key in ("digit", "verdict", "reasons", "model")
    }
    assert shown["familiarity"] == pytest.approx(given["familiarity"], abs=0.005)  # a rank: other sums, other ranks
    assert shown["confidence"] == pytest.approx(given["confidence"], abs=1e-6)
    assert shown["probabilities"] == pytest.approx(given["probabilities"], abs=1e-6)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_to_a_file_leads_to_one(document: str) -> None:
    found = re.findall(r"\]\(([^)#\s]+)", text(document)) + re.findall(r'src="([^"]+)"', text(document))
    for link in found:
        if not link.startswith(("http:", "https:", "mailto:")):
            assert ((ROOT / document).parent / link).exists(), f"{document} links to {link}"


def test_the_accuracy_named_is_that_of_the_weights() -> None:
    accuracy = float(checkpoint.read(checkpoint.SHIPPED).metadata["accuracy"])
    assert f"{accuracy:.2%}".replace("%", " %") in text("README.md")


def test_the_version_is_the_same_everywhere() -> None:
    assert f'version = "{__version__}"' in text("pyproject.toml")
    assert f"## {__version__}" in text("CHANGELOG.md")
    assert f'image.version="{__version__}"' in text("Dockerfile")


def test_the_layers_in_the_readme_are_the_networks() -> None:
    from model.layers import LAYERS

    for layer in LAYERS:
        assert f"`{layer.name}`" in text("README.md")
        if layer.parameters:
            assert f"{layer.parameters:,}" in text("README.md")

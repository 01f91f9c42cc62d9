"""The documents are correct: every command runs, every link and path exists, and the numbers agree with the code."""

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from contextlib import chdir
from importlib.util import find_spec
from pathlib import Path

import httpx2
import pytest

from app import __version__
from app.cli.__main__ import main
from benchmarks.parts import PARTS
from model import checkpoint
from model.layers import LAYERS
from tests import ROOT

DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/api.md",
    "docs/cluster.md",
    "docs/deploy.md",
    "model/weights/dense.md",
    "model/weights/lesson.md",
    "model/weights/robust.md",
    "static/samples/README.md",
]
ADDRESS = "http://127.0.0.1:8000"
FOLDERS = ("app", "benchmarks", "docs", "examples", "model", "static", "templates", "tests", "tools")


def text(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(document), re.MULTILINE | re.DOTALL)


def commands(document: str) -> list[str]:
    """The lines of the document's `sh` blocks, and the lines after a prompt in its `console` blocks.

    A backslash at the end of a line joins it with the next line.
    """
    lines = [line for block in blocks(document, "sh") for line in re.sub(r"\\\n *", "", block).splitlines()]
    lines += [
        line.removeprefix("$ ")
        for block in blocks(document, "console")
        for line in block.splitlines()
        if line.startswith("$ ")
    ]
    return [line for line in lines if line and not line.startswith("#")]


ALL = [(document, command) for document in DOCUMENTS for command in commands(document)]
# tests/test_docker_files.py checks the images without building them, and tests/test_deploy_files.py what docker compose
# and kubectl read. tests/test_wheel.py installs what pipx would.
TESTED = re.compile(
    r"(curl|make|docker|(\.venv/bin/)?inkling|\.venv/bin/python (-m tools\.behaviour|examples/\w+\.py))\b"
    r"|kubectl (kustomize|apply -k) deploy/kubernetes$|INKLING_\w+=\S+ docker compose "
    # tests/app/cluster/test_ray_files.py runs these with one node, and reads the manifest.
    r"|serve (run (app\.cluster:inkling|deploy/ray/serve\.yaml)|deploy deploy/ray/serve\.yaml)$"
    r"|ray start |kubectl apply -f deploy/ray/kuberay\.yaml$|pip install -c constraints\.txt '\.\[cluster\]'$"
    r"|pipx install \.$"
    r"|\.venv/bin/torchrun --standalone --nproc-per-node=2 -m model\.training "  # tests/model/training/parallel
    r"|eval \"\$\(inkling completion bash\)\"$"  # tests/app/cli/test_completion.py
)
CLI = r"(\.venv/bin/)?inkling\b"


def starting_with(pattern: str) -> list[str]:
    return [command for _, command in ALL if re.match(pattern, command)]


@pytest.mark.parametrize(("document", "command"), ALL, ids=lambda value: value[:60])
def test_every_command_is_of_a_kind_that_a_test_runs(document: str, command: str) -> None:
    assert TESTED.match(command), f"{document}: no test runs {command!r}"


@pytest.mark.parametrize("command", starting_with("curl"))
def test_every_curl_command_succeeds(command: str, live_server: str) -> None:
    words = shlex.split(command.replace(ADDRESS, live_server))
    done = subprocess.run([*words, "--silent", "--show-error", "--fail"], cwd=ROOT, capture_output=True, check=True)
    if "/predict" in command:
        assert json.loads(done.stdout)["digit"] == 7
    elif "--output" not in command:
        assert json.loads(done.stdout)


def test_curl_commands_work_with_old_versions_of_curl() -> None:
    """--json is an option since version 7.82; Debian 11 and Ubuntu 22.04 have older versions."""
    assert [command for command in starting_with("curl") if "--json" in command] == []
    pages = [path for path in (ROOT / "static" / "js").rglob("*.js") if "curl" in path.read_text("utf-8")]
    assert pages
    assert [path for path in pages if re.search(r"--json [$@'{]", path.read_text("utf-8"))] == []


@pytest.mark.parametrize("snippet", [block for d in DOCUMENTS for block in blocks(d, "python")])
def test_every_python_snippet_prints_the_output_in_its_comments(snippet: str, live_server: str) -> None:
    script = snippet.replace(ADDRESS, live_server)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    expected = [line.removeprefix("# ") for line in snippet.splitlines() if line.startswith("# ")]
    assert expected
    assert done.stdout.splitlines() == expected


def run_here(words: list[str]) -> None:
    """Run a command of `inkling` in this process, in the checkout. Other tests start the command itself."""
    with chdir(ROOT):
        try:
            status: object = main(words)
        except SystemExit as ended:  # after --help
            status = ended.code
    assert status == 0


@pytest.mark.parametrize("command", starting_with(CLI))
def test_every_inkling_command_runs_or_has_valid_options(command: str) -> None:
    words = shlex.split(re.sub(CLI, "", command))
    # These commands take long or need files, so this test checks only their options. Other tests run the commands.
    run_here([*words, "--help"] if words[0] in ("train", "serve", "evaluate", "fetch") else words)


@pytest.mark.parametrize("command", starting_with(".*examples/"))
def test_every_example_runs_or_has_valid_options(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, program, *options = shlex.split(command)
    if not options:
        subprocess.run([sys.executable, ROOT / program], cwd=tmp_path, capture_output=True, check=True)
        return
    # tests/examples/ runs the training. The help is printed by this process, which has already imported PyTorch.
    monkeypatch.setattr(sys, "argv", [program, "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / program), run_name="__main__")
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(option in shown for option in options if option.startswith("--"))


@pytest.mark.parametrize("command", starting_with(".*tools\\.behaviour"))
def test_every_recording_command_has_valid_options(command: str) -> None:
    _, *words = shlex.split(command)
    done = subprocess.run([sys.executable, *words, "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert all(option in done.stdout for option in words if option.startswith("--"))


@pytest.mark.parametrize("command", starting_with("make"))
def test_every_make_target_exists_and_passes_valid_options(command: str) -> None:
    words = shlex.split(command)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    shown = subprocess.run(
        ["make", "--dry-run", *words[1:]], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    for target in (word for word in words[1:] if "=" not in word):
        assert re.search(rf"^{target}:.*## ", text("Makefile"), re.MULTILINE)
    line = next((line for line in shown.splitlines() if "-m inkling" in line), None)
    if line and "ARGS" in command:
        run_here([*shlex.split(line.partition("-m inkling")[2]), "--help"])


@pytest.mark.parametrize("command", starting_with("docker build"))
def test_every_docker_target_exists(command: str) -> None:
    words = shlex.split(command)
    if "--target" in words:
        assert f" AS {words[words.index('--target') + 1]}" in text("Dockerfile")


def test_the_prediction_in_the_readme_is_the_services_response(live_server: str) -> None:
    (documented,) = (json.loads(block) for block in blocks("README.md", "json"))
    drawing = {"strokes": [[[30, 40], [110, 40], [60, 150]]], "pen": 12}
    response = httpx2.post(f"{live_server}/predict", json=drawing).json()
    assert list(documented) == list(response)
    assert {key: documented[key] for key in ("digit", "verdict", "reasons", "model")} == {
        key: response[key] for key in ("digit", "verdict", "reasons", "model")
    }
    # The score is a rank among real digits, so rounding errors change it more than the probabilities.
    assert documented["familiarity"] == pytest.approx(response["familiarity"], abs=0.005)
    assert documented["confidence"] == pytest.approx(response["confidence"], abs=1e-6)
    assert documented["probabilities"] == pytest.approx(response["probabilities"], abs=1e-6)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_linked_file_exists(document: str) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", text(document)) + re.findall(r'src="([^"]+)"', text(document))
    for link in links:
        if not link.startswith(("http:", "https:", "mailto:")):
            assert ((ROOT / document).parent / link).exists(), f"{document} links to {link}"


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_path_module_and_benchmark_in_the_text_exists(document: str) -> None:
    folders = "|".join(FOLDERS)
    for path in re.findall(rf"[`\"]((?:{folders})/[\w./*-]*)[`\"]", text(document)):
        assert list(ROOT.glob(path.rstrip("/"))), f"{document} names {path}"
    for module in re.findall(rf"`python -m ((?:{folders})[\w.]+)", text(document)):
        assert find_spec(module), f"{document} names {module}"
    for part in re.findall(r'make bench ARGS="?(\w+)', text(document)):
        assert part in PARTS, f"{document} names {part}"


def test_the_readme_states_the_accuracy_of_the_default_weights() -> None:
    accuracy = float(checkpoint.read(checkpoint.SHIPPED).metadata["accuracy"])
    assert f"{accuracy:.2%}".replace("%", " %") in text("README.md")


def test_the_version_is_the_same_everywhere() -> None:
    assert f'version = "{__version__}"' in text("pyproject.toml")
    assert f"## {__version__}" in text("CHANGELOG.md")
    assert f'image.version="{__version__}"' in text("Dockerfile")


def test_the_readme_lists_the_networks_layers_and_parameters() -> None:
    for layer in LAYERS:
        assert f"`{layer.name}`" in text("README.md")
        if layer.parameters:
            assert f"{layer.parameters:,}" in text("README.md")

"""The house in order: imports point one way, and nothing on a request's path imports torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TORCH = {"torch", "torchvision"}
# Training is a process of its own; everything else may meet a request.
TRAINED = "augmentation calibration dataset evaluation limits network oddities recipes robustness steps training"
TRAINING = {
    *(f"model/{name}.py" for name in TRAINED.split()),
    *(f"app/{name}.py" for name in ("calibrating_cli", "evaluating_cli", "training_cli")),
}


def imported(path: Path, *, lazily: bool) -> set[str]:
    """The modules a file imports: all of them, or only those imported when it is."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree)) if lazily else list(tree.body)
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).glob("*.py"))


@pytest.mark.parametrize("path", files("model"), ids=lambda path: path.name)
def test_the_model_knows_nothing_of_the_service(path: Path) -> None:
    tops = {name.partition(".")[0] for name in imported(path, lazily=True)}
    assert not tops & {"app", "fastapi", "starlette", "uvicorn", "tests", "benchmarks"}


@pytest.mark.parametrize("path", files("app"), ids=lambda path: path.name)
def test_the_service_imports_nothing_of_the_tests_or_benchmarks(path: Path) -> None:
    assert not {name.partition(".")[0] for name in imported(path, lazily=True)} & {"tests", "benchmarks"}


@pytest.mark.parametrize("path", files("app") + files("model"), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_only_training_imports_torch_when_it_is_imported(path: Path) -> None:
    if str(path.relative_to(ROOT)) in TRAINING:
        return
    names = imported(path, lazily=False)
    assert not {name.partition(".")[0] for name in names} & TORCH
    assert not names & {"model.network", "model.dataset", "model.training"}


def test_inside_the_model_the_arrows_go_from_the_classifier_to_the_layers() -> None:
    order = [
        "layers",
        "strokes",
        "network",
        "checkpoint",
        "fitting",
        "extraction",
        "uploads",
        "surfaces",
        "pictures",
        "familiarity",
        "graphs",
        "engines",
        "verdicts",
        "classifier",
    ]
    for place, name in enumerate(order):
        used = {m.split(".")[1] for m in imported(ROOT / f"model/{name}.py", lazily=True) if m.startswith("model.")}
        known = {module for module in used if module in order}
        assert all(order.index(module) < place for module in known), (name, known)


READING = {
    "all_inner_texts", "all_text_contents", "bounding_box", "evaluate", "evaluate_all", "get_attribute", "inner_html",
    "inner_text", "input_value", "is_checked", "is_disabled", "is_enabled", "is_hidden", "is_visible", "text_content",
}  # fmt: skip


def readings(path: Path) -> list[tuple[int, str]]:
    """Where a test reads the page as it is at this moment: the line and how, if not of a part that `seen` gave."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        of_a_locator = node.func.attr == "count" and not node.args  # and not of a text
        if (node.func.attr in READING or of_a_locator) and not _of_a_seen_part(node.func.value):
            found.append((node.lineno, node.func.attr))
    return found


def _of_a_seen_part(node: ast.expr) -> bool:
    """Whether it is seen(part), visitor.seen(selector), or a part of one of them."""
    while isinstance(node, ast.Call | ast.Attribute):
        called = node.func if isinstance(node, ast.Call) else node
        if isinstance(node, ast.Call) and "seen" in (getattr(called, "id", ""), getattr(called, "attr", "")):
            return True
        node = called.value if isinstance(called, ast.Attribute) else called
    return False


@pytest.mark.parametrize("path", [p for p in files("tests") if p.name != "visitor.py"], ids=lambda path: path.name)
def test_no_test_reads_the_page_before_it_is_painted(path: Path) -> None:
    """It paints in the frame after an event: what is read at once is, now and then, what was there before."""
    if any(name.startswith("tests.visitor") for name in imported(path, lazily=True)):
        assert readings(path) == []


def test_a_reading_that_does_not_wait_is_found(tmp_path: Path) -> None:
    path = tmp_path / "test_hasty.py"
    path.write_text(
        'visitor.press("#a"); visitor.find("#b").inner_text(); cells.nth(2).count(); "aba".count("a")\n'
        'visitor.seen("#b").first.inner_text(); seen(cells).count(); visitor.find("#seen").get_attribute("id")\n'
    )
    assert sorted(readings(path)) == [(1, "count"), (1, "inner_text"), (2, "get_attribute")]


def test_answering_requests_loads_neither_torch_nor_what_trains() -> None:
    script = """
import sys
from fastapi.testclient import TestClient
from app.main import create_app
with TestClient(create_app()) as client:
    for path in ("/predict", "/feature-maps"):
        assert client.post(path, json={"strokes": [[[1, 1], [9, 9]]]}).status_code == 200
    assert client.get("/").status_code == 200
print(sorted(name for name in sys.modules if name.partition(".")[0] in ("torch", "torchvision", "matplotlib", "onnx")
      or name in ("model.network", "model.dataset", "model.training")))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

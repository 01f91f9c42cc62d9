"""The layers of the code: imports point downwards only, and nothing on a request path imports torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

TORCH = {"torch", "torchvision"}
# What each part may import, beside itself and everything that the parts it names may import. A part is a module or a
# sub-package; the longest name that fits counts.
BELOW: dict[str, tuple[str, ...]] = {
    "model.layers": (),
    "model.network": ("model.layers",),
    "model.checkpoint": ("model.network",),
    "model.preprocess": ("model.layers",),
    "model.explain": ("model.preprocess", "model.checkpoint"),
    "model.inference": ("model.preprocess", "model.checkpoint"),
    "model.data": ("model.preprocess", "model.checkpoint"),
    "model.synthetic": ("model.preprocess", "model.checkpoint"),
    "model.evaluation": ("model.inference", "model.data", "model.synthetic", "model.explain"),
    "model.training": ("model.evaluation",),
    "app": (),
    "app.settings": ("app", "model.inference"),
    "app.http": ("app.settings", "model.inference"),
    "app.network": ("app.http",),
    "app.drawings": ("app.network",),
    "app.pages": ("app.drawings",),
    "app.corrections": ("app.drawings",),
    "app.lesson": ("app.drawings",),
    "app.training": ("app.drawings",),
    "app.lab": ("app.drawings",),
    "app.openapi": ("app.corrections", "app.lesson"),
    "app.main": ("app.openapi", "app.corrections", "app.lesson", "app.training", "app.lab", "app.pages"),
    "app.cli": ("app.main", "model.training"),
}
USES_TORCH = ("model.network", "model.data", "model.evaluation", "model.training")  # may import it when imported
# These use what imports torch as soon as they are imported themselves; nothing on a request path imports them.
OFF_THE_REQUEST_PATH = ("model.synthetic.hard_digits",)


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def part_of(module: str) -> str | None:
    """The part that a module belongs to."""
    parts = [part for part in BELOW if module == part or module.startswith(part + ".")]
    return max(parts, key=len, default=None)


def reachable(part: str) -> set[str]:
    """The parts that a part may import."""
    return {part}.union(*(reachable(below) for below in BELOW[part]))


def imported(path: Path, *, lazily: bool) -> set[str]:
    """The modules that a file imports: all of them, or only those imported when the file itself is."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree)) if lazily else list(tree.body)
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", modules("model") + modules("app"), ids=name_of)
def test_imports_point_downwards(path: Path) -> None:
    part = part_of(name_of(path))
    if name_of(path) in ("model", "app"):
        part = None
    allowed = reachable(part) if part else set()
    for name in imported(path, lazily=True):
        top = name.partition(".")[0]
        assert top not in ("tests", "benchmarks", "tools"), name
        if top in ("app", "model") and name not in ("app", "model"):
            assert part is not None, f"{name_of(path)} belongs to no part in BELOW"
            assert part_of(name) in allowed, f"{name_of(path)} ({part}) imports {name}"


@pytest.mark.parametrize("path", modules("model") + modules("app"), ids=name_of)
def test_only_what_trains_and_measures_imports_torch_when_it_is_imported(path: Path) -> None:
    part = part_of(name_of(path))
    if part in USES_TORCH or name_of(path) in OFF_THE_REQUEST_PATH:
        return
    names = imported(path, lazily=False)
    assert not {name.partition(".")[0] for name in names} & TORCH
    assert not {part_of(name) for name in names if name.startswith("model.")} & set(USES_TORCH)


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


@pytest.mark.parametrize("path", [path for path in modules("tests") if path.name != "visitor.py"], ids=name_of)
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
      or name in ("model.network", "model.data.mnist", "model.training.trainer")))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

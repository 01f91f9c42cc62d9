"""The architecture: imports point downwards only, modules on a request path do not import torch, files and folders
stay small, and tests read a page only after it is painted."""

import ast
import subprocess
import sys
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from tests import ROOT

TORCH = {"torch", "torchvision"}
# For each part, the parts that it may import. It may also import itself and, recursively, all parts that those may
# import. A part is a module or a sub-package. A module belongs to the part with the longest matching name.
BELOW: dict[str, tuple[str, ...]] = {
    "model.allocator": (),
    "model.hints": (),
    "model.layers": (),
    "model.network": ("model.layers",),
    "model.weight_files": ("model.layers",),
    "model.checkpoint": ("model.network", "model.weight_files", "model.hints"),
    "model.preprocess": ("model.layers",),
    "model.epochs": ("model.checkpoint",),
    "model.digit_sheets": ("model.layers",),
    "model.explain": ("model.preprocess", "model.checkpoint", "model.digit_sheets"),
    "model.inference": ("model.preprocess", "model.checkpoint"),
    "model.data": ("model.preprocess", "model.checkpoint"),
    "model.synthetic": ("model.preprocess", "model.checkpoint"),
    "model.evaluation": ("model.inference", "model.data", "model.synthetic", "model.explain"),
    "model.training.recipes": ("model.layers",),
    "model.runs": ("model.checkpoint", "model.training.recipes"),
    "model.training": ("model.evaluation", "model.training.recipes", "model.runs", "model.allocator"),
    "app": (),
    "app.health_check": (),
    "app.limits": ("app",),
    "app.settings": ("app.limits", "model.inference", "model.epochs"),
    "app.http": ("app.settings", "model.inference"),
    "app.access": ("app.http",),
    "app.network": ("app.access", "model.runs", "model.explain"),
    "app.drawings": ("app.network",),
    "app.glossary": ("app", "model.layers"),
    "app.pages": ("app.lesson", "app.lab", "app.glossary", "app.training"),
    "app.training.presets": (),
    "app.unknown_addresses": ("app.http",),
    "app.corrections": ("app.drawings",),
    "app.lesson": ("app.drawings",),
    "app.training": ("app.drawings", "app.training.presets", "model.runs", "model.data"),
    "app.lab": ("app.drawings", "model.explain"),
    "app.openapi": ("app.corrections", "app.lesson", "app.training", "app.lab"),
    "app.main": (
        "app.openapi",
        "app.corrections",
        "app.lesson",
        "app.training",
        "app.lab",
        "app.pages",
        "app.unknown_addresses",
        "model.allocator",
    ),
    "app.cluster": ("app.main",),
    "app.cli": ("app.main", "model.training"),
}
# These parts may import torch at import time.
USES_TORCH = ("model.network", "model.data", "model.evaluation", "model.training")
# These modules import parts of USES_TORCH at import time. No module on a request path imports them.
OFF_THE_REQUEST_PATH = ("model.synthetic.hard_digits",)


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def part_of(module: str) -> str | None:
    """The part to which a module belongs; None if BELOW has no such part."""
    parts = [part for part in BELOW if module == part or module.startswith(part + ".")]
    return max(parts, key=len, default=None)


def reachable(part: str) -> set[str]:
    """The parts that a part may import, including itself."""
    return {part}.union(*(reachable(below) for below in BELOW[part]))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path, *, lazily: bool) -> set[str]:
    """The names of the modules that a file imports. Without `lazily`, only those that it imports at its top level."""
    tree = parsed(path)
    nodes = list(ast.walk(tree)) if lazily else list(tree.body)
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def points_upwards(module: str, name: str) -> bool:
    """Whether a module of `model` or `app` may not import the module `name`, also because it belongs to no part."""
    top = name.partition(".")[0]
    if top not in ("app", "model") or name in ("app", "model"):
        return top in ("tests", "benchmarks", "tools")
    part = None if module in ("model", "app") else part_of(module)
    return part is None or part_of(name) not in reachable(part)


# One test for all modules: pytest needs longer to run a test for each of hundreds than to look at them.
def test_imports_point_downwards() -> None:
    paths = modules("model") + modules("app")
    assert len(paths) > 200
    imports = {(name_of(path), name) for path in paths for name in imported(path, lazily=True)}
    assert sorted(each for each in imports if points_upwards(*each)) == []


def test_an_import_that_points_upwards_is_found() -> None:
    for module, name in (("model.layers", "model.network"), ("app.limits", "tests.support"), ("app.new", "model.new")):
        assert points_upwards(module, name)
    assert not points_upwards("app.main", "model.layers.LAYERS")


def needs_torch(name: str) -> bool:
    """Whether importing a module imports PyTorch."""
    return name.partition(".")[0] in TORCH or (name.startswith("model.") and part_of(name) in USES_TORCH)


def test_only_modules_that_train_or_evaluate_import_torch_at_import_time() -> None:
    others = [
        path
        for path in modules("model") + modules("app")
        if part_of(name_of(path)) not in USES_TORCH and name_of(path) not in OFF_THE_REQUEST_PATH
    ]
    assert len(others) > 100
    imports = {(name_of(path), name) for path in others for name in imported(path, lazily=False)}
    assert sorted(each for each in imports if needs_torch(each[1])) == []


READING = {
    "all_inner_texts", "all_text_contents", "bounding_box", "evaluate", "evaluate_all", "get_attribute", "inner_html",
    "inner_text", "input_value", "is_checked", "is_disabled", "is_enabled", "is_hidden", "is_visible", "text_content",
}  # fmt: skip


def readings(path: Path) -> list[tuple[int, str]]:
    """The line and the method of each call that reads the page without `seen`, and so without waiting for a frame."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(parsed(path)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        of_a_locator = node.func.attr == "count" and not node.args  # str.count has an argument
        if (node.func.attr in READING or of_a_locator) and not _of_a_seen_part(node.func.value):
            found.append((node.lineno, node.func.attr))
    return found


def _of_a_seen_part(node: ast.expr) -> bool:
    """Whether the expression is seen(part) or visitor.seen(selector), or is built from one of these."""
    while isinstance(node, ast.Call | ast.Attribute):
        called = node.func if isinstance(node, ast.Call) else node
        if isinstance(node, ast.Call) and "seen" in (getattr(called, "id", ""), getattr(called, "attr", "")):
            return True
        node = called.value if isinstance(called, ast.Attribute) else called
    return False


def test_no_test_reads_the_page_before_it_is_painted() -> None:
    """The page paints in the frame after an event, so a test that reads it at once may see the earlier state."""
    paths = [
        path
        for path in modules("tests")
        if path.name != "visitor.py" and "tests.support.visitor" in path.read_text(encoding="utf-8")
    ]
    assert len(paths) > 100
    hasty = {name_of(path): readings(path) for path in paths}
    assert {name: found for name, found in hasty.items() if found} == {}


def test_a_call_that_reads_without_waiting_is_found(tmp_path: Path) -> None:
    path = tmp_path / "test_hasty.py"
    path.write_text(
        'visitor.press("#a"); visitor.find("#b").inner_text(); cells.nth(2).count(); "aba".count("a")\n'
        'visitor.seen("#b").first.inner_text(); seen(cells).count(); visitor.find("#seen").get_attribute("id")\n'
    )
    assert sorted(readings(path)) == [(1, "count"), (1, "inner_text"), (2, "get_attribute")]


def test_answering_requests_loads_neither_torch_nor_the_training_modules() -> None:
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


MOST_LINES = 350
MOST_MODULES = 12
FOLDERS = ("app", "model", "tests", "tools", "benchmarks", "templates")  # tests/static checks static/js and static/css
# Files that may be longer, and the reasons.
LONG_FILES = {
    "model/weights/*.evaluation.json": "measured figures, one per line",
    "tests/vendor/axe-core/LICENSE": "the licence of a library, which must not be changed",
}


def project_files() -> list[Path]:
    """All files of the project that git does not ignore, including new files. Skips the test outside a repository."""
    if not (ROOT / ".git").exists():
        pytest.skip("the checkout is not a git repository")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [path for name in names if name and (path := ROOT / name).is_file()]


def test_no_text_file_has_more_than_350_lines() -> None:
    long: list[str] = []
    for path in project_files():
        content = path.read_bytes()
        is_text = b"\0" not in content
        if is_text and len(content.splitlines()) > MOST_LINES:
            long.append(path.relative_to(ROOT).as_posix())
    assert [name for name in long if not any(fnmatch(name, pattern) for pattern in LONG_FILES)] == []
    unused = [pattern for pattern in LONG_FILES if not any(fnmatch(name, pattern) for name in long)]
    assert unused == [], "these files are short now"


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_folder_has_more_than_a_dozen_modules(folder: str) -> None:
    counts: dict[str, int] = {}
    for path in project_files():
        in_folder = path.is_relative_to(ROOT / folder)
        if in_folder and path.suffix in (".py", ".html") and path.name != "__init__.py":
            name = path.parent.relative_to(ROOT).as_posix()
            counts[name] = counts.get(name, 0) + 1
    assert counts, f"there are no modules in {folder}"
    assert {name: count for name, count in counts.items() if count > MOST_MODULES} == {}

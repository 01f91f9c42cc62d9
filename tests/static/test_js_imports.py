"""The page's modules: which folder may import which, and how large folders and files may grow."""

import re
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

STATIC = Path(__file__).resolve().parents[2] / "static"
JS = STATIC / "js"
MODULES = sorted(JS.rglob("*.js"))
FOLDERS = [JS, *sorted(path for path in JS.rglob("*") if path.is_dir())]
SHEETS = sorted((STATIC / "css").rglob("*.css"))
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")

# Folders of static/js from top to bottom, "." being static/js itself. A module imports modules of its own folder and of
# lower levels. Folders on one level do not import each other. A folder's own name counts before a pattern.
LEVELS = (
    (".",),  # one entry module per page
    ("explorer", "lab", "lesson", "pad", "training", "views"),
    ("explorer/*", "lab/*", "lesson/*", "pad/*", "views/*"),
    ("lab/shared", "lesson/shared"),
    ("widgets",),
    ("service", "ui"),
    ("ui/*", "service/*"),
    ("core/*",),
    ("core",),
)
EXACT = {folder: level for level, folders in enumerate(LEVELS) for folder in folders if "*" not in folder}
PATTERNS = [(pattern, level) for level, patterns in enumerate(LEVELS) for pattern in patterns if "*" in pattern]
AREAS = set(LEVELS[1])  # areas of a page: none imports from another

MOST_MODULES = 12
MOST_LINES = 350


def folder_of(module: Path) -> str:
    return module.parent.relative_to(JS).as_posix()


def level_of(folder: str) -> int:
    if folder in EXACT:
        return EXACT[folder]
    levels = [level for pattern, level in PATTERNS if fnmatch(folder, pattern)]
    assert levels, f"static/js/{folder} has no place in LEVELS"
    return levels[0]


@cache
def imports_of(module: Path) -> list[Path]:
    paths = IMPORT.findall(module.read_text(encoding="utf-8"))
    assert all(path.startswith(".") for path in paths), "imports are relative"
    return [(module.parent / path).resolve() for path in paths]


def name(path: Path) -> str:
    return path.relative_to(STATIC).as_posix()


# One test for all modules: pytest needs longer to run a test for each of hundreds than to look at them.
def test_a_module_imports_files_of_its_own_folder_and_of_lower_levels() -> None:
    for module in MODULES:
        folder = folder_of(module)
        for target in imports_of(module):
            assert target.is_file(), f"{name(module)}: there is no {target}"
            below = folder_of(target)
            if below == folder:
                assert folder != ".", f"{name(module)} is one page's entry module and imports another's"
                continue
            assert level_of(below) > level_of(folder), f"{name(module)} imports {name(target)}"
            areas = {folder.partition("/")[0], below.partition("/")[0]} & AREAS
            assert len(areas) < 2, f"{name(module)} imports {name(target)} of another area of a page"


def test_no_modules_import_each_other() -> None:
    done: set[Path] = set()

    def visit(module: Path, above: tuple[Path, ...]) -> None:
        assert module not in above, " → ".join(map(name, (*above, module)))
        if module not in done:
            for target in imports_of(module):
                visit(target, (*above, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


def test_a_folder_holds_at_most_a_dozen_modules() -> None:
    counts = {name(folder): len(list(folder.glob("*.js"))) for folder in FOLDERS}
    assert {folder: count for folder, count in counts.items() if count > MOST_MODULES} == {}


def test_a_module_and_a_style_sheet_stay_short() -> None:
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES + SHEETS}
    assert len(lines) > 200
    assert {file: count for file, count in lines.items() if count > MOST_LINES} == {}

"""Extracts from MDN's browser-compat-data what a test needs to find features that are too new for some browsers.

    npm pack @mdn/browser-compat-data && tar xzf *.tgz
    python -m tools.browser_features package

It writes tests/vendor/browser-compat-data/features.json: for every feature of CSS, HTML, JavaScript and the browsers'
APIs that one of the oldest supported browsers lacks, the version of each browser that introduced it.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# The oldest browsers in which the pages must work. The README names them.
OLDEST = {"safari": "15.4", "safari_ios": "15.4", "firefox": "115", "chrome": "109"}
AREAS = (
    "api", "css.properties", "css.selectors", "css.at-rules", "css.types", "html.elements", "html.global_attributes",
    "javascript.builtins",
)  # fmt: skip
TARGET = Path(__file__).resolve().parents[1] / "tests" / "vendor" / "browser-compat-data"
NEVER = "–"


def number(version: str) -> tuple[int, ...]:
    """A version such as "15.4" as numbers that can be compared."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def since(support: Any) -> str:
    """The first version that supports a feature under its own name and without a setting; NEVER if none does."""
    entries = support if isinstance(support, list) else [support]
    hidden = {"prefix", "alternative_name", "flags", "version_removed"}
    versions = [
        str(entry["version_added"])
        for entry in entries
        if not hidden & set(entry) and re.match(r"≤?\d", str(entry["version_added"]))
    ]
    return min(versions, key=number, default=NEVER)


def is_new(versions: dict[str, str]) -> bool:
    """Whether one of the oldest browsers lacks a feature that came with these versions."""
    return any(version == NEVER or number(version) > number(OLDEST[browser]) for browser, version in versions.items())


def features(tree: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The path of each feature below a part of the data, and the first version of each browser."""
    for name, below in tree.items():
        if name == "__compat":
            yield path, {browser: since(below["support"].get(browser, {"version_added": False})) for browser in OLDEST}
        else:
            yield from features(below, f"{path}.{name}")


def names_something(path: str) -> bool:
    """Whether the last part of a path is a name in code and not a description such as `accepts_null`."""
    return name_of(path).replace("-", "").isalnum()


def name_of(path: str) -> str:
    """The name that the code uses for a feature."""
    return re.sub("_(static|event)$", "", path.rpartition(".")[2])


def is_member(path: str) -> bool:
    """Whether a path is that of a property or method, of which the code shows the name but not the object."""
    depth = {"api": 3, "javascript": 4}.get(path.partition(".")[0])
    return depth is not None and path.count(".") + 1 >= depth and not path.endswith("_static")


def extract(data: dict[str, Any]) -> dict[str, Any]:
    """The features that one of the oldest browsers lacks but a newer version of some browser has.

    A member such as `.at` may belong to many objects. It is included only if all of them are new.
    """
    found: dict[str, dict[str, str]] = {}
    for area in AREAS:
        tree: Any = data
        for part in area.split("."):
            tree = tree[part]
        found |= {path: versions for path, versions in features(tree, area) if names_something(path)}
    old = {name_of(path) for path, versions in found.items() if is_member(path) and not is_new(versions)}
    kept = {
        path: list(versions.values())
        for path, versions in sorted(found.items())
        if is_new(versions) and set(versions.values()) != {NEVER} and not (is_member(path) and name_of(path) in old)
    }
    return {"version": data["__meta"]["version"], "browsers": OLDEST, "features": kept}


def main(folder: Path) -> None:
    """Write features.json and the licence."""
    data = json.loads((folder / "data.json").read_text(encoding="utf-8"))
    TARGET.mkdir(parents=True, exist_ok=True)
    text = json.dumps(extract(data), separators=(",", ":"), ensure_ascii=False)
    (TARGET / "features.json").write_text(text + "\n", encoding="utf-8")
    (TARGET / "LICENSE").write_bytes((folder / "LICENSE").read_bytes())
    version = data["__meta"]["version"]
    (TARGET / "VERSION").write_text(
        f"@mdn/browser-compat-data {version}, an extract of its npm package (CC0-1.0). Used by the tests alone.\n"
        "To update: see tools/browser_features.py.\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))

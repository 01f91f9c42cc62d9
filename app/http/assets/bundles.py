"""Combines the many JavaScript modules or style sheets of a page in one file, so that a browser needs one request.

Bundlers are JavaScript programs; with this one, the pages need no build step and no Node.js. It is short, because it
knows only the forms of `import` and `export` that the modules use, and refuses all others.
"""

import os
import posixpath
import re
from pathlib import Path

from app.settings import STATIC

_IMPORT = re.compile(r'^import (\{[^}]*\}|\* as \w+) from "(\.[^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function|const|class) (\w+)", re.MULTILINE)
# A line of a Python program in a template literal may start with `import` too, but it has no quotation marks.
_OTHER = re.compile(r"""^import\b.*["'].*|^export\b.*|\bimport(?:\.meta\b|\()""", re.MULTILINE)
SHEET = re.compile(r'^@import "(\.[^"]+)";$', re.MULTILINE)
# Comments that fill whole lines. Lines of the programs in template literals never begin with slashes.
_COMMENT = re.compile(r"^ *(?://.*|/\*\*(?:.|\n)*?\*/)\n", re.MULTILINE)
# Comments and the spaces at both ends of a line of a style sheet.
_UNSEEN = re.compile(r"/\*(?:.|\n)*?\*/|^\s+|[ \t]+$", re.MULTILINE)
_URL = re.compile(r'url\("(\.[^"]+)"\)')


def bundle_modules(entry: Path) -> str:
    """One module that does what the module `entry` and its imports do.

    A module comes after those that it imports. Each becomes a function that is called once and returns its exports, so
    equal names in two modules do not collide. The entry's function is asynchronous, because only the entry may use
    `await`. Comments, a fifth of the text, are left out; the modules at their own addresses have them. Raises
    ValueError for a form of import or export that is not known here, and for modules that import each other.
    """
    numbers: dict[Path, int] = {}
    parts: list[str] = []

    def add(module: Path, above: tuple[Path, ...]) -> int:
        if module in above:
            raise ValueError(f"{module} imports itself through other modules")
        if module not in numbers:
            text = _COMMENT.sub("", module.read_text(encoding="utf-8"))

            def imported(match: re.Match[str]) -> str:
                names, path = match.groups()
                number = add(Path(os.path.normpath(module.parent / path)), (*above, module))
                # `import { a as b }` becomes `const { a: b }`, and `import * as name` becomes `const name`.
                return f"const {names.removeprefix('* as ').replace(' as ', ': ')} = module{number};"

            body = _EXPORT.sub(r"\1 \2", _IMPORT.sub(imported, text))
            if other := _OTHER.search(body):
                raise ValueError(f"{module}: the bundle does not support this: {other[0]}")
            exports = ", ".join(name for _, name in _EXPORT.findall(text))
            number = numbers[module] = len(numbers)
            start = f"const module{number} = (() => {{" if above else "await (async () => {"
            end = f"return {{ {exports} }};\n}})();\n"
            parts.append(f"// {module.relative_to(STATIC).as_posix()}\n{start}\n{body}\n{end}")
        return numbers[module]

    add(entry, ())
    return "".join(parts)


def bundle_sheets(entry: Path, address: str) -> str:
    """One style sheet with everything that the style sheet `entry` imports, in the same order.

    `address` is the bundle's path below `/static/`: relative addresses of images are changed to start from there.
    """
    text = _UNSEEN.sub("", entry.read_text(encoding="utf-8"))
    folder = entry.parent.relative_to(STATIC).as_posix()

    def moved(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, match[1]))
        return f'url("{posixpath.relpath(target, posixpath.dirname(address))}")'

    def imported(match: re.Match[str]) -> str:
        return bundle_sheets(Path(os.path.normpath(entry.parent / match[1])), address)

    return SHEET.sub(imported, _URL.sub(moved, text))

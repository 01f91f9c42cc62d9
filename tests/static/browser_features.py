"""Finds the browser features in the pages' sources that one of the oldest supported browsers lacks.

The features come from MDN's browser-compat-data; tools/browser_features.py says how to update them.
"""

import json
import re
from collections.abc import Iterator

from tests import ROOT

STATIC, TEMPLATES = ROOT / "static", ROOT / "templates"
DATA = json.loads((ROOT / "tests/vendor/browser-compat-data/features.json").read_text(encoding="utf-8"))
FEATURES: dict[str, list[str]] = DATA["features"]
COMMENTS = re.compile(r"/\*.*?\*/|(?<![:\"'\w])//[^\n]*", re.DOTALL)
VALUES = re.compile(r'"[^"]*"')
JINJA = re.compile(r"\{[{%#].*?[}%#]\}", re.DOTALL)
# New syntax, which has no name that could be searched for, and new behaviour of old names.
SYNTAX = {
    "javascript.regular_expressions.lookbehind_assertion": ("js", r"\(\?<[=!]"),
    "javascript.classes.static.initialization_blocks": ("js", r"\bstatic \{"),
    "javascript.statements.import.import_attributes": ("js", r"\bimport\b[^;]*\bwith \{"),
    "css.selectors.nesting": ("css", r"[{;]\s*&"),
    "api.Element.click_event.type_pointerevent": ("js", r'"click", \((?:\w+|\{[^}]*\})\) => \{[^}]*\.pointerType'),
    "css.properties.text-decoration.includes_color-and-style": (
        "css", r"text-decoration:[^;}]*\b(?:dotted|dashed|wavy|double|solid|var)\b",
    ),
}  # fmt: skip

Sources = dict[str, str]


def sources() -> Sources:
    """All scripts, style sheets and templates, without comments, the values of attributes, and Jinja's tags."""
    text = {
        "js": [path.read_text(encoding="utf-8") for path in sorted((STATIC / "js").rglob("*.js"))],
        "css": [path.read_text(encoding="utf-8") for path in sorted((STATIC / "css").rglob("*.css"))],
        "html": [
            VALUES.sub('""', JINJA.sub("", path.read_text(encoding="utf-8")))
            for path in sorted(TEMPLATES.rglob("*.html"))
        ],
    }
    return {kind: "\n".join(text[kind]) if kind == "html" else COMMENTS.sub("", "\n".join(text[kind])) for kind in text}


def camel(name: str) -> str:
    return re.sub("-(.)", lambda found: found[1].upper(), name)


def whole(name: str) -> str:
    """A regular expression for the beginning and the letters of a word.

    It begins with the letters, for which Python searches much faster than for the place before them.
    """
    letters = re.escape(name)
    return rf"{letters}(?<![\w-]{letters})"


def patterns(path: str) -> Iterator[tuple[str, str]]:
    """Where the code uses a feature: a kind of source, and a regular expression."""
    parts = path.split(".")
    last = re.escape(re.sub("_(static|event)$", "", parts[-1]))
    match parts:
        case ["api", interface] if re.match("[A-Z]", interface):
            yield "js", rf"\b(?:new|instanceof) {last}\b|(?<![.\w]){last}\."
        case ["api", name]:
            yield "js", rf"(?<![.\w\"]){last}\("
        case ["api", interface, _] if re.fullmatch(r"CSS\w+Descriptors", interface):
            return  # the members have the names of CSS properties
        case ["api", interface, name] if name.endswith("_static"):
            yield "js", rf"\b{interface}\.{last}\b"
        case ["api", _, name] if name.endswith("_event"):
            yield "js", rf'EventListener\("{last}"'
        # Its name may also stand in an object that describes an element.
        case ["api", _, name] if name.startswith("aria"):
            yield "js", rf"\b{last}\b"
        case ["api", _, _]:
            yield "js", rf"\.{last}\b(?!:)"
        case ["javascript", "builtins", _]:
            yield "js", rf"(?<![.\w]){last}[.(]"
        case ["javascript", "builtins", _, _]:
            yield "js", rf"\.{last}\("
        case ["css", "properties", name]:
            yield "css", rf"{whole(name)}\s*:"
            yield "js", rf'style\.{camel(name)}\b|setProperty\("{last}"'
        case ["css", "properties", name, _]:
            yield "css", rf"{whole(name)}\s*:[^;{{}}]*(?<![\w-]){last}(?![\w-])"
        case ["css", "selectors", _]:
            yield "css", rf":{last}(?![\w-])"
            yield "js", rf':{last}[")\]]'
        case ["css", "at-rules", _]:
            yield "css", rf"@{last}(?![\w-])"
        case ["css", "at-rules", name, _]:
            yield "css", rf"@{re.escape(name)}[^{{;]*(?<![\w-]){last}(?![\w-])"
        case ["css", "types", "length" | "flex" | "resolution", _]:
            yield "css", rf"[\s(:,][\d.]+{last}(?![\w-])"
        case ["css", "types", *_]:
            yield "css", rf"{whole(parts[-1])}\("
        case ["html", "elements", _]:
            yield "html", rf"<{last}[\s>]"
            yield "js", rf'el\("{last}"'
        case ["html", "elements", element, _]:
            yield "html", rf"<{element}\s[^>]*\s{last}[=\s>]"
        case ["html", "global_attributes", _]:
            yield "html", rf"<\w[^>]*\s{last}[=\s>]"


def used_features(text: Sources) -> dict[str, list[str]]:
    """The new features in these sources: for each one, its uses with the code around them."""
    words = set(re.findall(r"[\w-]+", " ".join(text.values())))
    own = set(re.findall(r"(?<![.\w-])[A-Za-z_]\w*", text["js"]))  # names without a dot before them are the pages' own
    used: dict[str, list[str]] = {}

    def search(path: str, kind: str, pattern: str) -> None:
        for found in re.finditer(pattern, text[kind]):
            context = text[kind][max(0, found.start() - 50) : found.end() + 50]
            used.setdefault(path, []).append(" ".join(context.split()))

    for path in FEATURES:
        name = re.sub("_(static|event)$", "", path.rpartition(".")[2])
        member = re.match(r"api\.\w+\.\w+$|javascript\.builtins\.\w+\.\w+$", path) and not path.endswith("_static")
        if member and name in own and not (name.startswith("aria") or path.endswith("_event")):
            continue
        if path.startswith("css.types.") or {name, camel(name)} & words:
            for kind, pattern in patterns(path):
                search(path, kind, pattern)
    for path, (kind, pattern) in SYNTAX.items():
        search(path, kind, pattern)
    return used

"""Scripts, style sheets and templates name addresses of the service in a way that works below a root path."""

import re

from app.settings import STATIC, TEMPLATES

# `addressOf`, functions that call it with the path that they are given, and one that makes such a path.
CALLERS = ("addressOf", "serviceAddress", "file", "fetchOk", "json", "request", "safetensors", "send", "at = ")


def test_scripts_name_addresses_of_the_service_only_through_one_function() -> None:
    """`addressOf` adds the root path. The programs that pages show begin with SERVICE, which contains it."""
    through_it = re.compile(rf"\b({'|'.join(CALLERS)})\(")
    checked = 0
    for file in sorted((STATIC / "js").rglob("*.js")):
        if file.name in ("program.js", "programs.js"):
            continue
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.lstrip().startswith(("/*", "*", "//", "import ")):
                continue
            for match in re.finditer(r"""["'`]/[a-z#]""", line):
                before = line[: match.start()]
                assert through_it.search(before) or "SERVICE + " in before, f"{file.name}: {line.strip()}"
                checked += 1
    assert checked > 25


def test_templates_begin_addresses_with_the_root_path() -> None:
    pages = {page.name: page.read_text(encoding="utf-8") for page in TEMPLATES.rglob("*.html")}
    assert sum(page.count('="{{ root }}/') for page in pages.values()) > 50
    assert {
        name: found for name, page in pages.items() if (found := re.findall(r'\s(?:href|src|action)="/.*?"', page))
    } == {}


def test_style_sheets_name_files_relative_to_themselves() -> None:
    for sheet in (STATIC / "css").rglob("*.css"):
        assert not re.search(r"url\([\"']?/", sheet.read_text(encoding="utf-8")), sheet.name

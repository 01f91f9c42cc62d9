"""Bundles of modules and of style sheets. The tests of the pages show that a bundle does what its parts do."""

from pathlib import Path

import pytest

from app.http.assets import bundles
from app.settings import STATIC


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(bundles, "STATIC", tmp_path)
    return tmp_path


def write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder / "main.js"


def test_a_module_comes_once_and_after_those_that_it_imports(folder: Path) -> None:
    entry = write(
        folder,
        main='import { b as other } from "./b.js";\nimport * as a from "./a.js";\nawait other(a);\n',
        b='import { a } from "./a.js";\nexport async function b() { return a; }\n',
        a="export const a = 1;\n",
    )
    text = bundles.bundle_modules(entry)
    assert [line for line in text.splitlines() if line.startswith("//")] == ["// a.js", "// b.js", "// main.js"]
    assert text.endswith("const { b: other } = module1;\nconst a = module0;\nawait other(a);\n\nreturn {  };\n})();\n")
    assert "export" not in text
    assert "import" not in text
    assert "return { a };" in text
    assert "return { b };" in text


@pytest.mark.parametrize(
    "line",
    [
        'import a from "./a.js";',
        'import "./a.js";',
        "export default 1;",
        "export { a };",
        "export let a = 1;",
        'const a = await import("./a.js");',
        "const here = import.meta.url;",
    ],
)
def test_an_unknown_form_of_import_or_export_is_an_error(folder: Path, line: str) -> None:
    with pytest.raises(ValueError, match="does not support"):
        bundles.bundle_modules(write(folder, main=f"{line}\n", a="export const a = 1;\n"))


def test_a_python_program_in_a_module_may_import_what_it_likes(folder: Path) -> None:
    text = "const program = `import numpy as np\nimport json\n`;\n"
    assert bundles.bundle_modules(write(folder, main=text)).count(text) == 1


def test_modules_that_import_each_other_are_an_error(folder: Path) -> None:
    entry = write(
        folder, main='import { a } from "./a.js";\n', a='import { b } from "./main.js";\nexport const a = b;\n'
    )
    with pytest.raises(ValueError, match="imports itself"):
        bundles.bundle_modules(entry)


def test_the_addresses_of_images_start_from_the_bundle(folder: Path) -> None:
    (folder / "css/pages").mkdir(parents=True)
    (folder / "css/base.css").write_text('a { background: url("../images/a.png"); }\n')
    entry = folder / "css/pages/page.css"
    entry.write_text('@import "../base.css";\nb { color: red; }\n')
    text = bundles.bundle_sheets(entry, "bundles/css/pages/page.css")
    assert text == 'a { background: url("../../../images/a.png"); }\n\nb { color: red; }\n'


def test_every_style_sheet_belongs_to_a_page() -> None:
    pages = sorted((STATIC / "css/pages").glob("*.css"))
    named = {(page.parent / path).resolve() for page in pages for path in bundles.SHEET.findall(page.read_text())}
    assert all(sheet.is_file() for sheet in named)
    sheets = {sheet.resolve() for sheet in (STATIC / "css").rglob("*.css") if sheet not in pages}
    assert sheets - named == set()


def test_comments_are_left_out_but_not_those_of_programs(folder: Path) -> None:
    entry = write(
        folder, main="/** What this is.\n * And more. */\n// why\nconst program = `\n# why\n`; // here\n  // there\n"
    )
    assert bundles.bundle_modules(entry).splitlines()[2:5] == ["const program = `", "# why", "`; // here"]

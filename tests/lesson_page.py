"""What the tests of the lesson's sections have in common: matrices read off the page, sliders typed, programs run."""

import os
import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.visitor import Visitor, number, seen

Matrix = list[list[float]]

_TEXTS = (
    "(table) => [...table.rows].map((row) => [...row.cells].map((c) => c.querySelector('input')?.value ?? c.innerText))"
)


def matrix(table: Locator) -> Matrix:
    """The numbers of a matrix on the page."""
    texts: list[list[str]] = seen(table).evaluate(_TEXTS)
    return [[number(text) for text in row] for row in texts]


def set_number(visitor: Visitor, section: str, label: str, value: int) -> None:
    """Type a whole number beside its slider."""
    box = visitor.find(f'#{section} input[aria-label="{label}, typed"]')
    box.fill(str(value))
    box.press("Enter")


def run_program(visitor: Visitor, section: str, kind: str, folder: Path) -> str:
    """Open a tab of the section's code, run what it shows, and give back what that prints."""
    tab = visitor.find(f"#program-{section}-{kind}")
    if seen(tab).get_attribute("aria-selected") == "false":  # pressed once more it closes
        tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")
    file = folder / f"program.{kind}"
    file.write_text(visitor.text(f"#program-{section} code"), encoding="utf-8")
    command = ["sh", str(file)] if kind == "curl" else [sys.executable, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONWARNINGS": "error"})
    assert done.returncode == 0, done.stderr
    return done.stdout


def numbers(text: str) -> list[float]:
    """All numbers in a text, as Python prints them."""
    return [float(found) for found in re.findall(r"-?\d+\.?\d*(?:e[-+]\d+)?", text)]

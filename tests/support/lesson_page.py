"""Functions for the tests of the lesson's sections: they read matrices, type numbers and answers, and run programs."""

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.support.lesson_programs import printed, program
from tests.support.visitor import Visitor, number, seen

Matrix = list[list[float]]

_TEXTS = """(table) => [...table.rows].map((row) => [...row.cells].map((cell) =>
  cell.querySelector("input")?.value ?? cell.innerText.replaceAll("\u00a0", " ")))"""


def matrix(table: Locator) -> Matrix:
    """The numbers of a matrix on the page."""
    texts: list[list[str]] = seen(table).evaluate(_TEXTS)
    return [[number(text) for text in row] for row in texts]


def set_number(visitor: Visitor, section: str, label: str, value: int) -> None:
    """Type a whole number into the text field of the slider with this label."""
    box = visitor.find(f'#{section} input[aria-label="{label}, as a number"]')
    box.fill(str(value))
    box.press("Enter")


def answer(visitor: Visitor, section: str, which: int, text: str) -> str:
    """Type an answer to question `which` of a section (counted from 0), and return the page's feedback."""
    row = visitor.find(f"#{section} .asked").nth(which)
    row.locator("input").fill(text)
    row.locator("input").press("Enter")
    says = row.locator(".check-says")
    expect(says).not_to_be_empty()
    return seen(says).inner_text().replace("\u00a0", " ")


def run_program(visitor: Visitor, section: str, kind: str, folder: Path) -> str:
    """Open a Code tab of a section, run its program, and return its output."""
    return printed(program(visitor, section, kind), folder, shell=kind == "curl")


def numbers(text: str) -> list[float]:
    """All numbers in the output of a Python program, in their order."""
    return [float(found) for found in re.findall(r"-?\d+\.?\d*(?:e[-+]\d+)?", text)]

"""Runs the programs of the lesson's Code tabs, as whoever copies them would."""

import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import expect

from tests.visitor import Visitor, seen


def program(visitor: Visitor, section: str, kind: str) -> str:
    """The text of one of a section's programs; its tab is left open."""
    tab = visitor.find(f"#program-{section}-{kind}")
    if seen(tab).get_attribute("aria-selected") != "true":
        tab.click()
    expect(visitor.find(f"#program-{section}")).to_be_visible()
    return visitor.text(f"#program-{section} code")


def printed(text: str, folder: Path, *, shell: bool = False) -> str:
    """What a program prints, run from a folder of its own; it may not warn."""
    file = folder / ("program.sh" if shell else "program.py")
    file.write_text(text, encoding="utf-8")
    command = ["sh", str(file)] if shell else [sys.executable, str(file)]
    environment = os.environ | {"PYTHONWARNINGS": "error"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout

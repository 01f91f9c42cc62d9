"""Reads the programs of the lesson's Code tabs and runs them, as a user does who copies a program."""

import io
import os
import runpy
import subprocess
import sys
import warnings
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.visitor import Visitor, seen


def program(visitor: Visitor, section: str, kind: str) -> str:
    """Open a Code tab of a section and return the text of its program."""
    tab = visitor.find(f"#program-{section}-{kind}")
    if seen(tab).get_attribute("aria-selected") != "true":
        tab.click()
    expect(visitor.find(f"#program-{section}")).to_be_visible()
    return visitor.text(f"#program-{section} code")


def printed(text: str, folder: Path, *, shell: bool = False) -> str:
    """Run a program in `folder` and return its output. Warnings are errors.

    With `shell`, it runs in a shell. A Python program runs in this process in a new namespace, because PyTorch takes
    seconds to load in a new process. tests/pages/core/test_programs.py runs such programs in a new process.
    """
    file = folder / ("program.sh" if shell else "program.py")
    file.write_text(text, encoding="utf-8")
    if shell:
        environment = os.environ | {"PYTHONWARNINGS": "error"}  # the shell program may start Python
        done = subprocess.run(["sh", str(file)], capture_output=True, text=True, env=environment, cwd=folder)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout
    with (
        chdir(folder),
        redirect_stdout(io.StringIO()) as output,
        redirect_stderr(io.StringIO()) as errors,
        warnings.catch_warnings(action="error"),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(sys, "argv", [str(file)])
        runpy.run_path(str(file), run_name="__main__")
    assert errors.getvalue() == ""
    return output.getvalue()

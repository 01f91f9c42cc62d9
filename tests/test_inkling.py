"""`python -m inkling` runs in any folder, even if there are other packages called `app` and `model`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import __version__
from tests import ROOT


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder with packages called `app` and `model`, which must not be imported."""
    for name in ("app", "model"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"raise ImportError('the package {name} of the working folder')\n")
    return tmp_path


def run(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    # The path stands for an installation, whose folder Python searches after the working folder.
    return subprocess.run(
        [sys.executable, "-m", "inkling", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_module_runs_in_a_folder_with_another_package_called_app(elsewhere: Path) -> None:
    done = run(elsewhere, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"inkling {__version__}\n", "")
    done = run(elsewhere, "predict", "--json", str(ROOT / "docs" / "seven.png"))
    assert (done.returncode, done.stderr) == (0, "")


def test_calibrate_ends_without_unloading_pytorch(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import atexit\natexit.register(print, 'unloading', flush=True)\n")
    path = f"{ROOT}{os.pathsep}{tmp_path}"
    assert run(tmp_path, "--version", PYTHONPATH=path).stdout.endswith("unloading\n")
    done = run(tmp_path, "calibrate", "--weights", "none.safetensors", PYTHONPATH=path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "none.safetensors" in done.stderr


def test_the_module_runs_in_the_checkout_and_without_the_working_folder_on_the_path(elsewhere: Path) -> None:
    assert run(ROOT, "--version").stdout == f"inkling {__version__}\n"
    assert run(elsewhere, "--version", PYTHONSAFEPATH="1").stdout == f"inkling {__version__}\n"

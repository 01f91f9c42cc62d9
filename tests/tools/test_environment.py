"""The set-up of .venv: which packages are installed, and when."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import ROOT
from tools import environment


class Checkout:
    """A checkout in which the steps of an installation are recorded instead of run."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.steps: list[str] = []
        self.failing: type[BaseException] | None = None
        self.monkeypatch = monkeypatch
        for name in ("pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, root)
        for name, path in {
            "ROOT": root,
            "VENV": root / ".venv",
            "PYTHON": root / ".venv/bin/python",
            "STAMP": root / ".venv/inkling.json",
            "CONSTRAINTS": root / "constraints.txt",
        }.items():
            monkeypatch.setattr(environment, name, path)
        monkeypatch.setattr(environment, "run", self.run)
        # The file of the module is also the lock file. Use a copy, because a test in another process may hold the lock,
        # and a process that has waited for the lock replaces itself by exec.
        monkeypatch.setattr(environment, "__file__", shutil.copy(environment.__file__, root))

    def run(self, step: str, command: Sequence[str]) -> None:
        self.steps.append(" ".join(command))
        if "venv" in command:
            self.make_venv()
        elif self.failing:
            raise self.failing("a step failed")

    def make_venv(self) -> None:
        """Create the files that `python -m venv` creates. From then on, this process counts as .venv's Python."""
        (self.root / ".venv" / "bin").mkdir(parents=True)
        python = self.root / ".venv/bin/python"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        python.chmod(0o755)
        (self.root / ".venv/pyvenv.cfg").write_text(
            f"version = {sys.version.split()[0]}\ncommand = python -m venv {self.root / '.venv'}\n"
        )
        self.monkeypatch.setattr(sys, "prefix", str(self.root / ".venv"))

    def set_up(self, *extras: str) -> tuple[int, list[str]]:
        """Set up .venv, and return the exit status and the steps."""
        self.steps = []
        return environment.main(extras), self.steps


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    return Checkout(tmp_path, monkeypatch)


def test_the_first_call_creates_a_venv_and_installs_pinned_versions(checkout: Checkout) -> None:
    status, steps = checkout.set_up()
    assert status == 0
    assert len(steps) == 3
    assert "-m venv" in steps[0]
    assert all("--constraint constraints.txt" in step for step in steps[1:])
    assert steps[2].endswith("--build-constraint constraints.txt --editable .")


def test_the_second_call_does_nothing(checkout: Checkout) -> None:
    checkout.set_up()
    assert checkout.set_up() == (0, [])


def test_serving_does_not_install_the_train_extra(checkout: Checkout) -> None:
    assert checkout.set_up()[1][-1].endswith("--editable .")
    assert checkout.set_up("train", "dev")[1][-1].endswith("--editable .[train,dev]")


def test_serving_installs_nothing_after_training(checkout: Checkout) -> None:
    checkout.set_up("train", "dev")
    assert checkout.set_up() == (0, [])


@pytest.mark.parametrize(("name", "old", "new"), [
    ("constraints.txt", "numpy==", "numpy==1."),
    ("pyproject.toml", '"orjson",', '"orjson", "tqdm",'),
])  # fmt: skip
def test_a_changed_requirement_is_installed_into_the_same_venv(
    checkout: Checkout, name: str, old: str, new: str
) -> None:
    checkout.set_up()
    path = checkout.root / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    status, steps = checkout.set_up()
    assert status == 0
    assert len(steps) == 2
    assert not any("-m venv" in step for step in steps)


def test_a_changed_lint_rule_installs_nothing(checkout: Checkout) -> None:
    checkout.set_up()
    path = checkout.root / "pyproject.toml"
    path.write_text(path.read_text().replace("line-length = 120", "line-length = 100"))
    assert checkout.set_up() == (0, [])


def test_the_next_call_repeats_an_interrupted_installation(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.failing = KeyboardInterrupt
    assert checkout.set_up()[0] == 130
    assert "The next make continues from here." in capsys.readouterr().err
    checkout.failing = None
    status, steps = checkout.set_up()
    assert status == 0
    assert len(steps) == 2, "the venv itself was complete"
    assert checkout.set_up() == (0, [])


def test_a_failed_installation_prints_the_reason_and_is_repeated(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.failing = environment.SetupError
    assert checkout.set_up()[0] == 1
    assert capsys.readouterr().err == "The setup failed. a step failed\n"
    checkout.failing = None
    assert checkout.set_up()[1]


def test_the_output_of_a_failed_step_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    script = "import sys; print('No matching distribution'); sys.exit(1)"
    with pytest.raises(environment.SetupError, match="No matching distribution"):
        environment.run("Installing", [sys.executable, "-c", script])
    assert capsys.readouterr().err.startswith("Installing …")


def test_a_checkout_that_was_moved_gets_a_new_venv(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    checkout.set_up()
    settings = checkout.root / ".venv/pyvenv.cfg"
    settings.write_text(settings.read_text().replace(str(checkout.root), "/somewhere/else"))
    (checkout.root / ".venv/inkling.json").write_text(json.dumps({"digest": "of another path", "extras": []}))
    assert "-m venv" in checkout.set_up()[1][0]
    assert "the checkout was moved" in capsys.readouterr().err


def test_a_venv_whose_python_does_not_run_is_created_again(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.set_up()
    monkeypatch.setattr(sys, "prefix", "/usr")  # this is another Python, because .venv's does not start
    assert "-m venv" in checkout.set_up()[1][0]


def test_a_venv_that_a_user_created_is_kept(checkout: Checkout) -> None:
    checkout.make_venv()
    status, steps = checkout.set_up("train", "dev")
    assert status == 0
    assert not any("-m venv" in step for step in steps)
    assert checkout.set_up("train", "dev") == (0, [])


def test_a_python_without_ensurepip_uses_its_own_pip(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "find_spec", lambda name: None)
    status, steps = checkout.set_up()
    assert status == 0
    assert "-m venv --without-pip" in steps[0]
    assert f"-m pip --python {checkout.root}/.venv/bin/python install --constraint constraints.txt pip" in steps[1]


def test_a_second_make_waits_for_the_first(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, arguments: started.append(arguments))
    monkeypatch.chdir(checkout.root)
    calls: list[int] = []

    def flock(_file: object, operation: int) -> None:
        calls.append(operation)
        if len(calls) == 1:
            raise BlockingIOError

    monkeypatch.setattr("fcntl.flock", flock)
    with Path(environment.__file__).open("rb") as lock:
        environment.acquire(lock, ["dev"])
    assert len(calls) == 2, "it waited for the other make"
    assert [arguments[1:] for arguments in started] == [["dev"]], "it started again"


def test_a_python_that_is_too_old_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    old = tmp_path / "bin" / "python3"
    old.parent.mkdir()
    old.write_text('#!/bin/sh\n[ "$1" = --version ] || exit 1\necho Python 3.9.2\n')
    old.chmod(0o755)
    result = subprocess.run(
        ["/bin/sh", "tools/environment.sh"], cwd=tmp_path, env={"PATH": str(old.parent)}, capture_output=True, text=True
    )
    assert result.returncode == 1
    assert "Inkling needs Python 3.11, 3.12, 3.13 or 3.14, and found Python 3.9.2." in result.stderr
    assert "apt-get install python3" in result.stderr

"""The one door: what make says, what it sets up and when, and how it ends."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import ROOT
from tests.servers import free_port, wait_until
from tools import apt, browser, environment, programs

TARGETS = {"help", "serve", "test", "check", "format", "train", "fetch", "bench", "clean"}


# As typed at a prompt, also when these tests were started by make, which hands its own settings on.
PROMPT = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}


def make(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=PROMPT, capture_output=True, text=True, timeout=120, check=False
    )


# What it says.


def test_make_alone_says_in_one_line_what_each_target_does() -> None:
    lines = make().stdout.splitlines()
    described = {line.split()[1]: line.split(maxsplit=2)[2] for line in lines}
    assert set(described) == TARGETS
    assert all(len(text) > 10 for text in described.values())
    assert max(len(line) for line in lines) <= 120


def test_every_target_is_phony_so_that_a_file_of_its_name_does_not_stop_it() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == TARGETS == set(re.findall(r"^([a-z]+):", text, re.MULTILINE))


def test_the_port_and_the_host_can_be_chosen_and_come_from_the_command_line_alone() -> None:
    chosen = make("--dry-run", "serve", "PORT=8123", "HOST=0.0.0.0").stdout
    assert "--host 0.0.0.0 --port 8123" in chosen
    foreign = subprocess.run(
        ["make", "--dry-run", "serve"],
        cwd=ROOT,
        env=PROMPT | {"HOST": "x86_64-conda"},
        capture_output=True,
        text=True,
    )
    assert "--host 127.0.0.1 --port 8000" in foreign.stdout


def test_ci_does_what_anybody_types_and_nothing_else() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert lines[:1] == ["set -euo pipefail"]
    assert lines[-3:] == ["export CI=true", "make check", "make test"]


# Which versions.


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def test_every_package_that_an_install_brings_is_pinned_to_the_version_that_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    waiting = [Requirement(text) for text in (*project["project"]["dependencies"], *extras["train"], *extras["dev"])]
    pinned, seen, wrong = pins(), set(), []
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if (name, frozenset(wanted.extras)) in seen:
            continue
        seen.add((name, frozenset(wanted.extras)))
        installed = distribution(name)
        if pinned.get(name) != installed.version:
            wrong.append(f"{name} {installed.version}, pinned: {pinned.get(name)}")
        for text in installed.requires or ():
            requirement = Requirement(text)
            contexts = [{"extra": extra} for extra in ("", *wanted.extras)]
            if requirement.marker is None or any(requirement.marker.evaluate(context) for context in contexts):
                waiting.append(requirement)
    assert len(seen) > 50
    assert not wrong


def test_what_a_build_needs_is_pinned_too() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    needed = {"pip", "hatchling", "editables", "packaging", "pathspec", "pluggy", "trove-classifiers"}
    assert needed <= set(pins())
    assert build == [f"hatchling=={pins()['hatchling']}"]


# What it sets up, and when.


class Checkout:
    """A checkout in which no step is really run, but each is noted."""

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
        # The lock is on the file itself: on one that no test in another process has, as waiting for it ends in exec.
        monkeypatch.setattr(environment, "__file__", shutil.copy(environment.__file__, root))

    def run(self, step: str, command: Sequence[str]) -> None:
        self.steps.append(" ".join(command))
        if "venv" in command:
            self.make_venv()
        elif self.failing:
            raise self.failing("a step failed")

    def make_venv(self) -> None:
        """What `python -m venv` leaves behind; from now on, this process counts as its Python."""
        (self.root / ".venv" / "bin").mkdir(parents=True)
        python = self.root / ".venv/bin/python"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        python.chmod(0o755)
        (self.root / ".venv/pyvenv.cfg").write_text(
            f"version = {sys.version.split()[0]}\ncommand = python -m venv {self.root / '.venv'}\n"
        )
        self.monkeypatch.setattr(sys, "prefix", str(self.root / ".venv"))

    def set_up(self, *extras: str) -> tuple[int, list[str]]:
        """Set up, and return the status and the steps that it took."""
        self.steps = []
        return environment.main(extras), self.steps


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    return Checkout(tmp_path, monkeypatch)


def test_the_first_time_makes_a_venv_and_installs_pinned_versions(checkout: Checkout) -> None:
    status, steps = checkout.set_up()
    assert status == 0
    assert len(steps) == 3
    assert "-m venv" in steps[0]
    assert all("--constraint constraints.txt" in step for step in steps[1:])
    assert steps[2].endswith("--build-constraint constraints.txt --editable .")


def test_the_second_time_does_nothing(checkout: Checkout) -> None:
    checkout.set_up()
    assert checkout.set_up() == (0, [])


def test_serving_does_not_install_what_only_training_needs(checkout: Checkout) -> None:
    assert checkout.set_up()[1][-1].endswith("--editable .")
    assert checkout.set_up("train", "dev")[1][-1].endswith("--editable .[train,dev]")


def test_what_training_needs_includes_what_serving_needs(checkout: Checkout) -> None:
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


def test_an_install_that_was_interrupted_goes_on_the_next_time(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.failing = KeyboardInterrupt
    assert checkout.set_up()[0] == 130
    assert "The next make goes on from here." in capsys.readouterr().err
    checkout.failing = None
    status, steps = checkout.set_up()
    assert status == 0
    assert len(steps) == 2, "the venv itself was made already"
    assert checkout.set_up() == (0, [])


def test_an_install_that_fails_says_why_and_is_tried_again(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.failing = environment.SetupError
    assert checkout.set_up()[0] == 1
    assert capsys.readouterr().err == "Could not set up. a step failed\n"
    checkout.failing = None
    assert checkout.set_up()[1]


def test_a_step_that_fails_shows_what_it_printed(capsys: pytest.CaptureFixture[str]) -> None:
    script = "import sys; print('No matching distribution'); sys.exit(1)"
    with pytest.raises(environment.SetupError, match="No matching distribution"):
        environment.run("Installing", [sys.executable, "-c", script])
    assert capsys.readouterr().err.startswith("Installing …")


def test_a_checkout_that_was_moved_gets_a_new_venv(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    checkout.set_up()
    settings = checkout.root / ".venv/pyvenv.cfg"
    settings.write_text(settings.read_text().replace(str(checkout.root), "/somewhere/else"))
    (checkout.root / ".venv/inkling.json").write_text(json.dumps({"digest": "of another place", "extras": []}))
    assert "-m venv" in checkout.set_up()[1][0]
    assert "the checkout was moved" in capsys.readouterr().err


def test_a_venv_whose_python_does_not_run_is_made_anew(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.set_up()
    monkeypatch.setattr(sys, "prefix", "/usr")  # so the shell found another Python, because .venv's did not start
    assert "-m venv" in checkout.set_up()[1][0]


def test_a_venv_made_by_hand_is_taken_as_it_is(checkout: Checkout) -> None:
    checkout.make_venv()
    status, steps = checkout.set_up("train", "dev")
    assert status == 0
    assert not any("-m venv" in step for step in steps)
    assert checkout.set_up("train", "dev") == (0, [])


def test_a_python_without_ensurepip_gets_pip_from_its_own(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "find_spec", lambda name: None)
    status, steps = checkout.set_up()
    assert status == 0
    assert "-m venv --without-pip" in steps[0]
    assert f"-m pip --python {checkout.root}/.venv/bin/python install --constraint constraints.txt pip" in steps[1]


def test_two_makes_at_once_take_turns(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    again: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, arguments: again.append(arguments))
    monkeypatch.chdir(checkout.root)
    calls: list[int] = []

    def flock(_file: object, operation: int) -> None:
        calls.append(operation)
        if len(calls) == 1:
            raise BlockingIOError

    monkeypatch.setattr("fcntl.flock", flock)
    with Path(environment.__file__).open("rb") as lock:
        environment.take_turns(lock, ["dev"])
    assert len(calls) == 2, "it waited for the other"
    assert [arguments[1:] for arguments in again] == [["dev"]], "it looked again at what there is now"


def test_a_machine_without_a_new_enough_python_is_told_so(tmp_path: Path) -> None:
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


def test_no_chromium_to_be_had_is_a_failure_with_advice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise subprocess.CalledProcessError(100, ["apt-get", "update"])

    monkeypatch.setattr(browser, "find", lambda: None)
    monkeypatch.setattr(browser, "playwrights", lambda: None)
    monkeypatch.setattr(browser, "install", fail)
    assert browser.main() == 1
    assert "apt-get install chromium" in capsys.readouterr().err


def test_a_program_that_the_tests_run_is_got_or_missed_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there: list[str] = []
    monkeypatch.setattr(shutil, "which", lambda name: name if name in there else None)
    monkeypatch.setattr(apt, "install", lambda *names: there.extend(names))
    monkeypatch.setattr(apt, "may", lambda: False)
    assert programs.main() == 1
    assert "apt-get install curl" in capsys.readouterr().err
    monkeypatch.setattr(apt, "may", lambda: True)
    assert programs.main() == 0
    assert there == ["curl"]


def test_a_playwright_that_cannot_start_gets_what_it_lacks_or_is_a_failure_with_advice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed: list[str] = []

    def playwrights() -> None:
        if not installed:
            raise browser.DriverError("Playwright does not start.")

    monkeypatch.setattr(browser, "find", lambda: sys.executable)  # any program that says its version
    monkeypatch.setattr(browser, "playwrights", playwrights)
    monkeypatch.setattr(browser, "install", lambda: None)
    assert browser.main() == 1
    assert "libatomic1" in capsys.readouterr().err
    monkeypatch.setattr(browser, "install", lambda: installed.append("libatomic1"))
    assert browser.main() == 0
    assert browser.main() == 0
    assert installed == ["libatomic1"], "once"


# How it ends. A checkout whose .venv is there already, so that make goes straight on to serve.


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    for name in ("app", "model", "static", "templates", "Makefile"):
        (tmp_path / name).symlink_to(ROOT / name)
    nothing_to_do = tmp_path / "tools" / "environment.sh"
    python = tmp_path / ".venv" / "bin" / "python"
    for path, text in ((nothing_to_do, "#!/bin/sh\n"), (python, f'#!/bin/sh\nexec {sys.executable} "$@"\n')):
        path.parent.mkdir(parents=True)
        path.write_text(text)
        path.chmod(0o755)
    return tmp_path


def test_ctrl_c_ends_make_serve_at_once_and_without_a_complaint(ready: Path) -> None:
    log = ready / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "serve", f"PORT={free_port()}"],
            cwd=ready,
            env=PROMPT,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    assert wait_until(lambda: b"http://127.0.0.1:" in log.read_bytes() or process.poll() is not None, 60)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to make, its shell and the service alike
    process.wait(10)
    assert log.read_text().splitlines()[0].startswith("Inkling is at http://127.0.0.1:")
    assert len(log.read_text().splitlines()) == 1


def test_a_busy_port_is_said_in_a_sentence(ready: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        result = make("serve", f"PORT={port}", folder=ready)
    assert result.returncode != 0
    assert f"Cannot listen on 127.0.0.1:{port}" in result.stderr
    assert "make serve PORT=" in result.stderr
    assert "Traceback" not in result.stderr

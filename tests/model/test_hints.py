"""The commands in messages work where they are read: in a checkout, in an image, and after pip, pipx or uv."""

import shlex
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

from model import hints
from tests import ROOT


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout with .venv, whose Python runs, in the working folder."""
    install(tmp_path, tmp_path / ".venv", monkeypatch)
    (tmp_path / "Makefile").touch()
    monkeypatch.setattr(hints, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def install(folder: Path, prefix: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let this process run in the environment `prefix`, which has the script `inkling`. Returns the script."""
    scripts = prefix / "bin"
    scripts.mkdir(parents=True)
    for name in ("inkling", "python"):
        (scripts / name).write_text("#!/bin/sh\n")
        (scripts / name).chmod(0o755)
    monkeypatch.setattr(sys, "prefix", str(prefix))
    monkeypatch.setattr(sys, "executable", str(scripts / "python"))
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(scripts))
    monkeypatch.setattr(hints, "ROOT", folder / "site-packages")
    monkeypatch.delenv(hints.IMAGE, raising=False)
    monkeypatch.setenv("PATH", "/usr/bin")
    return scripts / "inkling"


def test_in_a_checkout_commands_are_those_of_make_and_of_the_venv(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hints.command("evaluate", "--weights", "a b.pth") == ".venv/bin/inkling evaluate --weights 'a b.pth'"
    assert hints.install_for_training() == "This command installs what is missing: make train ARGS=--help"
    (checkout / "elsewhere").mkdir()
    monkeypatch.chdir(checkout / "elsewhere")
    assert hints.command("fetch") == f"{checkout}/.venv/bin/inkling fetch"
    assert hints.install_for_training().endswith(f"make -C {checkout} train ARGS=--help")


def test_make_train_help_installs_and_does_not_train() -> None:
    shown = subprocess.run(
        ["make", "--dry-run", "train", "ARGS=--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "tools/environment.sh train" in shown
    assert "-m inkling train --help" in shown


def test_in_an_image_commands_start_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(hints.IMAGE, "inkling-train")
    assert hints.command("train", "--resume", "--out", "runs/a b") == (
        """docker run --rm -v "$PWD:/work" inkling-train train --resume --out 'runs/a b'"""
    )
    assert hints.command("serve", "--weights", "x.pth") == (
        'docker run --rm -p 8000:8000 -v "$PWD:/work" inkling-train serve --weights x.pth --host 0.0.0.0'
    )
    assert hints.install_for_training().endswith("docker build --target train -t inkling-train .")


def test_the_images_set_the_names_that_the_guide_gives_them() -> None:
    dockerfile, guide = ((ROOT / name).read_text(encoding="utf-8") for name in ("Dockerfile", "docs/deploy.md"))
    for name in ("inkling", "inkling-train"):
        assert f"{hints.IMAGE}={name} " in dockerfile
        assert f"-t {name} ." in guide


@pytest.mark.parametrize(
    ("marker", "content", "start"),
    [
        (None, "", "{prefix}/bin/python -m pip install"),
        ("pipx_metadata.json", "{}", "pipx inject tool"),
        ("pyvenv.cfg", "home = /usr/bin\nuv = 0.9.1\n", "uv pip install --python {prefix}/bin/python"),
        ("pyvenv.cfg", "home = /usr/bin\n", "{prefix}/bin/python -m pip install"),
    ],
)
def test_an_installed_package_names_the_program_that_installed_it(
    marker: str | None, content: str, start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = tmp_path / "tool"
    install(tmp_path, prefix, monkeypatch)
    if marker:
        (prefix / marker).write_text(content)
    sentence = hints.install_for_training()
    assert sentence.partition(": ")[2] == f"{start.format(prefix=prefix)} {' '.join(hints.TRAIN_PACKAGES)}"


def test_the_command_is_its_name_only_if_the_shell_finds_this_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = install(tmp_path, tmp_path / "a tool", monkeypatch)
    monkeypatch.setenv("PATH", str(script.parent))
    assert hints.command("fetch") == "inkling fetch"
    link = tmp_path / "bin" / "inkling"  # as pipx makes it
    link.parent.mkdir()
    link.symlink_to(script)
    monkeypatch.setenv("PATH", str(link.parent))
    assert hints.command("fetch") == "inkling fetch"
    link.unlink()
    link.write_text("#!/bin/sh\necho another program\n")
    link.chmod(0o755)
    assert hints.command("fetch") == shlex.join([str(script), "fetch"])
    script.unlink()
    assert hints.command("fetch") == shlex.join([str(script.parent / "python"), "-m", "inkling", "fetch"])


def test_the_hints_agree_with_the_project_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] != "inkling"  # on PyPI, this is another project
    assert tuple(project["optional-dependencies"]["train"]) == hints.TRAIN_PACKAGES
    assert project["scripts"] == {"inkling": "inkling:main"}


def test_no_message_and_no_document_names_a_package_on_an_index() -> None:
    """Only this module suggests an installation, and never of `inkling`, which is another project on PyPI."""
    for folder in ("app", "model", "templates", "static/js", "tools"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".html", ".js", ".sh", ".md"):
                assert "inkling[train]" not in path.read_text(encoding="utf-8"), path
                assert "pip install inkling" not in path.read_text(encoding="utf-8"), path

"""A checkout has LF line endings, whatever git's settings are, so that its scripts start."""

import subprocess
from pathlib import Path

import pytest

from tests import ROOT
from tests.test_architecture import project_files


def git(*arguments: str, folder: Path = ROOT, given: str | None = None) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=folder, input=given, capture_output=True, text=True, check=True).stdout


def test_a_checkout_on_windows_has_no_crlf_and_starts(tmp_path: Path) -> None:
    """Copy the files into a new repository and check it out with the settings of git for Windows."""
    source, checkout = tmp_path / "source", tmp_path / "checkout"
    names = [
        ".gitattributes",
        "tools/environment.sh",
        "Makefile",
        ".ci/run",
        "model/weights/SHA256SUMS",
        "docs/seven.png",
    ]
    for name in names:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    git("init", "--quiet", folder=source)
    git("add", "--all", folder=source)
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    git(*identity, "commit", "--quiet", "--message", "All", folder=source)
    windows = ("-c", "core.autocrlf=true", "-c", "core.eol=crlf")
    git(*windows, "clone", "--quiet", str(source), str(checkout), folder=tmp_path)
    for name in names:
        assert (checkout / name).read_bytes() == (ROOT / name).read_bytes(), name
    assert subprocess.run(["sh", "-n", checkout / "tools/environment.sh"], check=False).returncode == 0


def test_files_that_are_not_text_are_declared_as_binary() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("the checkout is not a git repository")
    files = [path for path in project_files() if b"\0" in path.read_bytes()[:8000]]
    assert files
    names = "".join(f"{path.relative_to(ROOT)}\n" for path in files)
    undeclared = [
        line for line in git("check-attr", "--stdin", "text", given=names).splitlines() if ": unset" not in line
    ]
    assert undeclared == []


def test_no_text_file_has_crlf() -> None:
    assert [
        path for path in project_files() if b"\r\n" in (content := path.read_bytes()) and b"\0" not in content
    ] == []

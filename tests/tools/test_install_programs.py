"""The tool that installs the programs that the tests run."""

import shutil

import pytest

from tools import apt, install_programs


def test_a_missing_program_is_installed_or_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed: list[str] = []

    def which(name: str, path: str | None = None) -> str | None:
        return name if install_programs.NEEDED[name] in installed else None

    monkeypatch.setattr(shutil, "which", which)
    monkeypatch.setattr(apt, "install", lambda *names: installed.extend(names))
    monkeypatch.setattr(apt, "can_install", lambda: False)
    assert install_programs.main() == 1
    assert "apt-get install curl" in capsys.readouterr().err
    monkeypatch.setattr(apt, "can_install", lambda: True)
    assert install_programs.main() == 0
    assert installed == ["curl", "nginx-light", "caddy", "postgresql"]

"""The tool that finds or installs a Firefox and a WebKit."""

import shutil
import subprocess

import pytest

from tools import apt, other_browsers

PROVIDES = {"firefox-esr": "firefox-esr", "webkit2gtk-driver": "WebKitWebDriver", "xvfb": "Xvfb"}


def test_missing_browsers_are_installed_or_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed = {"WebKitWebDriver"}
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name in installed else None)
    monkeypatch.setattr(other_browsers, "find_playwrights", lambda names: set())
    monkeypatch.setattr(apt, "can_install", lambda: True)
    monkeypatch.setattr(apt, "install", lambda *names: None)
    assert other_browsers.missing() == ["firefox", "webkit"], "without a screen, WebKit cannot start"
    assert other_browsers.main() == 1
    assert "apt-get install firefox-esr webkit2gtk-driver xvfb" in capsys.readouterr().err
    monkeypatch.setattr(apt, "install", lambda *names: installed.update(PROVIDES.get(name, name) for name in names))
    assert other_browsers.main() == 0
    monkeypatch.setattr(apt, "install", lambda *names: pytest.fail("installed again"))
    assert other_browsers.main() == 0


def test_playwrights_own_builds_serve_where_debians_packages_do_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    downloaded: set[str] = set()

    def download(command: list[str], **options: object) -> None:
        assert command[1:4] == ["-m", "playwright", "install"]
        downloaded.update(command[4:])

    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(other_browsers, "find_playwrights", lambda names: downloaded & set(names))
    monkeypatch.setattr(apt, "can_install", lambda: False)
    monkeypatch.setattr(subprocess, "run", download)
    assert other_browsers.main() == 0
    assert downloaded == {"firefox", "webkit"}


def test_a_failed_download_ends_with_advice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(names: list[str]) -> None:
        raise subprocess.CalledProcessError(1, ["playwright", "install"])

    monkeypatch.setattr(other_browsers, "missing", lambda: ["webkit"])
    monkeypatch.setattr(other_browsers, "install", fail)
    assert other_browsers.main() == 1
    assert "playwright install --with-deps firefox webkit" in capsys.readouterr().err

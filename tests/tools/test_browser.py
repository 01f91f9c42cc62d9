"""The tool that finds or installs a Chromium."""

import subprocess
import sys

import pytest

from tools import browser


def test_the_tool_fails_with_advice_if_no_chromium_can_be_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise subprocess.CalledProcessError(100, ["apt-get", "update"])

    monkeypatch.setattr(browser, "find", lambda: None)
    monkeypatch.setattr(browser, "find_playwrights", lambda: None)
    monkeypatch.setattr(browser, "install", fail)
    assert browser.main() == 1
    assert "apt-get install chromium" in capsys.readouterr().err


def test_a_missing_library_of_playwright_is_installed_or_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed: list[str] = []

    def find_playwrights() -> None:
        if not installed:
            raise browser.DriverError("Playwright does not start.")

    monkeypatch.setattr(browser, "find", lambda: sys.executable)  # any program with the option --version
    monkeypatch.setattr(browser, "find_playwrights", find_playwrights)
    monkeypatch.setattr(browser, "install", lambda: None)
    assert browser.main() == 1
    assert "libatomic1" in capsys.readouterr().err
    monkeypatch.setattr(browser, "install", lambda: installed.append("libatomic1"))
    assert browser.main() == 0
    assert browser.main() == 0
    assert installed == ["libatomic1"], "once"

"""Finds a Firefox and a WebKit for the browser tests and installs what is missing: python -m tools.other_browsers

If root runs the command on Debian, it installs Debian's packages; otherwise Playwright downloads its own builds.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tools import apt

FIREFOX = ("firefox-esr", "firefox")
WEBKIT = "WebKitWebDriver"  # it also starts WebKitGTK's small browser
SCREEN = "Xvfb"  # a virtual screen, which this browser needs
# Debian's packages, by what they install.
PACKAGES = {"firefox": "firefox-esr", "webkit": "webkit2gtk-driver", SCREEN: "xvfb"}
SHARED = ("fonts-dejavu-core",)
ADVICE = (
    f"The browser tests need Firefox and WebKit. On Debian, as root: apt-get install {' '.join(PACKAGES.values())}. "
    "On other systems: run .venv/bin/python -m playwright install --with-deps firefox webkit"
)


def find_firefox() -> str | None:
    """The path of the system's Firefox; None if there is none."""
    return next((path for name in FIREFOX if (path := shutil.which(name))), None)


def find_webkit() -> str | None:
    """The path of the system's WebKitWebDriver; None if it or its virtual screen is missing."""
    return shutil.which(WEBKIT) if shutil.which(SCREEN) else None


def find_playwrights(names: tuple[str, ...]) -> set[str]:
    """The browsers among `firefox` and `webkit` that Playwright has downloaded."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        paths = {"firefox": playwright.firefox.executable_path, "webkit": playwright.webkit.executable_path}
    return {name for name in names if Path(paths[name]).exists()}


def missing() -> list[str]:
    """The browsers among `firefox` and `webkit` that neither the system nor Playwright has."""
    system = {"firefox": find_firefox(), "webkit": find_webkit()}
    names = tuple(name for name, path in system.items() if path is None)
    return sorted(set(names) - find_playwrights(names)) if names else []


def install(names: list[str]) -> None:
    """Install these browsers. Raises CalledProcessError if that fails."""
    print(f"Installing {' and '.join(names)} for the browser tests (about 2 minutes) …", file=sys.stderr, flush=True)
    if apt.can_install():
        screen = (SCREEN,) if "webkit" in names else ()
        apt.install(*(PACKAGES[name] for name in (*names, *screen)), *SHARED)
    else:
        command = [sys.executable, "-m", "playwright", "install", *names]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def main() -> int:
    """Return 0 if there are a Firefox and a WebKit; otherwise print what is missing and return 1."""
    try:
        if names := missing():
            install(names)
            names = missing()
    except Exception as error:  # also Playwright's, whose type it does not document
        print(f"{error}\n{ADVICE}", file=sys.stderr)
        return 1
    if names:
        print(f"Not found after the installation: {', '.join(names)}. {ADVICE}", file=sys.stderr)
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())

"""Finds a Chromium for the browser tests, and gets one if there is none.

    python -m tools.browser     get one, and say which

The system's own is taken first, and of these the one without windows: it draws the same pages, but no toolbar around
each, which costs more than most of the tests. Without one, root on Debian gets Debian's package, and anybody else the
download that Playwright keeps in its cache.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tools import apt

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# Nothing is to be fetched at run time, by the browser neither.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PACKAGES = ("chromium-headless-shell", "chromium")  # the second where Debian is too old for the first
FONTS = "fonts-dejavu-core"  # a minimal Debian has no font at all, and a page without one has no text to test
DRIVER = "libatomic1"  # nor this library, which the Node.js that comes with Playwright cannot start without
ADVICE = (
    f"The browser tests need Chromium. Debian, as root: apt-get install chromium {FONTS} {DRIVER}. "
    "Elsewhere: install Chromium or Chrome, or run .venv/bin/python -m playwright install --with-deps chromium"
)


class DriverError(Exception):
    """Playwright does not start."""


def find() -> str | None:
    """Return the path of the system's Chromium; None without one, which makes Playwright start its own."""
    system = next((path for name in NAMES if (path := shutil.which(name))), None)
    return system or next((path for path in MACOS if Path(path).exists()), None)


def playwrights() -> str | None:
    """Return the path of the Chromium that Playwright downloaded; None if it has not.

    Raises DriverError when Playwright itself does not start.
    """
    from playwright.sync_api import sync_playwright

    try:
        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except Exception as error:  # what it raises is its own secret; its driver has said on standard error what is wrong
        raise DriverError("Playwright, which drives the browser, does not start here.") from error
    return path if Path(path).exists() else None


def ready() -> str | None:
    """Return the path of a Chromium that Playwright can be told to drive; None where something is missing for it."""
    try:
        own = playwrights()
    except DriverError:
        return None
    return find() or own


def install() -> None:
    """Get a Chromium: Debian's for root on Debian, else Playwright's. Raises CalledProcessError."""
    if apt.may():
        print("Installing Debian's Chromium for the browser tests (about 1 minute) …", file=sys.stderr, flush=True)
        try:
            apt.install(PACKAGES[0], FONTS, DRIVER)
        except subprocess.CalledProcessError:
            apt.install(PACKAGES[1], FONTS, DRIVER)
        return
    print("Fetching a Chromium for the browser tests (about 1 minute, 170 MB) …", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], stdout=subprocess.DEVNULL, check=True)


def main() -> int:
    """Return 0 once there is a Chromium that starts; else say what is missing and return 1."""
    try:
        path = ready()
        if path is None:
            install()
            path = ready()
        if path is None:
            raise FileNotFoundError("Chromium and what Playwright needs were installed, and still are not found.")
        # Starting it once finds a missing library here, not in the midst of the tests.
        subprocess.run([path, "--version"], capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{error}\n{ADVICE}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

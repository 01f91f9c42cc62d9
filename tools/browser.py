"""Finds a Chromium for the browser tests and installs one if there is none.

    python -m tools.browser

It prefers the system's Chromium to Playwright's, and the headless shell to the full browser. The shell renders the same
pages but has no toolbar. Drawing a toolbar would take longer than most tests. If there is no Chromium, the command
installs one: Debian's package if root runs the command on Debian, otherwise Playwright's download.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tools import apt

# A script that lets a page open in the full view, as if the user had left the simple view of the first visit.
FULL_VIEW = "try { localStorage.setItem('inkling.view', 'full'); } catch {}"
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# Like the service, the browser must not download anything at run time.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PACKAGES = ("chromium-headless-shell", "chromium")  # older versions of Debian have only the second
FONTS = "fonts-dejavu-core"  # a minimal Debian has no fonts, and without a font pages show no text
DRIVER = "libatomic1"  # a library that Playwright's Node.js needs and a minimal Debian does not have
ADVICE = (
    f"The browser tests need Chromium. On Debian, as root: apt-get install chromium {FONTS} {DRIVER}. "
    "On other systems: install Chromium or Chrome, or run .venv/bin/python -m playwright install --with-deps chromium"
)


class DriverError(Exception):
    """Raised if Playwright cannot start."""


def find() -> str | None:
    """The path of the system's Chromium; None if there is none.

    If the path is None, Playwright starts its own Chromium.
    """
    system = next((path for name in NAMES if (path := shutil.which(name))), None)
    return system or next((path for path in MACOS if Path(path).exists()), None)


def find_playwrights() -> str | None:
    """The path of the Chromium that Playwright downloaded; None if it has not downloaded one.

    Raises DriverError if Playwright itself cannot start.
    """
    from playwright.sync_api import sync_playwright

    try:
        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except Exception as error:  # Playwright does not document the type; the driver has printed the reason on stderr
        raise DriverError("Playwright, which controls the browser, cannot start here.") from error
    return path if Path(path).exists() else None


def ready() -> str | None:
    """The path of a Chromium that Playwright can control; None if something is missing."""
    try:
        own = find_playwrights()
    except DriverError:
        return None
    return find() or own


def install() -> None:
    """Install a Chromium: Debian's package if root runs this on Debian, otherwise Playwright's download.

    Raises CalledProcessError if the installation fails.
    """
    if apt.can_install():
        print("Installing Debian's Chromium for the browser tests (about 1 minute) …", file=sys.stderr, flush=True)
        try:
            apt.install(PACKAGES[0], FONTS, DRIVER)
        except subprocess.CalledProcessError:
            apt.install(PACKAGES[1], FONTS, DRIVER)
        return
    print("Downloading a Chromium for the browser tests (about 1 minute, 170 MB) …", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], stdout=subprocess.DEVNULL, check=True)


def main() -> int:
    """Return 0 if there is a Chromium that starts; otherwise print what is missing and return 1."""
    try:
        path = ready()
        if path is None:
            install()
            path = ready()
        if path is None:
            raise FileNotFoundError("Chromium and Playwright's libraries were installed, but are still not found.")
        # Start Chromium once, so that a missing library is reported now and not during the tests.
        subprocess.run([path, "--version"], capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{error}\n{ADVICE}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

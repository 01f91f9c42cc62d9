"""The interface of a browser with one window, and what tests build on it."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.servers import PATIENCE, wait_until
from tests.support.visitor import PAD

Point = tuple[float, float]

LONGEST_PAUSE = 0.1  # seconds between two runs of a script that waits: each run costs Firefox milliseconds

_LOADED = "return document.readyState === 'complete' && location.href !== 'about:blank'"
# Waits for two frames. The first paints past events, and the second paints what a callback of the first has scheduled.
_PAINTED = "return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
# The place to click in a part of the page; null if the part is hidden or disabled.
_CENTRE = """
const part = document.querySelector(arguments[0]);
if (!part || part.matches(":disabled, [aria-disabled=true]") || part.getClientRects().length === 0) return null;
part.scrollIntoView({ block: "nearest" });
const box = part.getBoundingClientRect();
return [box.x + box.width * arguments[1], box.y + box.height * arguments[2]];
"""


class ScriptError(Exception):
    """Raised if a browser refuses a command or a script fails."""


class Driver(ABC):
    """A window of a browser. Coordinates are pixels of the viewport."""

    @abstractmethod
    def go(self, url: str) -> None: ...

    @abstractmethod
    def reload(self) -> None: ...

    @abstractmethod
    def run(self, script: str, *arguments: Any) -> Any:
        """Run the body of a JavaScript function with `arguments`, and return what it returns, as JSON."""

    @abstractmethod
    def drag(self, points: Sequence[Point]) -> None:
        """Press the mouse at the first point, move it to the others, and release it at the last."""

    @abstractmethod
    def keys(self, *names: str) -> None:
        """Press keys together, such as Control and z: all of them down in this order, then up."""

    @abstractmethod
    def choose_file(self, selector: str, path: Path) -> None:
        """Choose a file in a file input, which may be hidden."""

    @abstractmethod
    def choose(self, selector: str, value: str) -> None:
        """Choose the option with this value in a `select`."""

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Give the viewport this size."""

    @abstractmethod
    def screenshot(self) -> bytes:
        """The viewport as a PNG."""

    @abstractmethod
    def close(self) -> None:
        """End the browser."""

    def open(self, url: str) -> None:
        """Load a page from the server, even if only the fragment of its address differs from the current one."""
        self.go("about:blank")
        self.go(url)
        self.wait(_LOADED)

    def wait(self, script: str, *arguments: Any, seconds: float = PATIENCE) -> Any:
        """Run a script until it returns something true, and return this. Fails after `seconds`.

        A script that fails is run again: the window may still show the previous page, or only a part of the new one.
        """
        result: Any = None

        def returned() -> bool:
            nonlocal result
            with contextlib.suppress(ScriptError):
                result = self.run(script, *arguments)
            return bool(result)

        if not wait_until(returned, seconds, LONGEST_PAUSE):
            raise AssertionError(f"still {result!r}: {script} {arguments}")
        return result

    def painted(self) -> None:
        """Wait until the page has painted all past events."""
        self.wait(_PAINTED)

    def text(self, selector: str) -> str:
        """The text of a part of the page, as it is shown, with ordinary spaces instead of no-break spaces."""
        return str(self.run("return document.querySelector(arguments[0]).innerText", selector)).replace("\u00a0", " ")

    def wait_for_text(self, selector: str, text: str, seconds: float = PATIENCE) -> None:
        """Wait until a part of the page contains a text. Fails after `seconds`."""
        shown = "document.querySelector(arguments[0]).innerText.replaceAll('\u00a0', ' ')"
        self.wait(f"return {shown}.includes(arguments[1])", selector, text, seconds=seconds)

    def click(self, selector: str, x: float = 0.5, y: float = 0.5) -> None:
        """Click on a part of the page, as soon as it can be clicked and has stopped moving.

        The default place is its centre; x and y are shares of its width and height.
        """
        place = None
        while place != (place := self.wait(_CENTRE, selector, x, y)):
            self.painted()
        self.drag([place])

    def write(self, selector: str, text: str) -> None:
        """Click into a text field, and replace what is in it."""
        self.click(selector)
        self.keys("Control", "a")
        for character in text:
            self.keys(character)

    def draw(self, points: Sequence[Point]) -> None:
        """Draw a stroke on the pad; its points are in pad units."""
        self.drag([self.wait(_CENTRE, "#pad-canvas", x / PAD, y / PAD) for x, y in points])

    def settle(self, part: str = "#answer") -> None:
        """Wait until the page shows the prediction for the latest request."""
        self.wait("return document.querySelector(arguments[0])?.dataset.settled === 'true'", part)

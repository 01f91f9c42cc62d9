"""The commands of the W3C's WebDriver protocol, which Firefox and WebKit understand (https://www.w3.org/TR/webdriver2/)."""

import base64
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.browsers.driver import Driver, Point
from tests.support.servers import wait_until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's name for the reference to an element
KEYS = {
    "Enter": "\ue007", "Shift": "\ue008", "Control": "\ue009", "Escape": "\ue00c", "ArrowLeft": "\ue012",
    "ArrowRight": "\ue014", "Delete": "\ue017", "Tab": "\ue004",
}  # fmt: skip
MOVE_MS = 10  # between two points of a stroke


class WebDriver(Driver):
    """A browser that is controlled with WebDriver's commands. Subclasses send them."""

    @abstractmethod
    def command(self, name: str, **parameters: Any) -> Any:
        """Send a command, by its name in the protocol without spaces. Raises ScriptError if the browser refuses it."""

    def go(self, url: str) -> None:
        self.command("Navigate", url=url)

    def reload(self) -> None:
        self.command("Refresh")

    def run(self, script: str, *arguments: Any) -> Any:
        return self.command("ExecuteScript", script=script, args=list(arguments))

    def drag(self, points: Sequence[Point]) -> None:
        moves = [
            {"type": "pointerMove", "duration": MOVE_MS, "origin": "viewport", "x": round(x), "y": round(y)}
            for x, y in points
        ]
        down, up = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}}
        self._perform(mouse | {"actions": [moves[0], down, *moves[1:], up]})

    def keys(self, *names: str) -> None:
        values = [KEYS.get(name, name) for name in names]
        down = [{"type": "keyDown", "value": value} for value in values]
        up = [{"type": "keyUp", "value": value} for value in reversed(values)]
        self._perform({"type": "key", "id": "keyboard", "actions": [*down, *up]})

    def _perform(self, source: dict[str, Any]) -> None:
        self.command("PerformActions", actions=[source])

    def _find(self, selector: str) -> str:
        """The reference to an element, for other commands."""
        found: dict[str, str] = self.command("FindElement", using="css selector", value=selector)
        return found[ELEMENT]

    def choose_file(self, selector: str, path: Path) -> None:
        self.command("ElementSendKeys", id=self._find(selector), text=str(path))

    def choose(self, selector: str, value: str) -> None:
        option = f'{selector} option[value="{value}"]'
        self.wait("return document.querySelector(arguments[0]) !== null", option)
        self.command("ElementClick", id=self._find(option))

    def resize(self, width: int, height: int) -> None:
        def reached() -> bool:
            inner, outer = self.run("return [[innerWidth, innerHeight], [outerWidth, outerHeight]]")
            if inner == [width, height]:
                return True
            # The window is larger than the viewport by its toolbar. Both follow a command only after a while, so what
            # was read may belong to two sizes: the next attempt corrects that.
            self.command("SetWindowRect", width=width + outer[0] - inner[0], height=height + outer[1] - inner[1])
            return False

        if not wait_until(reached, longest_pause=1.0):
            raise AssertionError(f"The viewport did not become {width} by {height} pixels large")

    def screenshot(self) -> bytes:
        return base64.b64decode(self.command("TakeScreenshot"))

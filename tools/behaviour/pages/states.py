"""The page states of which screenshots are taken: each has a name, an address, and the actions that lead to it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import FilePayload, Page

from tools.behaviour.requests.drawings import IMAGES

# The service that a state needs. "plain": saving corrections is disabled; "empty": it is enabled, but none are saved;
# "filled": some are saved.
Server = Literal["plain", "empty", "filled"]
SECTIONS = ("dense", "correlation", "size", "edges", "pooling", "network", "softmax", "training", "mistakes")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def ink(strokes: list[list[tuple[int, int]]], pen: int = 26) -> str:
    """A drawing in the format of the page's links.

    The numbers are the count of strokes and, for each stroke, the count of points and the differences between
    successive coordinates, in quarters of a pad unit. Differences are zigzag coded; a character holds five bits.
    """
    numbers, x, y = [len(strokes)], 0, 0
    for stroke in strokes:
        numbers.append(len(stroke))
        for right, down in stroke:
            numbers += [-2 * step - 1 if step < 0 else 2 * step for step in (4 * right - x, 4 * down - y)]
            x, y = 4 * right, 4 * down
    text = ""
    for number in numbers:
        while number >= 32:
            text += _ALPHABET[32 | number & 31]
            number >>= 5
        text += _ALPHABET[number]
    return f"d=ink.{pen}.{text}"


SEVEN = ink([[(60, 70), (130, 64), (200, 68), (170, 140), (140, 190), (120, 250)]])
_BLANK = ink([])
_FOUR = ink([[(80, 40), (60, 140), (180, 140)], [(150, 60), (145, 240)]], 20)
_PARTS = ink([[(60, 70), (60, 200)], [(140, 70), (140, 200)], [(220, 70), (220, 200)]])
_LINE = ink([[(40, 140), (240, 140)]])
_DOT = ink([[(140, 140)]])
_SMALL = ink([[(20, 20), (60, 20), (35, 60)]], 44)

Action = Callable[[Page], None]


@dataclass(frozen=True, slots=True)
class State:
    """A page state: open `path`, then call `act`. With `parts`, each of these elements gets a screenshot of its own;
    otherwise the whole page gets one."""

    name: str
    path: str
    act: Action | None = None
    parts: tuple[str, ...] = ()
    server: Server = "plain"
    settles: bool = True  # whether the page marks the prediction as settled


def _press(*selectors: str) -> Action:
    """An action that clicks the elements in turn. It skips those that are hidden at this screen size or disabled."""

    def act(page: Page) -> None:
        for selector in selectors:
            part = page.locator(selector).first
            if part.is_visible() and part.is_enabled():
                part.click()
                page.wait_for_timeout(60)

    return act


def _open(name: str) -> Action:
    kind, content = IMAGES[name]
    file = FilePayload(name=f"digit.{kind}", mimeType=f"image/{kind}", buffer=content)

    def act(page: Page) -> None:
        page.locator("#file").set_input_files(files=[file])
        page.wait_for_timeout(300)

    return act


def _lose_the_service(page: Page) -> None:
    page.route("**/feature-maps*", lambda route: route.abort())
    _press('#samples button[aria-label="Sample digit 3"]')(page)
    page.locator("#banner:not(:empty)").wait_for()


def _see_all_sections(page: Page) -> None:
    """Scroll to every section of the lesson, then hide the header.

    A section is built when it becomes visible, which moves the sections below it. The header is sticky and would cover
    part of a screenshot.
    """
    for section in SECTIONS:
        page.locator(f"#{section}").evaluate("(section) => section.scrollIntoView({ behavior: 'instant' })")
        page.wait_for_timeout(300)
    page.locator("header").evaluate("(header) => { header.style.visibility = 'hidden'; }")


def network_states() -> Iterator[State]:
    """States of the network's page."""
    yield State("network, as it opens", "/")
    for name, drawing in (
        ("blank", _BLANK), ("seven", SEVEN), ("four", _FOUR), ("three parts", _PARTS), ("line", _LINE), ("dot", _DOT),
        ("small with a thick pen", _SMALL), ("test digit", "d=digit.7.0.mnist"),
    ):  # fmt: skip
        yield State(f"network, {name}", f"/#{drawing}", settles=drawing != _BLANK)
    for mode in ("resize", "uncentred", "own_pen", "none"):
        yield State(f"network, prepare {mode}", f"/#p={mode}&{_SMALL}")
    for scale in ("map", "fixed"):
        yield State(f"network, scale {scale}", f"/#s={scale}&{SEVEN}")
    yield State("network, strongest maps first", f"/#sort=true&{SEVEN}")
    for cell in (
        "conv1.7.12.13", "relu1.7.12.13", "pool1.3.5.6", "conv2.20.5.6", "relu2.20.5.6", "pool2.9.2.2", "flatten.800",
        "dense1.34", "relu3.34", "logits.7", "probabilities.7",
    ):  # fmt: skip
        yield State(f"cell, {cell}", f"/#at={cell}&{SEVEN}")
    yield State("cell, a channel of conv2", f"/#ch=5&at=conv2.20.5.6&{SEVEN}")
    yield State("cell, a long path", f"/#at=probabilities.7~logits.7~relu3.43~conv2.20.5.6&{SEVEN}")
    for code in ("numpy", "torch", "curl"):
        yield State(f"code, {code}", f"/#code={code}&at=conv1.7.12.13&{SEVEN}")
    yield State("asked, conv1", f"/#work=true&at=conv1.7.12.13&{SEVEN}")
    yield State("asked, logits", f"/#work=true&at=logits.7&{SEVEN}")
    yield State("walk, five steps", f"/#{SEVEN}", _press("#why", *["#step"] * 5))
    yield State("walk, to the ink", f"/#{SEVEN}", _press("#why", *["#step"] * 12))
    for view in ("map", "table", "costs", "trust"):
        yield State(f"view, {view}", f"/#v={view}&at=conv1.7.12.13&{SEVEN}")
    yield State("view, map of dense1", f"/#v=map&at=dense1.34&{SEVEN}")
    yield State("view, table of logits", f"/#v=table&at=logits.7&{SEVEN}")
    yield State("view, trust when blank", f"/#v=trust&{_BLANK}", settles=False)
    yield State("sheet opened", f"/#at=conv1.7.12.13&{SEVEN}", _press("#sheet"))
    yield State("upload, paper", "/", _open("grey paper"))
    yield State("upload, thin line", "/", _open("thin line in a large image"))
    yield State("upload, no ink", "/", _open("all white"))
    yield State("upload, unreadable", f"/#{SEVEN}", _open("PNG cut in half"))
    yield State("message, damaged link", "/#at=conv9.1.2.3&d=digit.7.0.mnist")
    yield State("message, other weights", f"/#m=other-12345678&{SEVEN}")
    yield State("message, no service", f"/#{SEVEN}", _lose_the_service, settles=False)
    yield State("hidden controls", f"/?hide=tools,pen,samples,upload,prepare,stages,scale,views,link#{SEVEN}")
    yield State("theme pressed once", f"/#{SEVEN}", _press("#theme"))


def other_states() -> Iterator[State]:
    """States of the other pages."""
    yield State("corrections, off", "/corrections")
    yield State("corrections, empty", "/corrections", server="empty")
    yield State("corrections, filled", "/corrections", server="filled")
    yield State("network, corrections kept", f"/#{SEVEN}", server="empty")
    yield State("docs", "/docs#/drawings/predict", lambda page: page.locator(".opblock").first.wait_for())
    yield State("problem", "/problems/too-many-points")
    sections = tuple(f"#{section}" for section in SECTIONS)
    yield State("lesson", f"/lesson#{SEVEN}", _see_all_sections, (".beside", *sections))
    yield State("lesson, edges.yours", f"/lesson#at=edges.yours&{SEVEN}", _see_all_sections, ("#edges",))
    yield State("lesson, asked", f"/lesson#work=7&{SEVEN}", _see_all_sections, ("#size", "#pooling", "#softmax"))
    yield State("teacher", "/lesson/teacher")
    yield State("glossary", f"/glossary#at=softmax&{SEVEN}")
    yield State("worksheet", f"/lesson/worksheet#work=7&{SEVEN}")


def states() -> Iterator[State]:
    """The states of all pages."""
    yield from network_states()
    yield from other_states()

"""Opens pages in each state and window, and finds the faults of their layout."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.browsers.driver import Driver
from tests.support.layout.states import State

Size = tuple[int, int]

_FAULTS = Path(__file__).with_name("faults.js").read_text(encoding="utf-8")
# A change of the window's size is complete one frame after the page's observers are called.
_FIND = f"""{_FAULTS}
return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(layoutFaults()))));
"""

# Follows a link to another state of the page that is open, which the page shows as soon as it has handled the event.
_FOLLOW = """
if (location.hash.slice(1) === arguments[0]) return true;
return new Promise((done) => {
  addEventListener("popstate", () => done(true), { once: true });
  location.hash = arguments[0];
});
"""


def faults(driver: Driver) -> list[str]:
    """The faults of the layout as it is shown now."""
    found: list[str] = driver.run(_FIND)
    return found


def enter(driver: Driver, url: str, state: State) -> None:
    """Bring the page into a state. If the page is open already, only the part of the address after `#` changes."""
    here, there = urlsplit(driver.run("return location.href")), urlsplit(url + state.path)
    if here[:4] == there[:4] and there.fragment:
        driver.run(_FOLLOW, there.fragment)
    else:
        driver.open(url + state.path)
    driver.wait(state.ready)
    if state.script:
        driver.run(state.script)


def survey(
    driver: Driver, url: str, states: Iterable[State], sizes: Iterable[Size]
) -> Iterator[tuple[State, Size, list[str]]]:
    """The faults for each state and size. `url` is the address of the service."""
    sizes = tuple(sizes)
    for state in states:
        enter(driver, url, state)
        for size in sizes:
            driver.resize(*size)
            yield state, size, faults(driver)

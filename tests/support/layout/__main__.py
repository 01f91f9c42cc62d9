"""Examines every state of every page in every window, and prints the faults: python -m tests.support.layout [NAME]

With NAME, only the states whose name contains it. `make layout` runs this command.
"""

import sys

from playwright.sync_api import sync_playwright

from tests.support.layout.chromium import chromium
from tests.support.layout.states import LESSON, MAIN_PAGE, OTHER_PAGES, SIZES
from tests.support.layout.survey import survey
from tests.support.servers import LiveServer


def main(wanted: str = "") -> int:
    """Return 0 if no layout has a fault, otherwise 1."""
    server = LiveServer("--engine", "onnx")
    server.start()
    seen = found = 0
    try:
        with sync_playwright() as playwright, chromium(playwright) as window:
            states = [state for state in (*MAIN_PAGE, *LESSON, *OTHER_PAGES) if wanted in state.name]
            for state, (width, height), faults in survey(window, server.url, states, SIZES):
                seen += 1
                found += len(faults)
                for fault in faults:
                    print(f"{width}×{height}, {state.name}: {fault}", flush=True)
    finally:
        server.stop()
    print(f"{found} faults in {seen} layouts ({len(SIZES)} windows)")
    return 1 if found or not seen else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))

"""A recorded training run, replayed in place of the service's `/runs`, so that tests of the page need no training.

`recorded_run/events.jsonl` has the events of five epochs on 6,000 of MNIST's images. The weights of its epochs are
those of the shipped run `lesson`, so predictions and maps come from the service.
"""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route

from tests import ROOT
from tests.support.servers import wait_until

EVENTS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (ROOT / "tests/support/recorded_run/events.jsonl").read_text(encoding="utf-8").splitlines()
]
RUN = "lesson-3f9a"
SETTINGS: dict[str, Any] = EVENTS[0]["settings"]
RECIPES: dict[str, dict[str, Any]] = {
    "fast": {"epochs": 1, "batch": 128, "learning_rate": 0.006, "optimiser": "adam", "augmented": 0, "share": 0.8},
    "lesson": {"epochs": 5, "batch": 64, "learning_rate": 0.001, "optimiser": "adam", "augmented": 0, "share": 1},
}
LIMITS = {"epochs": (1, 60), "batch": (1, 4096), "learning_rate": (1e-7, 10), "share": (0.001, 1), "seed": (0, 2**31)}
POSSIBLE: dict[str, Any] = {"possible": True, "reason": None, "detail": None, "data": True, "data_detail": None}


class RecordedRuns:
    """Answers a page's requests about runs. Events become visible to the page only when the test releases them."""

    def __init__(self, page: Page, training: dict[str, Any] = POSSIBLE, *, runs: int = 0) -> None:
        self._page = page
        self.defaults = training | {"recipes": RECIPES, "limits": LIMITS, "optimisers": ["adam", "sgd"]}
        self.released: dict[str, int] = {}  # for each run, the number of events that the page may have
        self.settings: dict[str, dict[str, Any]] = {}
        self.states: dict[str, str] = {}
        self.changes: dict[str, list[dict[str, Any]]] = {}  # events about changes of state that the page has requested
        self.requests: list[tuple[str, str, Any]] = []  # method, path and body of everything that changes something
        self.streams = 0  # the number of streams that the browser has opened
        for number in range(runs):
            self._add(RUN if number == 0 else f"lesson-{number:04x}", SETTINGS | {"seed": number}, len(EVENTS))
        page.route(re.compile(r"^http://[^/]+/runs"), self._answer)
        page.route("**/weights/served", self._answer)
        page.route("**/*weights=lesson-*", self._with_shipped_weights)

    def _add(self, run: str, settings: dict[str, Any], released: int = 0) -> dict[str, Any]:
        self.settings[run], self.released[run] = settings, released
        self.states[run] = "finished" if released == len(EVENTS) else "training"
        return self.describe(run)

    def expect_requests(self, *wanted: tuple[str, str, Any]) -> None:
        """Wait until the page has sent these requests, and fail if it has sent others that change something."""

        def sent() -> bool:
            self._page.evaluate("0")  # Playwright calls `_answer` only while it waits for the page
            return len(self.requests) >= len(wanted)

        wait_until(sent)
        assert self.requests == list(wanted), self.requests

    def describe(self, run: str) -> dict[str, Any]:
        """A run as GET /runs lists it."""
        epochs = [event for event in EVENTS[: self.released[run]] if event["event"] == "epoch"]
        finished = self.states[run] == "finished"
        return {
            "id": run,
            "settings": self.settings[run],
            "state": self.states[run],
            "epochs_done": len(epochs) - 1,
            "accuracy": epochs[-1]["test"]["correct"] / epochs[-1]["test"]["total"] if epochs else None,
            "files": ["mnist_cnn.pth", "mnist_cnn.safetensors", "mnist_cnn.onnx"] if finished else [],
        }

    def release(self, event: str, epoch: int | None = None, run: str = RUN) -> None:
        """Let the page have all events up to the next one of this kind, and of this epoch unless it is None."""
        at = self.released[run]
        while not (EVENTS[at]["event"] == event and epoch in (None, EVENTS[at].get("epoch"))):
            at += 1
        self.released[run] = at + 1
        if at + 1 == len(EVENTS):
            self.states[run] = "finished"

    def _answer(self, route: Route) -> None:
        request = route.request
        path = urlsplit(request.url).path
        body: Any = request.post_data_json if request.post_data else None
        if request.method != "GET":
            self.requests.append((request.method, path, body))
        _, _, run, action = (*path.split("/"), "", "")[:4]
        if path == "/runs/defaults":
            route.fulfill(json=self.defaults)
        elif path == "/runs" and request.method == "POST":
            recipe = RECIPES[body["recipe"]] | body
            route.fulfill(status=201, json=self._add(RUN, recipe))
        elif path == "/runs":
            route.fulfill(json={"runs": [self.describe(each) for each in self.released]})
        elif action == "events":
            self._stream(route, run)
        elif request.method == "DELETE":
            del self.released[run]
            route.fulfill(status=204)
        else:
            self._change(run, {"resume": "training", "stop": "stopped"}.get(action, "paused"))
            route.fulfill(json=self.describe(run) if run in self.released else {})

    def _change(self, run: str, state: str) -> None:
        self.states[run] = state
        changes = self.changes.setdefault(run, [])
        begun = 2  # the number of the event that says that the training has begun
        seq = max(self.released.get(run, 0), begun) + (len(changes) + 1) / 100  # between two recorded events
        changes.append({"seq": seq, "event": "state", "state": state, "message": None})

    def _stream(self, route: Route, run: str) -> None:
        """The events so far. The stream ends after them, and the browser connects again at once.

        Playwright does not see Last-Event-ID, so each stream begins with the first event.
        """
        self.streams += 1
        recorded = (_with_snapshot(each, run) for each in EVENTS[: self.released[run]])
        events = sorted([*recorded, *self.changes.get(run, [])], key=lambda event: event["seq"])
        lines = "".join(f"id: {each['seq']}\nevent: {each['event']}\ndata: {json.dumps(each)}\n\n" for each in events)
        route.fulfill(body=f"retry: 50\n\n{lines}", content_type="text/event-stream")

    def _with_shipped_weights(self, route: Route) -> None:
        """Ask the service for the shipped run's weights of the same epoch, also for a snapshot."""
        url = route.request.url
        for run in self.released:
            url = re.sub(rf"weights={run}%3A(\d+)(-\d+)?", r"weights=lesson%3A\1", url)
        route.continue_(url=url)


def _with_snapshot(event: dict[str, Any], run: str) -> dict[str, Any]:
    """The event; one about a batch names a snapshot, as most events of a real run do."""
    if event["event"] != "batch":
        return event
    return event | {"weights": {"name": f"{run}:{event['epoch']}-{event['batch']}"}}

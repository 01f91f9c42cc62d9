"""Requests about corrections, to three services: one saves them, one does not, and one has a damaged file."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from tools.behaviour.requests.calls import JSON, Call, as_json, get, post, post_json
from tools.behaviour.requests.drawings import PIXELS, SEVEN

MOST = 30  # the service's limit on saved corrections, small enough to be reached
_PATH = "/corrections"
_HERE = ("Sec-Fetch-Site", "same-origin")
_ELSEWHERE = (
    (("Sec-Fetch-Site", "cross-site"),),
    (("Sec-Fetch-Site", "same-site"),),
    (("Origin", "https://elsewhere.example"),),
    (("Origin", "http://{host}.elsewhere.example"),),
    (("Origin", "null"),),
)
_PROBABILITIES = [0.0001, 0.0002, 0.0011, 0.0009, 0, 0, 0, 0.997, 0.0001, 0.0006]


def _id(number: int) -> str:
    return str(UUID(int=number + (4 << 76) + (8 << 60)))


def correction(number: int, **changes: Any) -> dict[str, Any]:
    """A correction whose id is made from `number`, with some fields changed. A field set to `...` is left out."""
    sent = {
        "id": _id(number),
        "strokes": [[[100, 60], [150, 40], [150, 220]]],
        "pen": 20,
        "prepare": "mnist",
        "answer": {"digit": 7, "probabilities": _PROBABILITIES, "verdict": "digit"},
        "label": 1,
        "model": "lesson-3f2a91bc",
    } | changes
    return {key: value for key, value in sent.items() if value is not ...}


def pixels(number: int, **changes: Any) -> dict[str, Any]:
    """A correction of an image instead of strokes; the arguments are those of `correction`."""
    return correction(number, **{"strokes": ..., "pen": ..., "pixels": PIXELS["28×28"]} | changes)


GOOD = (
    correction(1),
    correction(2, strokes=[[[10, 10], [20, 20.5]], [[5, 5]], [[1, 2], [3, 4]]], label=8, canvas=[280, 200]),
    correction(3, label=None, pen=...),
    correction(4, answer={"digit": None, "probabilities": [0.1] * 10, "verdict": "blank", "familiarity": None}),
    correction(5, answer={"digit": 3, "probabilities": [0.1] * 10, "familiarity": 0.25, "reasons": ["more"]}),
    correction(6, prepare=..., model="<script>alert(1)</script>"),
    correction(7, strokes=SEVEN, prepare="resize"),
    correction(8, strokes=[[[i, i * i % 97] for i in range(2000)]], prepare="none"),
    pixels(9),
    pixels(10, label=None, prepare="none"),
    pixels(11, pixels=PIXELS["28×28 of floats"]),
)
_WRONG: dict[str, dict[str, Any]] = {
    "no label": {"label": ...},
    "a label of 10": {"label": 10},
    "a label of −1": {"label": -1},
    "a label of text": {"label": "7"},
    "a label of true": {"label": True},
    "a label of 7.5": {"label": 7.5},
    "no id": {"id": ...},
    "an id that is none": {"id": "mine"},
    "a number for an id": {"id": 7},
    "no answer": {"answer": ...},
    "a number for an answer": {"answer": 7},
    "an answer without probabilities": {"answer": {"digit": 7}},
    "nine probabilities": {"answer": {"digit": 7, "probabilities": [0.1] * 9}},
    "a probability of 2": {"answer": {"digit": 7, "probabilities": [2] + [0] * 9}},
    "an unknown verdict": {"answer": {"digit": 7, "probabilities": [0.1] * 10, "verdict": "sure"}},
    "no model": {"model": ...},
    "an empty model": {"model": ""},
    "a long model": {"model": "m" * 1000},
    "an unknown mode": {"prepare": "blur"},
    "mode uncentred": {"prepare": "uncentred"},
    "mode own_pen": {"prepare": "own_pen"},
    "an unknown field": {"name": "Ada"},
    "empty strokes": {"strokes": []},
    "too far": {"strokes": [[[1, 1e7]]]},
    "no drawing": {"strokes": ...},
    "two drawings": {"pixels": [[0] * 28] * 28},
    "a pen with pixels": {"strokes": ..., "pixels": [[0] * 28] * 28},
    "27 columns": {"strokes": ..., "pen": ..., "pixels": [[0] * 27] * 28},
    "29 rows": {"strokes": ..., "pen": ..., "pixels": [[0] * 28] * 29},
    "too many strokes": {"strokes": [[[1, 1]]] * 1001},
}


def _bodies() -> Iterator[Call]:
    for name, body, kind in (
        ("no JSON", b"{", JSON),
        ("empty", b"", JSON),
        ("a list", b"[]", JSON),
        ("too large", bytes(2**20 + 1), JSON),
        ("text", as_json(correction(1)), "text/plain"),
        ("form", b"label=1", "application/x-www-form-urlencoded"),
        ("no type", as_json(correction(1)), None),
    ):
        yield post(f"corrections, body: {name}", _PATH, kind, body)


def calls() -> Iterator[Call]:
    """Requests to a service that saves at most MOST corrections and has none yet."""
    yield get("kept: the page, empty", _PATH)
    yield get("kept: the export, empty", "/corrections.npz")
    yield get("kept: the drawing page", "/")
    for body in GOOD:
        yield post_json(f"keep {body['id'][-2:]}", _PATH, body)
    yield post_json("keep the first again", _PATH, GOOD[0] | {"label": 4})
    yield post_json("keep from here", _PATH, correction(12), _HERE, ("Origin", "http://{host}"))
    yield post_json("keep from here, by Origin", _PATH, correction(13), ("Origin", "http://{host}"))
    yield post_json("keep from an address bar", _PATH, correction(14), ("Sec-Fetch-Site", "none"))
    for name, changes in _WRONG.items():
        yield post_json(f"correction: {name}", _PATH, correction(90, **changes))
    yield get("a mode was kept all the same?", f"{_PATH}/{_id(90)}", method="DELETE")
    yield from _bodies()
    for number, headers in enumerate(_ELSEWHERE):
        yield post_json(f"elsewhere {number}: keep", _PATH, correction(95), *headers)
        for method, path in (
            ("DELETE", _PATH),
            ("DELETE", f"{_PATH}/{_id(1)}"),
            ("POST", f"{_PATH}/delete"),
            ("POST", f"{_PATH}/{_id(1)}/delete"),
        ):
            yield Call(f"elsewhere {number}: {method} {path}", method, path, headers)
    yield get("kept: the page", _PATH)
    yield get("kept: HEAD of the page", _PATH, method="HEAD")
    yield get("kept: the export", "/corrections.npz")
    yield get("kept: HEAD of the export", "/corrections.npz", method="HEAD")
    for number in range(20, 20 + MOST):
        yield post_json(f"fill {number}", _PATH, correction(number, label=number % 10))
    yield post_json("full, the first again", _PATH, GOOD[0])
    for page in ("1", "2", "3", "9", "0", "-1", "x", "", "1.0", "1000001", "1&page=2"):
        yield get(f"kept: page={page}", f"{_PATH}?page={page}")
    yield Call("delete by form", "POST", f"{_PATH}/{_id(20)}/delete?page=2", (_HERE,))
    yield Call("delete by form again", "POST", f"{_PATH}/{_id(20)}/delete?page=2", (_HERE,))
    yield Call("delete by form, a wrong page", "POST", f"{_PATH}/{_id(21)}/delete?page=x", (_HERE,))
    yield Call("delete by a program", "DELETE", f"{_PATH}/{_id(22)}")
    yield Call("delete again", "DELETE", f"{_PATH}/{_id(22)}")
    yield Call("delete by an id in capitals", "DELETE", f"{_PATH}/{_id(23).upper()}")
    yield Call("delete no id", "DELETE", f"{_PATH}/mine")
    yield Call("delete no id by form", "POST", f"{_PATH}/mine/delete")
    for method in ("GET", "PUT", "OPTIONS"):
        yield Call(f"{method} one", method, f"{_PATH}/{_id(1)}")
    yield get("kept: the page after deleting", _PATH)
    yield Call("delete all by form", "POST", f"{_PATH}/delete", (_HERE,))
    yield get("kept: the page without any", _PATH)
    yield post_json("keep after all were deleted", _PATH, GOOD[1])
    yield Call("delete all by a program", "DELETE", _PATH)
    yield get("kept: the export without any", "/corrections.npz")


def off_calls() -> Iterator[Call]:
    """Requests to a service on which saving corrections is disabled."""
    yield post_json("off: keep", _PATH, GOOD[0])
    yield post("off: no JSON", _PATH, JSON, b"{")
    yield post_json("off: keep from elsewhere", _PATH, GOOD[0], *_ELSEWHERE[0])
    yield post("off: too large", _PATH, JSON, bytes(2**20 + 1))
    yield get("off: export", "/corrections.npz")
    yield get("off: page=x", f"{_PATH}?page=x")
    yield get("off: page=2", f"{_PATH}?page=2")
    for method, path in (
        ("DELETE", _PATH),
        ("DELETE", f"{_PATH}/{_id(1)}"),
        ("POST", f"{_PATH}/delete"),
        ("POST", f"{_PATH}/{_id(1)}/delete"),
    ):
        yield Call(f"off: {method} {path}", method, path)


def damaged_calls() -> Iterator[Call]:
    """Requests to a service whose corrections file is damaged."""
    yield post_json("damaged: keep", _PATH, GOOD[0])
    yield get("damaged: export", "/corrections.npz")
    yield get("damaged: page", _PATH)
    yield get("damaged: page of a browser", _PATH, {"Accept": "text/html"})
    yield Call("damaged: delete", "DELETE", _PATH)
    yield get("damaged: still ready", "/readyz")

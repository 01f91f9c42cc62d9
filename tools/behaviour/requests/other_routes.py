"""Requests for pages, documents, static files and training steps, and requests with wrong methods and addresses."""

from collections.abc import Iterator

from tools.behaviour.requests.calls import JSON, SAFETENSORS, Call, as_json, get, post, post_json
from tools.behaviour.requests.drawings import SEVEN_BODY

_PAGES = (
    "/", "/docs", "/lesson", "/lesson/teacher", "/lesson/worksheet", "/corrections", "/openapi.json", "/model",
    "/model/weights", "/model/evaluation", "/lesson/figures", "/lesson/dense", "/livez", "/readyz", "/metrics",
)  # fmt: skip
_FILES = (
    "/static/favicon.svg", "/static/samples/digits.json", "/static/samples/digits.png", "/static/js/main.js",
    "/static/js/docs.js", "/static/css/base.css",
    "/static/vendor/swagger-ui/swagger-ui.css", "/static/vendor/swagger-ui/swagger-ui-bundle.js",
)  # fmt: skip
_MISSING = (
    "/nothing", "/static/nothing.js", "/static/", "/static", "/static/../app/main.py", "/static/%2e%2e/app/main.py",
    "/predict/", "/lesson/", "/lesson/nothing", "/docs/", "/problems", "/problems/", "/problems/nothing",
    "/corrections/", "/corrections.npz/", "/model/", "/model/nothing", "//", "/%00", "/%ff", "/index.html", "/redoc",
    "/admin", "/robots.txt", "/favicon.ico",
)  # fmt: skip
PROBLEMS = (
    "unreadable-body", "unreadable-picture", "not-collecting", "foreign-request", "not-found", "method-not-allowed",
    "unreadable-request", "not-acceptable", "too-slow", "body-too-large", "picture-too-large", "unsupported-type",
    "invalid-drawing", "one-input", "too-many-points", "wrong-size", "animated-picture", "invalid-correction",
    "invalid-step", "unknown-layer", "invalid-parameter", "internal-error", "not-ready", "overloaded",
    "corrections-unavailable", "corrections-full",
)  # fmt: skip


def documents() -> Iterator[Call]:
    """Requests for pages, documents and static files, also with the headers that a browser's cache sends."""
    for path in _PAGES:
        yield get(f"GET {path}", path)
        yield get(f"HEAD {path}", path, method="HEAD")
    for path in ("/", "/livez", "/nothing", "/model?x=1"):
        yield get(f"GET {path} as a browser", path, {"Accept": "text/html,*/*;q=0.8", "Accept-Encoding": "gzip, br"})
    for path in _FILES:
        yield get(f"GET {path}", path)
    yield get("HEAD a file", _FILES[0], method="HEAD")
    yield get("a part of a file", _FILES[0], {"Range": "bytes=0-9"})
    yield get("a part of a file that it has not", _FILES[0], {"Range": "bytes=999999-"})
    for path in (_FILES[0], "/static/js/main.js", "/model/weights", "/lesson/dense", "/lesson/figures"):
        for tag in ("{etag}", "W/{etag}", '"other", {etag}', '"other"', "*", ""):
            yield get(f"If-None-Match {tag}: {path}", path, {"If-None-Match": tag})
    yield get("HEAD If-None-Match", "/model/weights", {"If-None-Match": "{etag}"}, "HEAD")
    yield get("weights by their hash", "/model/weights?sha256={sha256}")
    yield get("weights by their hash, cached", "/model/weights?sha256={sha256}", {"If-None-Match": "{etag}"})
    yield get("weights by another hash", f"/model/weights?sha256={'0' * 64}")
    yield get("weights by no hash", "/model/weights?sha256=")
    yield get("weights by two hashes", "/model/weights?sha256={sha256}&sha256=0")
    for slug in PROBLEMS:
        yield get(f"problem page: {slug}", f"/problems/{slug}")


def wrong_addresses() -> Iterator[Call]:
    """Addresses that do not exist, methods that existing addresses do not allow, requests from another site, and a GET
    with a body."""
    for path in _MISSING:
        yield get(f"GET {path}", path)
    yield get("POST to nothing", "/nothing", method="POST")
    yield get("HEAD of nothing", "/nothing", method="HEAD")
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        for path in ("/predict", "/feature-maps?layers=conv9"):
            yield get(f"{method} {path}", path, method=method)
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        for path in ("/", "/model", "/livez", "/metrics", "/lesson", "/lesson/figures", "/docs", "/openapi.json",
                     "/problems/not-found", "/static/favicon.svg", "/model/weights"):  # fmt: skip
            yield get(f"{method} {path}", path, method=method)
    for method in ("GET", "HEAD", "PUT", "OPTIONS"):
        yield get(f"{method} /lesson/step", "/lesson/step", method=method)
    for method in ("PUT", "PATCH", "OPTIONS"):
        for path in ("/corrections", "/corrections/x", "/corrections.npz", "/corrections/x/delete"):
            yield get(f"{method} {path}", path, method=method)
    cors = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    yield get("a preflight request", "/predict", cors, "OPTIONS")
    yield post_json("a request from another site", "/predict", SEVEN_BODY, ("Origin", "https://elsewhere.example"))
    yield get("a GET with a body", "/livez")
    yield Call("GET with a body", "GET", "/livez", (("Content-Type", JSON),), b"{}")


# (name, JSON body)
_STEPS: tuple[tuple[str, object], ...] = (
    ("as it comes", {}),
    ("three of SGD", {"learning_rate": 0.1, "steps": 3, "optimiser": "sgd"}),
    ("two of Adam", {"learning_rate": 0.001, "steps": 2, "optimiser": "adam"}),
    ("far too fast", {"learning_rate": 10, "steps": 2, "optimiser": "sgd"}),
    ("a whole number with a point", {"steps": 2.0}),
    ("no step", {"steps": 0}),
    ("21 steps", {"steps": 21}),
    ("half a step", {"steps": 1.5}),
    ("true steps", {"steps": True}),
    ("steps of text", {"steps": "3"}),
    ("steps of null", {"steps": None}),
    ("a rate of 0", {"learning_rate": 0}),
    ("a rate of 11", {"learning_rate": 11}),
    ("a rate of text", {"learning_rate": "0.1"}),
    ("an unknown optimiser", {"optimiser": "momentum"}),
    ("an unknown field", {"batch": 3}),
    ("several wrong fields", {"steps": 0, "learning_rate": -1, "optimiser": 7}),
    ("a list instead", []),
)


def steps() -> Iterator[Call]:
    """Requests for training steps, valid and invalid ones."""
    for name, body in _STEPS:
        yield post_json(f"step: {name}", "/lesson/step", body)
    yield post("step: no JSON", "/lesson/step", JSON, b"{")
    yield post("step: NaN", "/lesson/step", JSON, b'{"learning_rate": NaN}')
    yield post("step: empty", "/lesson/step", JSON, b"")
    yield post("step: text", "/lesson/step", "text/plain", b"{}")
    yield post("step: no type", "/lesson/step", None, b"{}")
    yield post("step: too large", "/lesson/step", JSON, bytes(2**20 + 1))


def calls() -> Iterator[Call]:
    """All requests to a service with the default settings. `/metrics` comes last, so that it counts the others."""
    yield from documents()
    yield from wrong_addresses()
    yield from steps()
    yield get("metrics at the end", "/metrics")


def lesson_weights_calls() -> Iterator[Call]:
    """Requests to a service with the lesson's weights."""
    for path in ("/", "/model", "/model/weights", "/model/evaluation", "/lesson", "/lesson/worksheet"):
        yield get(f"lesson's weights: GET {path}", path)
    yield post("lesson's weights: predict", "/predict", JSON, as_json(SEVEN_BODY))
    yield post("lesson's weights: maps", "/feature-maps", JSON, as_json(SEVEN_BODY), ("Accept", SAFETENSORS))
    yield post_json("lesson's weights: not a digit", "/predict", {"strokes": [[[0, 0], [90, 0]]], "pen": 8})

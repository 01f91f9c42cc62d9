"""Requests that no ordinary client sends: pipelined, split into pieces, chunked, too long, too slow, or malformed."""

from collections.abc import Iterator

from tools.behaviour.requests.calls import SAFETENSORS, Call, as_json, chunked, request
from tools.behaviour.requests.drawings import IMAGES, SEVEN_BODY

_SEVEN = as_json(SEVEN_BODY)
_PREDICT = request("/predict", _SEVEN)
_MAPS = request("/feature-maps?dtype=uint8", _SEVEN, f"Accept: {SAFETENSORS}")
_LIVEZ = request("/livez", method="GET")
_START = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
_CHUNKED = _START + b"Transfer-Encoding: chunked\r\n\r\n"


def _raw(name: str, *pieces: bytes, replies: int = 1, pause: float = 0.02) -> Call:
    return Call(f"raw: {name}", pieces=pieces, replies=replies, pause=pause)


def _with(*headers: str) -> bytes:
    return request("/predict", _SEVEN, *headers)


def calls() -> Iterator[Call]:
    """All requests of this module except the slow ones."""
    yield _raw("in one piece", _PREDICT)
    yield _raw("headers and body", _PREDICT[: -len(_SEVEN)], _SEVEN)
    yield _raw("cut in the headers", _PREDICT[:40], _PREDICT[40:])
    yield _raw("cut in the body", _PREDICT[:-20], _PREDICT[-20:])
    yield _raw("in many pieces", *(_PREDICT[i : i + 16] for i in range(0, len(_PREDICT), 16)), pause=0.002)
    yield _raw("one after another", *[_PREDICT, _MAPS, _LIVEZ] * 3, replies=9, pause=0.1)
    yield _raw("pipelined", _PREDICT * 5, replies=5)
    yield _raw(
        "pipelined, of several kinds", _PREDICT + _MAPS + _LIVEZ + request("/predict", b"{}") + _PREDICT, replies=5
    )
    yield _raw("pipelined and cut", _PREDICT + _MAPS + _PREDICT[:-5], _PREDICT[-5:], replies=3)
    yield _raw("pipelined, the last closes", _PREDICT + _LIVEZ + _with("Connection: close"), replies=4)
    yield _raw("pipelined after a close", _with("Connection: close") + _PREDICT, replies=2)
    yield _raw(
        "a large image, then strokes", request("/predict", IMAGES["large"][1], kind="image/png") + _PREDICT, replies=2
    )
    yield _raw("Connection: close", _with("Connection: close"), replies=2)
    yield _raw("Connection: close, an error", request("/predict", b"{", "Connection: close"), replies=2)
    yield _raw("Connection: keep-alive", _with("Connection: keep-alive") * 2, replies=2)
    yield _raw("HTTP/1.0", _PREDICT.replace(b"HTTP/1.1", b"HTTP/1.0", 1), replies=2)
    yield _raw(
        "HTTP/1.0, kept alive", _with("Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0", 1), _LIVEZ, replies=2
    )
    yield _raw("HTTP/1.0 of a page", b"GET /livez HTTP/1.0\r\n\r\n", replies=2)
    yield _raw("Expect", _with("Expect: 100-continue")[: -len(_SEVEN)], _SEVEN, replies=2, pause=0.2)
    yield _raw("Expect, the body at once", _with("Expect: 100-continue"), replies=2)
    yield _raw("Expect, a wrong query", request("/feature-maps?layers=x", _SEVEN, "Expect: 100-continue"))
    yield _raw("Upgrade", _with("Connection: Upgrade", "Upgrade: h2c"), replies=1)
    yield _raw(
        "Upgrade to WebSocket", request("/predict", b"", "Connection: Upgrade", "Upgrade: websocket", method="GET")
    )
    yield _raw("many headers", _with(*(f"X-{i}: {i}" for i in range(60))) * 2, replies=2)
    yield _raw("headers in odd case", _PREDICT.replace(b"Content-Type", b"cOnTeNt-TyPe"))
    yield _raw("two content types", _with("Content-Type: text/plain"))
    yield _raw("two lengths alike", _with(f"Content-Length: {len(_SEVEN)}"))
    yield _raw("two lengths", _with("Content-Length: 3"))
    yield _raw(
        "two Accepts", request("/feature-maps?layers=logits", _SEVEN, "Accept: text/html", f"Accept: {SAFETENSORS}")
    )
    yield _raw("no Host", _PREDICT.replace(b"Host: x\r\n", b""))
    yield _raw("an absolute address", _PREDICT.replace(b"/predict", b"http://x/predict", 1))
    yield _raw("a fragment", _PREDICT.replace(b"/predict", b"/predict#x", 1))
    yield _raw("an empty line before it", b"\r\n" + _PREDICT)
    yield _raw("chunks", _CHUNKED, *chunked(_SEVEN, 9), pause=0.005)
    yield _raw("chunks in one piece", _CHUNKED + b"".join(chunked(_SEVEN, 50)) + _LIVEZ, replies=2)
    yield _raw("chunks, too large", _CHUNKED, b"".join(chunked(bytes(17 * 2**16), 2**16)))
    yield _raw("chunks, broken", _CHUNKED + b"zz\r\nhello\r\n", replies=2)
    yield _raw("too large, declared", _START + b"Content-Length: 3000000\r\n\r\n", bytes(3_000_000))
    yield _raw("too large, declared and not sent", _START + b"Content-Length: 99999999999\r\n\r\n")
    yield _raw("too large, then another", request("/predict", bytes(2**20 + 1)) + _LIVEZ, replies=2)
    yield _raw("too large for nothing", request("/nothing", bytes(2**20 + 1)), replies=1)
    yield _raw("no length", b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\r\n")
    yield _raw("HEAD, then GET", request("/livez", method="HEAD") + _LIVEZ, replies=2)
    yield _raw("HEAD of predict", request("/predict", method="HEAD") + _LIVEZ, replies=2)
    yield _raw("words", b"hello\r\n\r\n", replies=2)
    yield _raw("zeros", bytes(100), replies=2)
    yield _raw("an unknown method", b"FOO / HTTP/1.1\r\nHost: x\r\n\r\n", replies=2)
    yield _raw("an unknown version", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", replies=2)
    yield _raw("a length of letters", _PREDICT.replace(b"Content-Length: ", b"Content-Length: a", 1), replies=2)
    yield _raw("a negative length", _PREDICT.replace(b"Content-Length: ", b"Content-Length: -", 1), replies=2)
    yield _raw("a header without a colon", b"GET /livez HTTP/1.1\r\nHost x\r\n\r\n", replies=2)
    yield _raw("a space before a colon", b"GET /livez HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", replies=2)
    yield _raw("a good request, then words", _LIVEZ + b"hello\r\n\r\n", replies=3)


def slow_calls() -> Iterator[Call]:
    """Incomplete requests, which the service times out after ten seconds. They are sent in parallel."""
    yield Call("slow: a body that does not end", pieces=(_PREDICT[:-5],), replies=2)
    yield Call("slow: a body of a page that does not end", pieces=(request("/lesson/step", _SEVEN)[:-5],), replies=2)
    yield Call("slow: headers that do not end", pieces=(_PREDICT[:40],), replies=1)
    yield Call("slow: a silent connection", pieces=(b"",), replies=1)

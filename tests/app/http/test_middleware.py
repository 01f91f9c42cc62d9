"""The security headers, the count of requests, and HEAD."""

import asyncio

import pytest
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from app.http.metrics import Metrics
from app.http.middleware import CONTENT_SECURITY_POLICY, ResponseMiddleware

SEVEN = [[[30, 40], [110, 40], [60, 150]]]


class RecordingMetrics(Metrics):
    """Records the requests."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[str, int]] = []

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Record a request."""
        assert seconds >= 0
        self.requests.append((route, status))


async def echo_method(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that has a route for everything."""
    scope["route"] = type("Route", (), {"path": "/template/{name}"})
    await PlainTextResponse(scope["method"], 202)(scope, receive, send)


async def fail(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("secret detail")


@pytest.mark.parametrize("path", ["/", "/docs", "/problems/one-input", "/static/favicon.svg"])
def test_pages_have_a_policy_that_allows_nothing_from_other_sites(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/livez", "/nothing", "/static/nothing"])
def test_every_response_has_the_security_headers(client: TestClient, path: str) -> None:
    for response in (client.get(path), client.post("/predict", json={"strokes": SEVEN}), client.post("/predict")):
        assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cross-origin-opener-policy"] == "same-origin"


def test_requests_are_counted_under_the_template_of_their_route() -> None:
    metrics = RecordingMetrics()
    client = TestClient(ResponseMiddleware(echo_method, metrics))
    client.get("/template/one")
    client.post("/template/two")
    assert metrics.requests == [("/template/{name}", 202)] * 2


def test_an_error_is_counted_as_status_500() -> None:
    metrics = RecordingMetrics()
    with pytest.raises(RuntimeError):
        TestClient(ResponseMiddleware(fail, metrics)).get("/anything")
    assert metrics.requests == [("other", 500)]


def test_head_is_handled_as_get() -> None:
    response = TestClient(ResponseMiddleware(echo_method, Metrics())).head("/")
    assert (response.status_code, response.headers["content-length"]) == (202, str(len("GET")))


def test_the_lifespan_is_passed_on_and_not_counted() -> None:
    metrics, scopes = RecordingMetrics(), []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        raise AssertionError

    asyncio.run(ResponseMiddleware(application, metrics)({"type": "lifespan"}, receive, send))
    assert scopes == [{"type": "lifespan"}]
    assert metrics.requests == []


def test_the_response_to_head_ends_with_the_first_part_of_a_stream() -> None:
    sent: list[Message] = []

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(3):
            await send({"type": "http.response.body", "body": b"more", "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        raise AssertionError

    async def record(message: Message) -> None:
        sent.append(message)

    asyncio.run(ResponseMiddleware(stream, Metrics())({"type": "http", "method": "HEAD"}, receive, record))
    assert [message.get("more_body") for message in sent] == [None, False]

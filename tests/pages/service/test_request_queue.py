"""The queue of requests for predictions."""

from typing import Any

from tests.support.visitor import Visitor

QUEUE = """
const log = [];
const server = [];
const fetch = (url) => new Promise((resolve, reject) => server.push({ url, resolve, reject }));
const reply = (status, headers = {}) => {
  const { url, resolve } = server.shift();
  resolve(new Response(url, { status, headers }));
};
const queue = m.createRequestQueue({
  fetch,
  onResponse: (request) => log.push(`answered ${request.url}`),
  onProblem: (request, problem) => log.push(`refused ${request.url}: ${problem.detail}`),
  onStatus: (status) => status !== "ok" && log.push(status),
});
const send = (url, drawingId = 0) => queue.send({ url, type: "text/plain", body: url, drawingId });
const turn = () => new Promise((go) => setTimeout(go, 5));
const until = async (condition) => { while (!condition()) await turn(); };
"""


def _queue(js: Visitor, script: str) -> Any:
    return js.module("service/request-queue", QUEUE + script)


def test_while_one_request_is_in_flight_only_the_newest_other_one_waits(js: Visitor) -> None:
    assert _queue(
        js,
        """send("/1"); send("/2"); send("/3");
        const first = server.map((s) => s.url);
        reply(200); await until(() => server.length);
        const second = server.map((s) => s.url);
        reply(200); await until(() => queue.idle);
        return [first, second, log]""",
    ) == [["/1"], ["/3"], ["answered /1", "answered /3"]]


def test_a_response_for_an_earlier_drawing_is_dropped(js: Visitor) -> None:
    assert _queue(
        js,
        """send("/old", 1); send("/new", 2);
        reply(200); await until(() => server.length); reply(200); await until(() => queue.idle);
        return log""",
    ) == ["answered /new"]


def test_a_failed_request_is_sent_again_unless_a_newer_one_came(js: Visitor) -> None:
    assert _queue(
        js,
        """send("/1"); server.shift().reject(new TypeError("gone")); await until(() => log.length);
        const again = queue.idle;
        await until(() => server.length); const retried = server[0].url;
        server.shift().reject(new TypeError("gone")); await until(() => log.length === 2);
        send("/2"); queue.retryNow(); await until(() => server.length);
        reply(200); await until(() => queue.idle);
        return [again, retried, log]""",
    ) == [False, "/1", ["away", "away", "answered /2"]]


def test_a_refusal_is_final_and_gives_the_servers_reason(js: Visitor) -> None:
    assert _queue(
        js,
        """send("/1");
        server.shift().resolve(new Response('{"detail": "Too large."}', { status: 413 }));
        await until(() => log.length);
        send("/2"); reply(500); await until(() => log.length === 2);
        return [log, server.length]""",
    ) == [["refused /1: Too large.", "refused /2: The server answered with status 500."], 0]


def test_retry_after_is_seconds_or_a_date(js: Visitor) -> None:
    script = """const headers = (value) => new Headers(value === null ? {} : { "Retry-After": value });
    const after = (value) => m.retryAfter({ headers: headers(value) }, 0);
    return ["7", new Date(4000).toUTCString(), null, "soon", "100000"].map(after)"""
    assert js.module("service/request-queue", script) == [7, 4, 1, 1, 60]

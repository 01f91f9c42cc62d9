"""Request bodies: complete, within the limits, and with a clear problem otherwise."""

import asyncio
from codecs import BOM_UTF8
from collections.abc import Sequence

import pytest
from starlette.types import Message, Receive, Scope

from app.http import body
from app.http.problems import Problem
from app.limits import MAX_BODY
from tests.app.connections.raw_http import SEVEN, Connect, post
from tests.app.connections.service import Service


def scope(**headers: str) -> Scope:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "headers": pairs}


def receive_in(parts: Sequence[bytes], *, endless: bool = False) -> Receive:
    """A client that sends these parts, and then either the end of the body or nothing more."""
    messages: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    if not endless:
        messages[-1]["more_body"] = False

    async def receive() -> Message:
        if not messages:
            await asyncio.sleep(60)
        return messages.pop(0)

    return receive


async def gather(receive: Receive) -> list[Message]:
    return [await receive()]


def problem_of(scope: Scope, receive: Receive) -> Problem:
    with pytest.raises(Problem) as raised:
        asyncio.run(body.read_body(scope, receive))
    return raised.value


def test_a_body_is_complete_however_it_is_split() -> None:
    assert asyncio.run(body.read_body(scope(), receive_in([b"a", b"", b"bc"]))) == b"abc"
    assert asyncio.run(body.read_body(scope(), receive_in([b"abc"]))) == b"abc"


def test_json_is_read_without_its_byte_order_mark() -> None:
    for sent in (b"{}", BOM_UTF8 + b"{}"):
        assert asyncio.run(body.read_json(scope(content_type="application/json"), receive_in([sent]))) == b"{}"


def test_the_problem_of_an_empty_body_says_what_it_should_contain() -> None:
    assert problem_of(scope(), receive_in([b""])).detail == "The body is empty; it should contain a drawing."
    with pytest.raises(Problem) as raised:
        asyncio.run(body.read_json(scope(content_type="application/json"), receive_in([b""])))
    assert raised.value.detail == "The body is empty; it should contain a JSON object."


@pytest.mark.parametrize("sent", ["image/jpeg", "image/jpg", "IMAGE/JPG ; q=1"])
def test_aliases_of_media_types_are_resolved(sent: str) -> None:
    assert body.media_type_of(scope(content_type=sent)) == "image/jpeg"


def test_a_body_may_be_as_large_as_the_limit() -> None:
    assert len(asyncio.run(body.read_body(scope(), receive_in([bytes(MAX_BODY - 1), b"1"])))) == MAX_BODY


@pytest.mark.parametrize("parts", [[bytes(MAX_BODY + 1)], [bytes(MAX_BODY), b"1"]], ids=["one part", "two parts"])
def test_a_body_over_the_limit_is_too_large(parts: Sequence[bytes]) -> None:
    assert problem_of(scope(), receive_in(parts)).kind.slug == "body-too-large"


def test_an_endless_body_is_not_read_past_the_limit() -> None:
    parts = [bytes(MAX_BODY // 2 + 1)] * 3
    receive = receive_in(parts, endless=True)
    assert problem_of(scope(), receive).kind.slug == "body-too-large"
    (rest,) = asyncio.run(gather(receive))
    assert rest["body"] == parts[2]


def test_a_body_that_declares_too_large_a_size_is_not_read() -> None:
    assert (
        problem_of(scope(content_length=str(MAX_BODY + 1)), receive_in([], endless=True)).kind.slug == "body-too-large"
    )


@pytest.mark.parametrize("parts", [[], [b"{"]], ids=["never starts", "stops arriving"])
def test_a_body_that_does_not_arrive_in_time_is_too_slow(
    monkeypatch: pytest.MonkeyPatch, parts: Sequence[bytes]
) -> None:
    monkeypatch.setattr(body, "BODY_SECONDS", 0.05)
    problem = problem_of(scope(), receive_in(parts, endless=True))
    assert problem.kind.slug == "too-slow"
    assert problem.headers == {"Connection": "close"}


@pytest.mark.parametrize("part", [b"", SEVEN[:9]], ids=["never starts", "stops arriving"])
def test_a_slow_client_gets_the_problem_and_its_connection_is_closed(
    service: Service, connect: Connect, monkeypatch: pytest.MonkeyPatch, part: bytes
) -> None:
    monkeypatch.setattr(body, "BODY_SECONDS", 0.3)
    connection = connect(service.url).send(post()[: -len(SEVEN)] + part)
    assert connection.problem() == (408, "too-slow")
    assert connection.is_closed()


def test_a_body_that_is_still_missing_when_the_service_ends_is_a_problem() -> None:
    async def stop() -> Problem:
        reading = asyncio.create_task(body.read_body(scope(), receive_in([b"a"], endless=True)))
        await asyncio.sleep(0)
        reading.cancel()  # as uvicorn does after its timeout
        with pytest.raises(Problem) as raised:
            await reading
        return raised.value

    problem = asyncio.run(stop())
    assert (problem.kind.status, problem.headers) == (503, {"Retry-After": "1"})


def test_a_body_is_unreadable_if_the_client_disconnects() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    assert problem_of(scope(), receive).kind.slug == "unreadable-body"


def test_an_empty_body_is_unreadable() -> None:
    assert "empty" in problem_of(scope(), receive_in([b""])).detail


def test_a_request_to_upgrade_the_protocol_is_told_why_its_body_is_lost() -> None:
    assert "Upgrade" in problem_of(scope(upgrade="h2c"), receive_in([b""])).detail


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8"])
def test_json_is_read_whatever_its_parameters(media_type: str) -> None:
    assert asyncio.run(body.read_json(scope(content_type=media_type), receive_in([b"{}"]))) == b"{}"


def test_another_media_type_than_json_is_unsupported() -> None:
    with pytest.raises(Problem) as raised:
        asyncio.run(body.read_json(scope(content_type="text/plain"), receive_in([b"{}"])))
    assert raised.value.kind.slug == "unsupported-type"


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip"])
def test_a_compressed_body_is_refused_with_a_sentence_that_says_so(encoding: str) -> None:
    problem = problem_of(scope(content_encoding=encoding), receive_in([b"{}"]))
    assert (problem.kind.slug, problem.headers) == ("unsupported-type", {"Accept-Encoding": "identity"})
    assert "compressed" in problem.detail


def test_a_body_that_is_declared_as_uncompressed_is_read() -> None:
    assert asyncio.run(body.read_body(scope(content_encoding="Identity"), receive_in([b"abc"]))) == b"abc"

"""Bad input gets its own clear problem within a second, and the next good request is answered."""

import base64
import io
import json
import re
import socket
import struct
import time
import zlib
from collections.abc import Iterator

import httpx2
import numpy as np
import pytest
from PIL import Image

from model.inference import verdicts
from tests.servers import LiveServer

JSON = "application/json"
SEVEN = {"strokes": [[[30, 40], [110, 40], [60, 150]]], "pen": 12}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = LiveServer("--engine", "onnx")
    server.start()
    yield server.url
    server.stop()


def png(width: int, height: int, *, bits: int = 8, colour: int = 0, rows: bytes | None = None) -> bytes:
    """A PNG written by hand, so that its header can lie."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    data = zlib.compress(bytes(1000) if rows is None else rows)
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 300)).astype(np.uint8))
FRAMES = [Image.new("L", (28, 28), level) for level in (0, 100, 200)]
ANIMATED = saved(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:])
TINY = base64.b64encode(saved(Image.new("L", (28, 28)))).decode()


def body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


# name: content type, body, status, problem
BAD: dict[str, tuple[str, bytes, int, str]] = {
    "empty": (JSON, b"", 400, "unreadable-body"),
    "no JSON": (JSON, b"{strokes", 400, "unreadable-body"),
    "JSON cut off": (JSON, b'{"strokes": [[[1, 2]', 400, "unreadable-body"),
    "JSON nested without end": (JSON, b"[" * 100_000, 400, "unreadable-body"),
    "no UTF-8": (JSON, b'{"image": "\xff\xfe"}', 400, "unreadable-body"),
    "a list": (JSON, b"[1, 2]", 422, "invalid-drawing"),
    "null": (JSON, b"null", 422, "invalid-drawing"),
    "nothing in it": (JSON, b"{}", 422, "one-input"),
    "two inputs": (JSON, body(strokes=[[[1, 2]]], pixels=[[1]]), 422, "one-input"),
    "two inputs that are wrong": (JSON, body(strokes=[], pixels="x"), 422, "one-input"),
    "three inputs": (JSON, body(strokes=[[[1, 2]]], pixels=[[1]], image=TINY), 422, "one-input"),
    "an unknown field": (JSON, body(strokes=[[[1, 2]]], colour="red"), 422, "invalid-drawing"),
    "no strokes": (JSON, body(strokes=[]), 422, "invalid-drawing"),
    "a stroke without points": (JSON, body(strokes=[[[1, 2]], []]), 422, "invalid-drawing"),
    "a point of one number": (JSON, body(strokes=[[[1]]]), 422, "invalid-drawing"),
    "a point of three numbers": (JSON, body(strokes=[[[1, 2, 3]]]), 422, "invalid-drawing"),
    "text for a number": (JSON, body(strokes=[[["1", "2"]]]), 422, "invalid-drawing"),
    "true for a number": (JSON, body(strokes=[[[True, 2]]]), 422, "invalid-drawing"),
    "null for a number": (JSON, body(strokes=[[[None, 2]]]), 422, "invalid-drawing"),
    "text for strokes": (JSON, body(strokes="many"), 422, "invalid-drawing"),
    "NaN": (JSON, b'{"strokes": [[[NaN, 1]]]}', 422, "invalid-drawing"),
    "infinity": (JSON, b'{"strokes": [[[1, 2], [Infinity, 1]]]}', 422, "invalid-drawing"),
    "minus infinity": (JSON, b'{"strokes": [[[1, -Infinity]]]}', 422, "invalid-drawing"),
    "a number too large for a double": (JSON, b'{"strokes": [[[1, 1e999]]]}', 422, "invalid-drawing"),
    "1e308": (JSON, body(strokes=[[[1e308, -1e308], [0, 0]]]), 422, "invalid-drawing"),
    "a whole number of 5,000 digits": (JSON, b'{"strokes": [[[' + b"9" * 5000 + b", 1]]]}", 400, "unreadable-body"),
    "a negative pen": (JSON, body(strokes=[[[1, 2]]], pen=-1), 422, "invalid-drawing"),
    "a pen of NaN": (JSON, b'{"strokes": [[[1, 2]]], "pen": NaN}', 422, "invalid-drawing"),
    "a pen with pixels": (JSON, body(pixels=[[1]], pen=2), 422, "invalid-drawing"),
    "a canvas of no size": (JSON, body(strokes=[[[1, 2]]], canvas=[0, 0]), 422, "invalid-drawing"),
    "100,000 points": (JSON, b'{"strokes":[[' + b",".join([b"[1,2]"] * 100_000) + b"]]}", 422, "too-many-points"),
    "2,000 strokes": (JSON, body(strokes=[[[1, 2]]] * 2000), 422, "too-many-points"),
    "ragged rows": (JSON, body(pixels=[[1, 2, 3], [1, 2]]), 422, "invalid-drawing"),
    "no rows": (JSON, body(pixels=[]), 422, "invalid-drawing"),
    "empty rows": (JSON, body(pixels=[[], []]), 422, "invalid-drawing"),
    "1 by 10,000": (JSON, body(pixels=[[1] * 10_000]), 422, "invalid-drawing"),
    "10,000 by 1": (JSON, body(pixels=[[1]] * 10_000), 422, "invalid-drawing"),
    "a negative level": (JSON, body(pixels=[[-1]]), 422, "invalid-drawing"),
    "a level over 255": (JSON, body(pixels=[[256]]), 422, "invalid-drawing"),
    "a level of NaN": (JSON, b'{"pixels": [[NaN]]}', 422, "invalid-drawing"),
    "no base64": (JSON, body(image="!!!"), 400, "unreadable-body"),
    "base64 of no picture": (JSON, body(image=base64.b64encode(b"hello").decode()), 400, "unreadable-picture"),
    "a data URL of text": (JSON, body(image="data:text/plain;base64,aGVsbG8="), 400, "unreadable-body"),
    "an empty image": (JSON, body(image=""), 422, "invalid-drawing"),
    "no picture": ("image/png", b"hello", 400, "unreadable-picture"),
    "a GIF": ("image/png", saved(FRAMES[0], "GIF"), 400, "unreadable-picture"),
    "a PNG cut off": ("image/png", saved(NOISE)[:20_000], 400, "unreadable-picture"),
    "a JPEG cut off": ("image/jpeg", saved(NOISE, "JPEG")[:9_000], 400, "unreadable-picture"),
    "a WebP cut off": ("image/webp", saved(NOISE, "WEBP")[:9_000], 400, "unreadable-picture"),
    "a PNG whose rows are missing": ("image/png", png(100, 100, rows=bytes(50)), 400, "unreadable-picture"),
    "a PNG of no size": ("image/png", png(0, 0), 400, "unreadable-picture"),
    "a PNG of 30,000 by 30,000": ("image/png", png(30_000, 30_000), 413, "picture-too-large"),
    "a PNG of 16,000,001 by 1": ("image/png", png(16_000_001, 1), 413, "picture-too-large"),
    "an animation": ("image/png", ANIMATED, 422, "animated-picture"),
    "a form without a file": ("multipart/form-data; boundary=x", b"--x--\r\n", 422, "one-input"),
    "a form with three files": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nq\r\n' * 3 + b"--x--\r\n",
        422,
        "one-input",
    ),
    "a form with a thousand fields": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nq\r\n' * 1000 + b"--x--\r\n",
        422,
        "one-input",
    ),
    "a form without a boundary": ("multipart/form-data", b"--x--\r\n", 400, "unreadable-body"),
    "a form cut off": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disp", 422, "one-input"),
    "a form's fields": ("application/x-www-form-urlencoded", b"a=1", 415, "unsupported-type"),
    "text": ("text/plain", b"seven", 415, "unsupported-type"),
    "a GIF by its own name": ("image/gif", saved(FRAMES[0], "GIF"), 415, "unsupported-type"),
    "a body over 1 MiB": ("image/png", bytes(1024 * 1024 + 1), 413, "body-too-large"),
}  # fmt: skip


def check(answer: httpx2.Response, status: int, slug: str) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["type"]) == (status, status, f"/problems/{slug}")
    assert problem["title"]
    assert len(problem["detail"]) > 20
    assert problem["detail"].endswith(".")
    assert "Traceback" not in answer.text
    assert ".py" not in answer.text


@pytest.mark.parametrize("path", ["/predict", "/feature-maps"])
@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_its_own_problem_in_under_a_second_and_the_next_is_answered(
    url: str, path: str, name: str
) -> None:
    media_type, content, status, slug = BAD[name]
    seconds: list[float] = []
    with httpx2.Client(base_url=url, timeout=30) as client:
        while len(seconds) < 3 and min(seconds, default=1) >= 1:  # the best of up to three, on a busy machine
            started = time.perf_counter()
            answer = client.post(path, content=content, headers={"Content-Type": media_type})
            seconds.append(time.perf_counter() - started)
            check(answer, status, slug)
        assert min(seconds) < 1
        assert client.post("/predict", json=SEVEN).json()["digit"] == 7


@pytest.mark.parametrize("secret", ["hunter2", "<script>alert(1)</script>"])
def test_a_problem_never_repeats_what_was_sent(url: str, secret: str) -> None:
    bodies = [
        {secret: 1},
        {"image": secret},
        {"strokes": secret},
        {"strokes": [[[secret, 1]]]},
        {"pixels": [[secret]]},
        {"strokes": [[[1, 2]]], "pen": secret},
    ]
    for sent in bodies:
        answer = httpx2.post(f"{url}/predict", json=sent)
        assert answer.status_code in (400, 422)
        assert secret not in answer.text
    answer = httpx2.post(f"{url}/feature-maps", params={"layers": secret, "dtype": secret}, json=SEVEN)
    assert secret not in answer.text


@pytest.mark.parametrize(
    ("query", "slug"),
    [
        ("layers=conv9", "unknown-layer"),
        ("layers=", "unknown-layer"),
        ("layers=conv1,", "unknown-layer"),
        ("dtype=float64", "invalid-parameter"),
        ("dtype=", "invalid-parameter"),
        ("prepare=blur", "invalid-parameter"),
        ("stages=maybe", "invalid-parameter"),
        ("layers=%ff", "unknown-layer"),
    ],
)
def test_a_wrong_query_is_named(url: str, query: str, slug: str) -> None:
    check(httpx2.post(f"{url}/feature-maps?{query}", json=SEVEN), 422, slug)


def test_a_wrong_size_for_prepare_none_is_named(url: str) -> None:
    check(httpx2.post(f"{url}/predict?prepare=none", json={"pixels": [[1, 2], [3, 4]]}), 422, "wrong-size")


def test_one_stroke_of_one_point_is_a_dot_and_is_answered(url: str) -> None:
    answer = httpx2.post(f"{url}/predict", json={"strokes": [[[5, 5]]]})
    assert (answer.status_code, answer.json()["reasons"][0]) == (200, verdicts.TOO_LITTLE_INK)


@pytest.mark.parametrize("mode", ["1", "P", "I;16", "CMYK", "LA", "RGBA"])
def test_unusual_kinds_of_pictures_are_read(url: str, mode: str) -> None:
    picture = np.zeros((60, 60), np.uint8)
    picture[10:50, 27:33] = 255
    image = (
        Image.fromarray(picture.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(picture).convert(mode)
    )
    kind = "JPEG" if mode == "CMYK" else "PNG"
    answer = httpx2.post(
        f"{url}/predict", content=saved(image, kind), headers={"Content-Type": f"image/{kind.lower()}"}
    )
    assert answer.json()["digit"] == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_told_which_one_it_takes(url: str, method: str) -> None:
    answer = httpx2.request(method, f"{url}/predict")
    check(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


def test_an_address_that_does_not_exist_is_a_problem_too(url: str) -> None:
    for path in ("/nothing", "/static/nothing.js", "/static/../app/main.py", "/predict/"):
        check(httpx2.get(f"{url}{path}"), 404, "not-found")


# ---------------------------------------------------------------- below HTTP's good manners


def converse(url: str, request: bytes, *pieces: bytes, pause: float = 0.0) -> bytes:
    """Send bytes as they are, and return all that comes back until the other side closes or is silent."""
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        for piece in pieces:
            time.sleep(pause)
            connection.sendall(piece)
        connection.settimeout(10)
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
                head, _, rest = received.partition(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head.lower())
                if length and len(rest) >= int(length[1]):
                    break
        except TimeoutError:
            pass
        return received


HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def test_a_body_over_the_limit_in_chunks_is_refused(url: str) -> None:
    chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
    answer = converse(url, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk * 17, b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"/problems/body-too-large" in answer


def test_a_length_over_the_limit_is_refused_though_the_body_is_still_coming(url: str) -> None:
    answer = converse(url, HEAD + b"Content-Length: 3000000\r\n\r\n", bytes(3_000_000))
    assert answer.startswith(b"HTTP/1.1 413")


def test_a_good_body_in_chunks_and_in_pieces_is_read(url: str) -> None:
    content = json.dumps(SEVEN).encode()
    pieces = [b"%x\r\n%b\r\n" % (len(content[i : i + 9]), content[i : i + 9]) for i in range(0, len(content), 9)]
    answer = converse(url, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *pieces, b"0\r\n\r\n", pause=0.005)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b'"digit":7' in answer


@pytest.mark.parametrize("request_", [b"hello\r\n\r\n", b"POST /predict HTTP/1.1\r\n\r\n", bytes(100)])
def test_what_is_no_http_is_not_the_end_of_the_service(url: str, request_: bytes) -> None:
    converse(url, request_)
    assert httpx2.post(f"{url}/predict", json=SEVEN).json()["digit"] == 7


def test_a_sender_who_leaves_in_the_middle_disturbs_nobody(url: str) -> None:
    port = int(url.rpartition(":")[2])
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(HEAD + b"Content-Length: 500\r\n\r\n{")
    assert httpx2.post(f"{url}/predict", json=SEVEN).json()["digit"] == 7

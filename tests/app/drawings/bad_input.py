"""Bad input, and the problem that each gets."""

import base64
import json

import httpx2
import numpy as np
from PIL import Image

from tests.app.images import png_with_header, saved

JSON = "application/json"
_NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 300)).astype(np.uint8))
_FRAMES = [Image.new("L", (28, 28), level) for level in (0, 100, 200)]
_ANIMATED = saved(_FRAMES[0], "PNG", save_all=True, append_images=_FRAMES[1:])
_TINY = base64.b64encode(saved(Image.new("L", (28, 28)))).decode()


def assert_problem(response: httpx2.Response, status: int, slug: str) -> None:
    """The response is this problem, with a title and a sentence, and without a stack trace."""
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (response.status_code, problem["status"], problem["type"]) == (status, status, f"/problems/{slug}")
    assert problem["title"]
    assert len(problem["detail"]) > 20
    assert problem["detail"].endswith(".")
    assert "Traceback" not in response.text
    assert ".py" not in response.text


def _body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


# description: media type, body, status, slug of the problem
BAD_INPUT: dict[str, tuple[str, bytes, int, str]] = {
    "empty": (JSON, b"", 400, "unreadable-body"),
    "not JSON": (JSON, b"{strokes", 400, "unreadable-body"),
    "JSON cut off": (JSON, b'{"strokes": [[[1, 2]', 400, "unreadable-body"),
    "deeply nested JSON": (JSON, b"[" * 20_000, 400, "unreadable-body"),
    "not UTF-8": (JSON, b'{"image": "\xff\xfe"}', 400, "unreadable-body"),
    "a list": (JSON, b"[1, 2]", 422, "invalid-drawing"),
    "null": (JSON, b"null", 422, "invalid-drawing"),
    "no fields": (JSON, b"{}", 422, "one-input"),
    "two inputs": (JSON, _body(strokes=[[[1, 2]]], pixels=[[1]]), 422, "one-input"),
    "two wrong inputs": (JSON, _body(strokes=[], pixels="x"), 422, "one-input"),
    "three inputs": (JSON, _body(strokes=[[[1, 2]]], pixels=[[1]], image=_TINY), 422, "one-input"),
    "an unknown field": (JSON, _body(strokes=[[[1, 2]]], colour="red"), 422, "invalid-drawing"),
    "no strokes": (JSON, _body(strokes=[]), 422, "invalid-drawing"),
    "a stroke without points": (JSON, _body(strokes=[[[1, 2]], []]), 422, "invalid-drawing"),
    "a point of one number": (JSON, _body(strokes=[[[1]]]), 422, "invalid-drawing"),
    "a point of three numbers": (JSON, _body(strokes=[[[1, 2, 3]]]), 422, "invalid-drawing"),
    "a string for a number": (JSON, _body(strokes=[[["1", "2"]]]), 422, "invalid-drawing"),
    "true for a number": (JSON, _body(strokes=[[[True, 2]]]), 422, "invalid-drawing"),
    "null for a number": (JSON, _body(strokes=[[[None, 2]]]), 422, "invalid-drawing"),
    "a string for strokes": (JSON, _body(strokes="many"), 422, "invalid-drawing"),
    "NaN": (JSON, b'{"strokes": [[[NaN, 1]]]}', 422, "invalid-drawing"),
    "infinity": (JSON, b'{"strokes": [[[1, 2], [Infinity, 1]]]}', 422, "invalid-drawing"),
    "minus infinity": (JSON, b'{"strokes": [[[1, -Infinity]]]}', 422, "invalid-drawing"),
    "a number too large for a double": (JSON, b'{"strokes": [[[1, 1e999]]]}', 422, "invalid-drawing"),
    "1e308": (JSON, _body(strokes=[[[1e308, -1e308], [0, 0]]]), 422, "invalid-drawing"),
    "a whole number of 5,000 digits": (JSON, b'{"strokes": [[[' + b"9" * 5000 + b", 1]]]}", 400, "unreadable-body"),
    "a negative pen": (JSON, _body(strokes=[[[1, 2]]], pen=-1), 422, "invalid-drawing"),
    "a pen of NaN": (JSON, b'{"strokes": [[[1, 2]]], "pen": NaN}', 422, "invalid-drawing"),
    "a pen with pixels": (JSON, _body(pixels=[[1]], pen=2), 422, "invalid-drawing"),
    "a canvas of size 0": (JSON, _body(strokes=[[[1, 2]]], canvas=[0, 0]), 422, "invalid-drawing"),
    "100,000 points": (JSON, b'{"strokes":[[' + b",".join([b"[1,2]"] * 100_000) + b"]]}", 422, "too-many-points"),
    "2,000 strokes": (JSON, _body(strokes=[[[1, 2]]] * 2000), 422, "too-many-points"),
    "ragged rows": (JSON, _body(pixels=[[1, 2, 3], [1, 2]]), 422, "invalid-drawing"),
    "no rows": (JSON, _body(pixels=[]), 422, "invalid-drawing"),
    "empty rows": (JSON, _body(pixels=[[], []]), 422, "invalid-drawing"),
    "1 row of 10,000": (JSON, _body(pixels=[[1] * 10_000]), 422, "invalid-drawing"),
    "10,000 rows of 1": (JSON, _body(pixels=[[1]] * 10_000), 422, "invalid-drawing"),
    "a negative level": (JSON, _body(pixels=[[-1]]), 422, "invalid-drawing"),
    "a level over 255": (JSON, _body(pixels=[[256]]), 422, "invalid-drawing"),
    "a level of NaN": (JSON, b'{"pixels": [[NaN]]}', 422, "invalid-drawing"),
    "not base64": (JSON, _body(image="!!!"), 400, "unreadable-body"),
    "base64 of text": (JSON, _body(image=base64.b64encode(b"hello").decode()), 400, "unreadable-picture"),
    "a data URL of text": (JSON, _body(image="data:text/plain;base64,aGVsbG8="), 400, "unreadable-body"),
    "an empty image": (JSON, _body(image=""), 422, "invalid-drawing"),
    "not an image": ("image/png", b"hello", 400, "unreadable-picture"),
    "a GIF": ("image/png", saved(_FRAMES[0], "GIF"), 400, "unreadable-picture"),
    "a PNG cut off": ("image/png", saved(_NOISE)[:20_000], 400, "unreadable-picture"),
    "a JPEG cut off": ("image/jpeg", saved(_NOISE, "JPEG")[:9_000], 400, "unreadable-picture"),
    "a WebP cut off": ("image/webp", saved(_NOISE, "WEBP")[:9_000], 400, "unreadable-picture"),
    "a PNG with missing rows": ("image/png", png_with_header(100, 100, bytes(50)), 400, "unreadable-picture"),
    "a PNG of size 0": ("image/png", png_with_header(0, 0), 400, "unreadable-picture"),
    "a PNG of 30,000 by 30,000": ("image/png", png_with_header(30_000, 30_000), 413, "picture-too-large"),
    "a PNG of 16,000,001 by 1": ("image/png", png_with_header(16_000_001, 1), 413, "picture-too-large"),
    "30,000 by 30,000, compressed a thousandfold": (
        "image/png", png_with_header(30_000, 30_000, bytes(10**6)), 413, "picture-too-large"
    ),
    "an animation": ("image/png", _ANIMATED, 422, "animated-picture"),
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
    "a form cut off": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disp", 400, "unreadable-body"),
    "a URL-encoded form": ("application/x-www-form-urlencoded", b"a=1", 415, "unsupported-type"),
    "text": ("text/plain", b"seven", 415, "unsupported-type"),
    "a GIF declared as one": ("image/gif", saved(_FRAMES[0], "GIF"), 415, "unsupported-type"),
    "a body over 1 MiB": ("image/png", bytes(1024 * 1024 + 1), 413, "body-too-large"),
}  # fmt: skip

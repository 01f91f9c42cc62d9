"""The drawing in a request: every form in which it can be sent, and the problem if it cannot be read."""

import base64
import json
import time
from codecs import BOM_UTF8
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import httpx2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from app.drawings.parsing import _from_json
from app.http.problems import Problem
from app.limits import MAX_BODY
from benchmarks.drawings import as_strokes, drawings
from model.inference import verdicts
from model.preprocess import pipeline
from model.preprocess.rasterise import Strokes
from tests.app.drawings.bad_input import BAD_INPUT, assert_problem
from tests.app.images import png_of_a_line, saved

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]
SEVEN = {"strokes": [[[30, 40], [110, 40], [60, 150]]], "pen": 12}


# ---------------------------------------------------------------- good input


def test_the_same_image_gets_the_same_response_in_every_form(client: TestClient, mnist_test: Mnist) -> None:
    for image, label in zip(mnist_test[0][:20], mnist_test[1][:20].tolist(), strict=True):
        content = saved(Image.fromarray(image))
        encoded = base64.b64encode(content).decode()
        responses = [
            client.post("/predict", json={"pixels": image.tolist()}),
            client.post("/predict", json={"image": encoded}),
            client.post("/predict", json={"image": f"data:image/png;base64,{encoded}"}),
            client.post("/predict", content=content, headers={"Content-Type": "image/png"}),
            client.post("/predict", files={"file": ("digit.png", content, "image/png")}),
        ]
        assert [response.status_code for response in responses] == [200] * 5
        first = responses[0].json()
        assert all(response.json() == first for response in responses)
        assert first["digit"] == label


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("PNG", "image/png")])
def test_every_image_format_is_read(client: TestClient, mnist_test: Mnist, kind: str, media_type: str) -> None:
    content = saved(Image.fromarray(255 - mnist_test[0][0]).resize((280, 280)), kind)
    response = client.post("/predict", content=content, headers={"Content-Type": f"{media_type}; charset=x"})
    assert response.json()["digit"] == 7


@pytest.mark.parametrize("media_type", ["image/jpg", "image/JPG; charset=x", "image/jpeg"])
def test_a_jpeg_is_read_under_both_names_of_its_type(client: TestClient, mnist_test: Mnist, media_type: str) -> None:
    content = saved(Image.fromarray(255 - mnist_test[0][0]).resize((280, 280)), "JPEG")
    for response in (
        client.post("/predict", content=content, headers={"Content-Type": media_type}),
        client.post("/predict", files={"file": ("digit.jpg", content, media_type)}),
    ):
        assert (response.status_code, response.json()["digit"]) == (200, 7)
    maps = client.post("/feature-maps?layers=logits", content=content, headers={"Content-Type": media_type})
    assert maps.json()["prediction"]["digit"] == 7


@pytest.mark.parametrize("path", ["/predict", "/feature-maps"])
def test_json_may_start_with_a_byte_order_mark(client: TestClient, path: str) -> None:
    bodies = [json.dumps(SEVEN).encode(), json.dumps({"pixels": [[0] * 30_000] * 2, "pen": 3}).encode()]
    headers = {"Content-Type": "application/json"}
    for body in bodies:  # the second is invalid and long: it is parsed on a thread
        plain, marked = (client.post(path, content=bom + body, headers=headers) for bom in (b"", BOM_UTF8))
        assert (marked.status_code, marked.json()) == (plain.status_code, plain.json())


@pytest.mark.parametrize("start", ["", "data:image/png;base64,", "DATA:image/PNG;BASE64,"])
@pytest.mark.parametrize("ends", [("\n", 76), ("\r\n", 64), ("", 10**6), (" ", 4)], ids=["lf", "crlf", "none", "space"])
def test_base64_may_have_line_breaks_and_a_final_newline(
    client: TestClient, mnist_test: Mnist, start: str, ends: tuple[str, int]
) -> None:
    content = base64.b64encode(saved(Image.fromarray(mnist_test[0][0]))).decode()
    text = ends[0].join(content[i : i + ends[1]] for i in range(0, len(content), ends[1]))
    for whole in (start + text, f"{start}{text}\n", f"\n{start}{ends[0]}{text}\r\n\r\n"):
        response = client.post("/predict", json={"image": whole})
        assert (response.status_code, response.json()["digit"]) == (200, 7)


def test_a_data_url_may_have_parameters(client: TestClient, mnist_test: Mnist) -> None:
    content = base64.b64encode(saved(Image.fromarray(mnist_test[0][0]))).decode()
    for start in ("data:image/png;charset=utf-8;base64,", "data:image/png;name=seven.png;x=;base64,"):
        assert client.post("/predict", json={"image": start + content}).json()["digit"] == 7


@pytest.mark.parametrize("mode", ["1", "P", "I;16", "CMYK", "LA", "RGBA"])
def test_every_pixel_format_is_read(client: TestClient, mode: str) -> None:
    pixels = np.zeros((60, 60), np.uint8)
    pixels[10:50, 27:33] = 255
    image = Image.fromarray(pixels.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(pixels).convert(mode)
    kind = "JPEG" if mode == "CMYK" else "PNG"
    headers = {"Content-Type": f"image/{kind.lower()}"}
    assert client.post("/predict", content=saved(image, kind), headers=headers).json()["digit"] == 1


def test_large_json_bodies_are_read(client: TestClient) -> None:
    rows = np.zeros((400, 400), int)
    rows[50:350, 180:220] = 255
    body = json.dumps({"pixels": rows.tolist()})
    assert len(body) > 100_000
    response = client.post("/predict", content=body, headers={"Content-Type": "application/json"})
    assert response.json()["digit"] == 1


def test_a_stroke_of_one_point_is_a_dot(client: TestClient) -> None:
    response = client.post("/predict", json={"strokes": [[[5, 5]]]})
    assert (response.status_code, response.json()["reasons"][0]) == (200, verdicts.TOO_LITTLE_INK)


@pytest.mark.parametrize("fields", [{}, {"pen": 12}, {"pen": 1e-3, "canvas": [280, 280.5]}, {"canvas": [1e6, 1]}])
def test_strokes_are_read_with_their_pen_and_canvas(fields: dict[str, object]) -> None:
    lines: list[list[list[float]]] = [[[30, 40], [110.25, 40], [60, -1e5]], [[1e-9, 0]]]
    strokes = _from_json(json.dumps({"strokes": lines, **fields}).encode(), "mnist")
    assert isinstance(strokes, Strokes)
    np.testing.assert_array_equal(strokes.coordinates, np.array([point for line in lines for point in line]).T)
    assert list(map(len, strokes.lines)) == [3, 1]
    canvas = fields.get("canvas")
    assert (strokes.pen, strokes.canvas) == (fields.get("pen"), tuple(canvas) if isinstance(canvas, list) else None)


def test_the_strokes_that_the_page_sends_are_read() -> None:
    assert all(isinstance(_from_json(as_strokes(lines), "mnist"), Strokes) for _, lines in drawings(20))


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "body",
    [
        b'{"strokes": [[[1, 2]]],}',
        b'{"strokes": [[[01, 2]]]}',
        b'{"strokes": [[[1, 2]]]} {}',
        b'{"strokes": {"ab": 1}}',
        b'{"strokes": [{"12": 1, "34": 2}]}',
        b'{"strokes": [[{"1": 1, "2": 2}]]}',
        b'{"strokes": ["12", "34"]}',
        b'{"strokes": [["12", "34"]]}',
        b'{"strokes": [[[true, false]]]}',
        b'{"strokes": [[[1, 2]]], "canvas": []}',
        b'{"strokes": [[[1, 2]]], "canvas": "12"}',
        b'{"strokes": [[[1, 2]]], "canvas": {"1": 1, "2": 2}}',
    ],
)
def test_bodies_that_only_resemble_strokes_are_refused(body: bytes) -> None:
    with pytest.raises(Problem):
        _from_json(body, "mnist")


def test_too_many_points_or_strokes_are_refused() -> None:
    for strokes in ([[[1, 2]] * (pipeline.MAX_POINTS + 1)], [[[1, 2]]] * (pipeline.MAX_STROKES + 1)):
        with pytest.raises(Problem, match="points"):
            _from_json(json.dumps({"strokes": strokes}).encode(), "mnist")


@pytest.mark.parametrize("path", ["/predict", "/feature-maps"])
@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_gets_its_own_problem_in_under_a_second_and_the_next_request_works(
    live_server: str, path: str, name: str
) -> None:
    media_type, content, status, slug = BAD_INPUT[name]
    seconds: list[float] = []
    with httpx2.Client(base_url=live_server, timeout=30) as client:
        # The best of up to three tries, because the machine may be busy.
        while len(seconds) < 3 and min(seconds, default=1) >= 1:
            started = time.perf_counter()
            response = client.post(path, content=content, headers={"Content-Type": media_type})
            seconds.append(time.perf_counter() - started)
            assert_problem(response, status, slug)
        assert min(seconds) < 1
        assert client.post("/predict", json=SEVEN).json()["digit"] == 7


def detail_of(response: httpx2.Response, status: int) -> str:
    assert response.status_code == status
    detail: str = response.json()["detail"]
    return detail


@pytest.mark.parametrize("text", ["_-_-", "iVBORw0KGgo", "https://example.org/seven.png"])
def test_text_that_is_no_base64_is_told_what_base64_is(client: TestClient, text: str) -> None:
    detail = detail_of(client.post("/predict", json={"image": text}), 400)
    assert "the content of the image file" in detail
    assert "(+ and /) and with padding (=)" in detail


def test_an_empty_image_is_called_empty_in_every_form(client: TestClient) -> None:
    assert "empty" in detail_of(client.post("/predict", files={"file": ("seven.png", b"")}), 400)
    assert "empty" in detail_of(client.post("/predict", json={"image": "data:image/png;base64,"}), 400)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PDF"])
def test_other_kinds_of_images_are_told_how_to_save_them(client: TestClient, kind: str) -> None:
    content = saved(Image.new("L", (28, 28)), kind)
    assert "Save it as a PNG or JPEG" in detail_of(client.post("/predict", files={"file": ("seven", content)}), 400)


def test_a_form_without_a_boundary_or_without_its_end_is_told_so(client: TestClient) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + png_of_a_line(28)
    for boundary, words in (("", "has no boundary"), ("; boundary=x", "its end boundary is missing")):
        headers = {"Content-Type": f"multipart/form-data{boundary}"}
        assert words in detail_of(client.post("/predict", content=part, headers=headers), 400)


def test_a_drawing_that_is_too_large_is_told_to_be_smaller(client: TestClient) -> None:
    photo = client.post("/predict", content=bytes(MAX_BODY + 1), headers={"Content-Type": "image/jpeg"})
    assert "a smaller image" in detail_of(photo, 413)


@pytest.mark.parametrize("secret", ["hunter2", "<script>alert(1)</script>"])
def test_a_problem_never_repeats_the_input(client: TestClient, secret: str) -> None:
    bodies = [
        {secret: 1},
        {"image": secret},
        {"strokes": secret},
        {"strokes": [[[secret, 1]]]},
        {"pixels": [[secret]]},
        {"strokes": [[[1, 2]]], "pen": secret},
    ]
    for body in bodies:
        response = client.post("/predict", json=body)
        assert response.status_code in (400, 422)
        assert secret not in response.text
    response = client.post("/feature-maps", params={"layers": secret, "dtype": secret}, json=SEVEN)
    assert response.status_code == 422
    assert secret not in response.text


def test_prepare_none_accepts_no_other_size(client: TestClient) -> None:
    assert_problem(client.post("/predict?prepare=none", json={"pixels": [[1, 2], [3, 4]]}), 422, "wrong-size")


# ---------------------------------------------------------------- many large images at once


@pytest.mark.timing
def test_many_images_of_280_by_280_do_not_block_the_event_loop(live_server: str) -> None:
    content = png_of_a_line(280)
    stop = Event()

    def send_images(_: int) -> int:
        count = 0
        with httpx2.Client(base_url=live_server, timeout=30) as client:
            while not stop.is_set():
                response = client.post("/predict", content=content, headers={"Content-Type": "image/png"})
                assert response.json()["digit"] == 1
                count += 1
        return count

    seconds = []
    with ThreadPoolExecutor(32) as pool, httpx2.Client(base_url=live_server) as client:
        senders = pool.map(send_images, range(32))
        time.sleep(0.5)
        try:
            for _ in range(40):
                started = time.perf_counter()
                assert client.get("/livez").status_code == 200
                seconds.append(time.perf_counter() - started)
                time.sleep(0.02)
        finally:
            stop.set()
        assert sum(senders) > 100
    assert sorted(seconds)[36] < 0.1  # nine of ten

"""The verdict on a drawing that is not a digit is "not_a_digit" or "unsure", with the right reason."""

import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app.main import create_app
from app.settings import Settings
from model.data import mnist
from model.inference import verdicts
from model.inference.classifier import Classifier
from model.preprocess.pipeline import from_pixels, from_strokes
from model.training.calibrate import held_out_set

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]
Lines = list[list[list[float]]]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(engine="onnx"))) as client:
        yield client


def ring(x: float, y: float, across: float, down: float, turns: float = 1.0) -> list[list[float]]:
    steps = round(24 * turns) + 1
    angles = [2 * math.pi * i / 24 for i in range(steps)]
    return [[x + across * math.sin(angle), y - down * math.cos(angle)] for angle in angles]


def scribble() -> list[list[float]]:
    return [[40 + 32 * i, 70 + (130 if i % 2 else 0) + 7 * (i % 3)] for i in range(7)]


SURE = np.eye(10)[1].tolist()
ONE: list[list[float]] = [[60.0, 60.0], [62.0, 220.0]]
SEVEN: list[list[float]] = [[120.0, 70.0], [200.0, 70.0], [150.0, 220.0]]
THREE_LINES: Lines = [[[40.0 * i, 60.0], [40.0 * i, 220.0]] for i in (1, 3, 5)]

NOT_DIGITS: dict[str, tuple[Lines, str]] = {
    "a dot": ([[[140.0, 140.0]]], verdicts.TOO_LITTLE_INK),
    "an x": ([[[80.0, 80.0], [200.0, 200.0]], [[200.0, 80.0], [80.0, 200.0]]], verdicts.UNLIKE_ALL),
    "a square": (
        [[[80.0, 80.0], [200.0, 80.0], [200.0, 200.0], [80.0, 200.0], [80.0, 80.0]]],
        verdicts.UNLIKE_ALL,
    ),
    "a zigzag": ([scribble()], verdicts.UNLIKE_ALL),
    "a coil": (
        [[[60 + x / 2 + i * 4, y] for i, (x, y) in enumerate(ring(100, 140, 60, 60, 5))]],
        verdicts.UNLIKE_ALL,
    ),
    "a horizontal line": ([[[60.0, 140.0], [220.0, 142.0]]], verdicts.HORIZONTAL_LINE),
    "a 1 and a 7": ([ONE, SEVEN], verdicts.SIDE_BY_SIDE.format(count=2)),
    "a 0 and a 0": ([ring(70, 140, 35, 60), ring(190, 140, 35, 60)], verdicts.SIDE_BY_SIDE.format(count=2)),
    "three lines": (THREE_LINES, verdicts.SIDE_BY_SIDE.format(count=3)),
    "a triangle": ([[[140.0, 60.0], [60.0, 200.0], [220.0, 200.0], [140.0, 60.0]]], verdicts.UNLIKE_ALL),
}


@pytest.mark.parametrize("name", NOT_DIGITS)
def test_a_drawing_that_is_not_a_digit_is_refused_or_unsure_for_the_right_reason(client: TestClient, name: str) -> None:
    lines, reason = NOT_DIGITS[name]
    answer = client.post("/predict", json={"strokes": lines, "pen": 20, "canvas": [280, 280]}).json()
    assert answer["verdict"] in ("not_a_digit", "unsure")
    assert answer["reasons"][0] == reason


@pytest.mark.parametrize("name", NOT_DIGITS)
def test_an_image_that_is_not_a_digit_gets_the_same_verdict(client: TestClient, name: str) -> None:
    lines, reason = NOT_DIGITS[name]
    image = Image.new("L", (280, 280))
    draw = ImageDraw.Draw(image)
    for line in lines:
        draw.line([(x, y) for x, y in line], fill=255, width=20, joint="curve")
        for x, y in line:
            draw.ellipse((x - 10, y - 10, x + 10, y + 10), fill=255)
    out = io.BytesIO()
    image.save(out, "PNG")
    answer = client.post("/predict", content=out.getvalue(), headers={"Content-Type": "image/png"}).json()
    assert answer["verdict"] in ("not_a_digit", "unsure")
    # An image does not contain the pen width, so a dot is scaled to the size of a digit.
    assert answer["reasons"][0] == (verdicts.BLOT if name == "a dot" else reason)


def drawn(lines: Lines, pen: int, kind: str, ink: int = 0, paper: int = 255) -> bytes:
    """An image of strokes on a canvas of 280 × 280 px."""
    image = Image.new("L", (280, 280), paper)
    draw = ImageDraw.Draw(image)
    for line in lines:
        draw.line([(x, y) for x, y in line], fill=ink, width=pen, joint="curve")
        for x, y in line:
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=ink)
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("pen", [10, 14, 20, 26])
def test_all_four_parts_of_a_face_are_counted(client: TestClient, pen: int) -> None:
    mouth = [point for point in ring(140, 145, 45, 45) if point[1] > 165]
    face = [ring(140, 140, 110, 110), [[105.0, 110.0]], [[175.0, 110.0]], mouth]
    answers = [
        client.post("/predict", json={"strokes": face, "pen": pen}).json(),
        client.post("/predict", content=drawn(face, pen, "PNG"), headers={"Content-Type": "image/png"}).json(),
        client.post("/predict", content=drawn(face, pen, "JPEG"), headers={"Content-Type": "image/jpeg"}).json(),
    ]
    for answer in answers:
        assert answer["verdict"] != "digit"
        assert answer["reasons"][0] == verdicts.SEPARATE_PARTS.format(count=4)


def test_the_reasons_say_that_a_digit_is_tilted(client: TestClient, mnist_test: Mnist) -> None:
    for angle in (-40, 40):
        refused = named = 0
        for image, label in zip(mnist_test[0][:100], mnist_test[1][:100].tolist(), strict=True):
            turned = Image.fromarray(image).resize((112, 112)).rotate(angle, Image.Resampling.BICUBIC)
            answer = client.post("/predict", json={"pixels": np.asarray(turned).tolist()}).json()
            if answer["reasons"][:1] in ([verdicts.UNLIKE_ALL], [verdicts.UNLIKE_MOST]):
                refused += 1
                named += verdicts.TILTED.format(digit=label) in answer["reasons"]
        assert refused >= 10
        assert named >= 0.85 * refused


def test_reasons_that_explain_the_shape_are_not_followed_by_a_tilt(client: TestClient) -> None:
    for lines in ([[[60.0, 140.0], [220.0, 142.0]]], [[[140.0, 140.0]]], [ONE, SEVEN]):
        answer = client.post("/predict", json={"strokes": lines, "pen": 20}).json()
        assert not any("tilted" in reason for reason in answer["reasons"])


STRIP: Lines = [[[0.0, 0.0], [0.0, 280.0]]]


@pytest.mark.parametrize(
    ("lines", "pen"),
    [
        (STRIP, 40),
        ([*STRIP, [[0.0, 140.0], [150.0, 140.0]]], 30),
        ([[[0.0, 40.0], [0.0, 280.0]], [[160.0, 80.0], [160.0, 200.0]]], 24),
    ],
    ids=["alone", "with a line attached", "a little too short"],
)
@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (40, 210), (255, 0)])
def test_ink_along_a_whole_side_is_never_a_digit(
    client: TestClient, lines: Lines, pen: int, ink: int, paper: int
) -> None:
    content = drawn(lines, pen, "PNG", ink, paper)
    answers = [client.post("/predict", content=content, headers={"Content-Type": "image/png"}).json()]
    if paper == 0:
        pixels = np.asarray(Image.open(io.BytesIO(content))).tolist()
        answers.append(client.post("/predict", json={"pixels": pixels}).json())
    for answer in answers:
        assert answer["verdict"] in ("unsure", "not_a_digit")
        assert verdicts.AT_THE_EDGE in answer["reasons"]


def test_a_digit_that_was_cropped_to_its_ink_is_still_a_digit(client: TestClient) -> None:
    seven = [[0] * 60 for _ in range(100)]
    for y in range(100):
        for x in range(60):
            seven[y][x] = 255 if y < 14 or abs(x - (53 - 0.32 * y)) < 7 else 0
    assert client.post("/predict", json={"pixels": seven}).json()["verdict"] == "digit"


def test_a_filled_canvas_is_refused_because_there_is_no_line_to_read(client: TestClient) -> None:
    strokes = [[[0, y], [280, y]] for y in range(0, 281, 15)]
    drawn = client.post("/predict", json={"strokes": strokes, "pen": 20, "canvas": [280, 280]}).json()
    sent = client.post("/predict", json={"pixels": [[255] * 28] * 28}).json()
    for answer in (drawn, sent):
        assert answer["verdict"] in ("not_a_digit", "unsure")
        assert answer["reasons"][0] == verdicts.FILLED_CANVAS
        assert answer["reasons"][-1] == verdicts.AT_THE_EDGE


def test_blank_drawings_and_digits_have_no_reasons(client: TestClient, mnist_test: Mnist) -> None:
    assert client.post("/predict", json={"pixels": [[0]]}).json()["reasons"] == []
    answers: list[dict[str, Any]] = [
        client.post("/predict", json={"pixels": image.tolist()}).json() for image in mnist_test[0][:100]
    ]
    assert all((answer["verdict"] == "digit") == (answer["reasons"] == []) for answer in answers)
    assert sum(answer["verdict"] == "digit" for answer in answers) >= 90


def test_the_verdict_follows_from_the_score_and_the_probabilities(mnist_test: Mnist) -> None:
    drawings = [from_pixels(image) for image in mnist_test[0][:1000]]
    classifier = Classifier.load(engine="onnx")
    predictions = [each for start in range(0, 1000, 20) for each in classifier.predict(drawings[start : start + 20])]
    seen = set()
    for prediction in predictions:
        assert prediction.familiarity is not None
        assert prediction.confidence is not None
        seen.add(prediction.verdict)
        assert (prediction.verdict == "not_a_digit") == (prediction.familiarity < verdicts.NOT_A_DIGIT_BELOW)
        if prediction.verdict == "digit":
            assert prediction.familiarity >= verdicts.UNSURE_BELOW
            assert prediction.confidence >= verdicts.LIKELY
    assert seen == {"digit", "unsure", "not_a_digit"}


def test_two_digits_that_are_equally_likely_are_named() -> None:
    drawing = from_pixels(np.pad(np.full((20, 4), 255, np.uint8), ((4, 4), (12, 12))), "none")
    probabilities = np.array([0.01, 0.48, 0.01, 0.01, 0.01, 0.01, 0.01, 0.44, 0.01, 0.01], np.float32)
    verdict = verdicts.judge(drawing, probabilities.tolist(), 0.5)
    assert verdict == ("unsure", (verdicts.TWO_DIGITS.format(first=1, second=7),), 0.5)
    probabilities[[1, 7, 3]] = 0.47, 0.18, 0.28
    verdict = verdicts.judge(drawing, probabilities.tolist(), 0.5)
    assert verdict == ("unsure", (verdicts.FIRST_LEADS.format(first=1, second=3),), 0.5), "47 and 28 % are unequal"
    flat = np.full(10, 0.1, np.float32)
    assert verdicts.judge(drawing, flat.tolist(), 0.5) == ("unsure", (verdicts.NO_DIGIT_LEADS,), 0.5)
    sure = np.eye(10, dtype=np.float32)[1]
    assert verdicts.judge(drawing, sure.tolist(), 0.02) == ("unsure", (verdicts.UNLIKE_MOST,), 0.02)
    assert verdicts.judge(drawing, sure.tolist(), None) == ("digit", (), None)


def test_no_reason_says_that_a_dot_resembles_two_digits() -> None:
    undecided = [0.4, 0.3, *[0.0375] * 8]
    with_lines = verdicts.judge(from_strokes([scribble()], pen=20), undecided, 0.5)
    assert verdicts.TWO_DIGITS.format(first=0, second=1) in with_lines.reasons
    for lines in ([[[140.0, 140.0]]], [[[140.0, 140.0], [141.0, 140.0]]]):
        dot = verdicts.judge(from_strokes(lines, pen=20), undecided, 0.005)
        assert dot.reasons == (verdicts.TOO_LITTLE_INK, verdicts.UNLIKE_ALL)
        assert verdicts.judge(from_strokes(lines, pen=20), undecided, 0.5).reasons == (verdicts.TOO_LITTLE_INK,)


def test_a_dot_and_a_filled_canvas_are_refused_but_no_held_out_digit(client: TestClient, data_dir: Path) -> None:
    dot = {"strokes": [[[140, 140]]]}
    filled = {"pixels": [[255] * 28] * 28}
    for sent in (dot, filled):
        answer = client.post("/predict", json=sent).json()
        assert (answer["verdict"], answer["familiarity"]) == ("not_a_digit", 0)
    held = held_out_set(mnist.load(data_dir)[0], seed=0)
    drawings = [from_pixels(image) for image in held.images]
    for drawing in drawings:
        if not drawing.blank:
            verdict, reasons, familiarity = verdicts.judge(drawing, SURE, 0.5)
            assert (verdict, familiarity) != ("not_a_digit", 0), reasons

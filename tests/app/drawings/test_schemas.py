"""The schemas of drawings and responses agree with the limits and with what the service sends."""

import base64
import json
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import ArrayLike
from PIL import Image
from pydantic import ValidationError

from app.drawings.schemas import DrawingRequest, FeatureMapsResponse, PredictionResponse, PreprocessingStages
from model.layers import SIDE
from model.preprocess.modes import PREPARE_NAMES, Prepare
from model.preprocess.pipeline import MAX_COORDINATE, MAX_SIDE
from tests.app.images import saved

SEVEN = [[[30, 40], [110, 40], [60, 150]]]


def test_responses_have_exactly_the_documented_fields(client: TestClient) -> None:
    prediction = client.post("/predict", json={"strokes": SEVEN}).json()
    assert PredictionResponse.model_validate(prediction).model_dump(mode="json") == prediction
    maps = client.post("/feature-maps?stages=true", json={"strokes": SEVEN}).json()
    assert FeatureMapsResponse.model_validate(maps).model_dump(mode="json") == maps


def place(stages: dict[str, Any], x: float, axis: int) -> float:
    """The place in the drawing of a point of the input along an axis, 0 or 1, as the document describes it."""
    if stages["prepare"] == "none":
        return x
    if stages["prepare"] == "resize":
        return x * float(stages["size"][axis]) / SIDE
    (length,) = (image["shape"][1 - axis] for image in stages["pictures"] if image["name"] == "fitted")
    middle = (stages["box"][axis] + stages["box"][axis + 2]) / 2
    return float(middle + (x - (SIDE - length) // 2 - length / 2 - stages["shift"][axis]) / stages["scale"])


def centre_of_mass(rows: ArrayLike) -> list[float]:
    """(x, y), from the top left corner."""
    ink = np.asarray(rows, float)
    return [float((ink.sum(axis) * (np.arange(ink.shape[1 - axis]) + 0.5)).sum() / ink.sum()) for axis in (0, 1)]


@pytest.mark.parametrize("prepare", PREPARE_NAMES)
@pytest.mark.parametrize("source", ["strokes", "image", "pixels"])
def test_the_documented_formulas_lead_from_the_input_to_the_drawing(
    client: TestClient, prepare: Prepare, source: str
) -> None:
    assert "(box[0] + box[2]) / 2 + (x − (28 − w) // 2 − w / 2 − shift[0]) / scale" in str(PreprocessingStages.__doc__)
    width, height = (SIDE, SIDE) if prepare == "none" else (60, 40)
    rows = np.zeros((height, width), np.uint8)
    rows[5:25, 15:18] = rows[5:8, 5:18] = 255
    drawings: dict[str, dict[str, object]] = {
        "strokes": {"strokes": [[[6.5, 6.5], [16.5, 6.5], [16.5, 23.5]]], "pen": 3, "canvas": [width, height]},
        "image": {"image": base64.b64encode(saved(Image.fromarray(255 - rows))).decode()},
        "pixels": {"pixels": rows.tolist()},
    }
    drawing = {"pixels": rows.tolist()} if (prepare, source) == ("none", "image") else drawings[source]
    response = client.post("/feature-maps", params={"prepare": prepare, "stages": True}, json=drawing)
    stages = response.json()["stages"]
    (shifted,) = (image["values"] for image in stages["pictures"] if image["name"] == "shifted")
    unit = max(stages["size"]) / SIDE if prepare == "resize" else 1 / stages["scale"]
    for axis, (found, wanted) in enumerate(zip(centre_of_mass(shifted), centre_of_mass(rows), strict=True)):
        assert place(stages, found, axis) == pytest.approx(wanted, abs=0.6 * unit)


@pytest.mark.parametrize(
    "fields",
    [
        {"strokes": [[[MAX_COORDINATE, -MAX_COORDINATE]]]},
        {"strokes": [[[0, 0]]], "pen": MAX_COORDINATE, "canvas": [MAX_COORDINATE, 1]},
        {"pixels": [[0, 127.5, 255]]},
        {"pixels": [[0] * MAX_SIDE]},
    ],
)
def test_values_at_the_limits_are_valid(fields: dict[str, object]) -> None:
    DrawingRequest.model_validate_json(json.dumps(fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"strokes": [[[MAX_COORDINATE * 1.01, 0]]]},
        {"strokes": [[[0, 0]]], "pen": 0},
        {"strokes": [[[0, 0]]], "canvas": [1, MAX_COORDINATE * 1.01]},
        {"pixels": [[255.1]]},
        {"pixels": [[0] * (MAX_SIDE + 1)]},
        {"pixels": [[0]], "colour": "red"},
    ],
)
def test_values_beyond_the_limits_are_invalid(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DrawingRequest.model_validate_json(json.dumps(fields))

"""POST /lab/accuracy, and the digits that it is measured on."""

import io
from typing import Any

import numpy as np
import pytest
import torch
from fastapi.testclient import TestClient
from PIL import Image

from app.lab.schemas.accuracy import AccuracyResponse
from model.checkpoint import LESSON, read
from model.digit_sheets import digit_sheet
from model.layers import MEAN, STD
from model.network import CNN

OFF = ["conv1_7_off", "conv2_prune_50"]
SEVEN = {"strokes": [[[30, 40], [110, 40], [60, 150]]]}


def measure(client: TestClient, **body: Any) -> Any:
    answer = client.post("/lab/accuracy", json=body)
    assert answer.status_code == 200, answer.text
    return AccuracyResponse.model_validate_json(answer.content).model_dump()


def predictions(tensors: dict[str, torch.Tensor]) -> torch.Tensor:
    network = CNN().eval()
    network.load_state_dict(tensors)
    images = torch.from_numpy(digit_sheet("test").images.copy())
    with torch.inference_mode():
        parts = ((part[:, None] / 255 - MEAN) / STD for part in torch.split(images, 500))
        return torch.cat([network(part).argmax(dim=1) for part in parts])


def test_the_counts_are_those_of_pytorch(client: TestClient) -> None:
    found = measure(client, weights="lesson", edits=OFF)
    tensors = {key: torch.from_numpy(values.copy()) for key, values in read(LESSON).tensors.items()}
    labels = torch.from_numpy(digit_sheet("test").labels.astype(np.int64))
    before = predictions(tensors)
    tensors["features.0.weight"][7] = 0
    tensors["features.0.bias"][7] = 0
    kernels = tensors["features.3.weight"]
    smallest = kernels.abs().flatten().argsort(stable=True)[: kernels.numel() // 2]
    kernels.view(-1)[smallest] = 0
    after = predictions(tensors)
    assert found["correct"] == int((after == labels).sum())
    assert found["correct_before"] == int((before == labels).sum())
    confusion = torch.zeros(10, 10, dtype=torch.int64).index_put_((labels, after), torch.tensor(1), accumulate=True)
    assert found["confusion"] == confusion.tolist()
    assert found["broken"] == ((before == labels) & (after != labels)).nonzero().flatten().tolist()
    assert found["broken_as"] == after[torch.tensor(found["broken"])].tolist()
    assert found["fixed"] == ((before != labels) & (after == labels)).nonzero().flatten().tolist()
    assert sum(found["lost"]) == found["correct_before"] - found["correct"]
    assert found["changed_weights"] == 10 + kernels.numel() // 2


def test_every_call_accepts_the_name_of_the_edited_weights(client: TestClient) -> None:
    name = measure(client, weights="lesson", edits=OFF)["weights"]
    assert name == "lesson~conv1_7_off~conv2_prune_50"
    plain = client.post("/feature-maps?layers=conv1&weights=lesson", json=SEVEN).json()
    without = client.post(f"/feature-maps?layers=conv1&weights={name}", json=SEVEN).json()
    maps = [np.array(each["layers"][0]["values"]) for each in (plain, without)]
    assert not maps[1][7].any()
    np.testing.assert_array_equal(np.delete(maps[0], 7, axis=0), np.delete(maps[1], 7, axis=0))
    assert client.post(f"/predict?weights={name}", json=SEVEN).json()["familiarity"] is None
    assert client.post(f"/lab/saliency?weights={name}", json=SEVEN).status_code == 200
    assert client.get(f"/model?weights={name}").json()["origin"]["edits"] == name
    assert client.get(f"/model/weights?weights={name}").status_code == 200
    assert measure(client, weights=name)["correct"] == measure(client, weights="lesson", edits=OFF)["correct"]


def test_without_edits_nothing_changes(client: TestClient) -> None:
    found = measure(client)
    assert (found["changed_weights"], found["broken"], found["fixed"]) == (0, [], [])
    assert found["correct"] == found["correct_before"] > 1950


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        ({"edits": ["conv1_32_off"]}, 422, "invalid-edit"),
        ({"edits": [7]}, 422, "invalid-edit"),
        ({"edits": OFF * 13}, 422, "invalid-edit"),
        ({"weights": "nobody", "edits": OFF}, 404, "unknown-weights"),
        ({"weights": "lesson~conv9_1_off"}, 404, "unknown-weights"),
        ({"weights": "~".join(["lesson", *OFF * 12]), "edits": OFF}, 404, "unknown-weights"),
    ],
)
def test_impossible_edits_are_problems(client: TestClient, body: dict[str, Any], status: int, slug: str) -> None:
    answer = client.post("/lab/accuracy", json=body)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")


def test_a_wrong_name_is_a_problem_of_every_call(client: TestClient) -> None:
    answer = client.post("/predict?weights=lesson~conv9_1_off", json=SEVEN)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-weights")
    assert "conv1, conv2" in answer.json()["detail"]


@pytest.mark.parametrize(("part", "count"), [("test", 2000), ("train", 5000)])
def test_the_digits_can_be_downloaded(client: TestClient, part: Any, count: int) -> None:
    answer = client.get(f"/lab/digits/{part}.png")
    sheet = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert sheet.shape == (28 * count // 100, 2800)
    np.testing.assert_array_equal(sheet[28:56, 56:84], digit_sheet(part).images[102])
    assert client.get(f"/lab/digits/{part}.png", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert client.get("/lab/digits/none.png").status_code in (404, 422)

"""Responses as JSON and as safetensors: every number arrives, in every format."""

import json

import numpy as np
import pytest
import safetensors.numpy
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from app.drawings.encoding import maps_json, maps_safetensors, prediction_json
from model.inference.classifier import Classifier
from model.layers import LAYER_NAMES, LAYERS
from model.preprocess.pipeline import from_strokes

SEVEN = [[[30, 40], [110, 40], [60, 150]]]
SAFETENSORS = {"Accept": "application/vnd.safetensors"}


def metadata(content: bytes) -> dict[str, str]:
    length = int.from_bytes(content[:8], "little")
    entries: dict[str, str] = json.loads(content[8 : 8 + length])["__metadata__"]
    return entries


@pytest.fixture(scope="module")
def exact(client: TestClient) -> dict[str, NDArray[np.float32]]:
    """The values of every layer, from JSON."""
    layers = client.post("/feature-maps", json={"strokes": SEVEN}).json()["layers"]
    return {layer["name"]: np.array(layer["values"], np.float32) for layer in layers}


def test_json_contains_every_layer_nested_according_to_its_shape(client: TestClient, classifier: Classifier) -> None:
    body = client.post("/feature-maps", json={"strokes": SEVEN, "pen": 12}).json()
    assert list(body) == ["prediction", "temperature", "layers"]
    assert body["prediction"] == client.post("/predict", json={"strokes": SEVEN, "pen": 12}).json()
    expected = classifier.feature_maps([from_strokes(SEVEN, 12)])[0].maps
    assert [layer["name"] for layer in body["layers"]] == list(LAYER_NAMES)
    for layer, description, values in zip(body["layers"], LAYERS, expected, strict=True):
        assert list(layer) == ["name", "kind", "shape", "min", "max", "values"]
        assert layer["kind"] == description.kind
        assert tuple(layer["shape"]) == description.shape == np.shape(layer["values"])
        received = np.array(layer["values"], np.float32)
        assert np.array_equal(received, values)  # decimal digits preserve every float32
        assert (np.float32(layer["min"]), np.float32(layer["max"])) == (received.min(), received.max())


@pytest.mark.parametrize(
    ("dtype", "numpy_type"), [("float32", np.float32), ("float16", np.float16), ("uint8", np.uint8)]
)
def test_the_safetensors_library_reads_the_file(client: TestClient, dtype: str, numpy_type: type) -> None:
    response = client.post(f"/feature-maps?dtype={dtype}&stages=true", json={"strokes": SEVEN}, headers=SAFETENSORS)
    assert response.headers["content-type"] == "application/vnd.safetensors"
    tensors = safetensors.numpy.load(response.content)
    stages = {name for name in tensors if name.startswith("stage.")}
    assert stages == {"stage.grey", "stage.ink", "stage.fitted", "stage.shifted"}
    assert set(tensors) - stages == set(LAYER_NAMES)
    for layer in LAYERS:
        assert tensors[layer.name].shape == layer.shape
        assert tensors[layer.name].dtype == numpy_type
    entries = metadata(response.content)
    assert float(entries["temperature"]) == client.get("/model").json()["temperature"]
    assert json.loads(entries["prediction"]) == client.post("/predict", json={"strokes": SEVEN}).json()


def fetch(client: TestClient, dtype: str) -> bytes:
    return client.post(f"/feature-maps?dtype={dtype}", json={"strokes": SEVEN}, headers=SAFETENSORS).content


def test_float32_is_exact(client: TestClient, exact: dict[str, NDArray[np.float32]]) -> None:
    tensors = safetensors.numpy.load(fetch(client, "float32"))
    assert set(tensors) == set(exact)
    for name, values in tensors.items():
        assert np.array_equal(values, exact[name])


def test_float16_is_exact_to_three_digits(client: TestClient, exact: dict[str, NDArray[np.float32]]) -> None:
    tensors = safetensors.numpy.load(fetch(client, "float16"))
    assert set(tensors) == set(exact)
    for name, values in tensors.items():
        np.testing.assert_allclose(values.astype(np.float32), exact[name], rtol=1e-3, atol=1e-4)


def test_uint8_is_exact_to_half_a_step(client: TestClient, exact: dict[str, NDArray[np.float32]]) -> None:
    content = fetch(client, "uint8")
    scales = json.loads(metadata(content)["scales"])
    tensors = safetensors.numpy.load(content)
    assert set(tensors) == set(exact)
    for name, values in tensors.items():
        low, high = scales[name]["min"], scales[name]["max"]
        assert (np.float32(low), np.float32(high)) == (exact[name].min(), exact[name].max())
        step = (high - low) / 255
        np.testing.assert_allclose(values * step + low, exact[name], atol=step * 0.51)
        assert (values.min(), values.max()) == (0, 255)


def test_the_constant_layers_of_a_blank_drawing_are_zero_in_uint8(client: TestClient) -> None:
    response = client.post("/feature-maps?dtype=uint8", json={"pixels": [[0]]}, headers=SAFETENSORS)
    scales = json.loads(metadata(response.content)["scales"])
    tensors = safetensors.numpy.load(response.content)
    assert scales["input"]["min"] == scales["input"]["max"] == pytest.approx(-0.1307 / 0.3081)
    assert not tensors["input"].any()


def test_stages_show_how_the_drawing_became_the_input(client: TestClient) -> None:
    drawing = {"strokes": SEVEN, "pen": 12, "canvas": [280, 280]}
    body = client.post("/feature-maps?stages=true&layers=input", json=drawing).json()
    stages = body["stages"]
    expected = from_strokes(SEVEN, 12, (280, 280))
    assert (stages["source"], stages["prepare"], stages["pen"]) == ("strokes", "mnist", 12)
    assert (stages["size"], stages["box"]) == ([280, 280], [24, 34, 116, 156])
    assert stages["line"] == pytest.approx(expected.stroke_width)
    assert (stages["scale"], stages["shift"]) == (pytest.approx(expected.scale), list(expected.shift))
    images = {image["name"]: image for image in stages["pictures"]}
    assert list(images) == ["grey", "ink", "fitted", "shifted"]
    for image in images.values():
        assert list(np.shape(image["values"])) == image["shape"]
    assert np.array_equal(images["shifted"]["values"], expected.image)
    binary = client.post("/feature-maps?stages=1&layers=input", json=drawing, headers=SAFETENSORS).content
    assert json.loads(metadata(binary)["stages"]) == {k: v for k, v in stages.items() if k != "pictures"}
    for name, values in safetensors.numpy.load(binary).items():
        if name.startswith("stage."):
            assert np.array_equal(values, images[name.removeprefix("stage.")]["values"])


@pytest.mark.parametrize("layers", [(), ("conv1",), ("logits", "probabilities")])
def test_tensors_are_aligned_to_eight_bytes_whatever_the_metadata(
    classifier: Classifier, layers: tuple[str, ...]
) -> None:
    drawing = from_strokes(SEVEN, 12)
    (maps,) = classifier.feature_maps([drawing], layers)
    content = maps_safetensors(maps, layers, "float32", None)
    assert int.from_bytes(content[:8], "little") % 8 == 0
    tensors = safetensors.numpy.load(content)
    assert set(tensors) == set(layers)
    assert json.loads(prediction_json(maps.prediction)) == json.loads(maps_json(maps, layers, None))["prediction"]

"""The maps and the neighbours are those of plain PyTorch code."""

from functools import cache
from typing import get_args

import numpy as np
import pytest
import torch

from model.checkpoint import LESSON, read
from model.digit_sheets import digit_sheet
from model.explain.embedding import (
    NEAREST,
    LayerMap,
    MapLayer,
    Vectors,
    fit,
    layer_vectors,
    nearest,
    principal_components,
)
from model.inference.engines import OnnxEngine
from model.layers import MEAN, STD
from model.network import CNN

CHECKPOINT = read(LESSON)
ENGINE = OnnxEngine(CHECKPOINT)
SHEET = digit_sheet("train")
MAP_LAYERS: tuple[MapLayer, ...] = get_args(MapLayer)


@cache
def kept() -> dict[MapLayer, Vectors]:
    return layer_vectors(ENGINE.run, MAP_LAYERS)


@cache
def fitted(layer: MapLayer) -> LayerMap:
    return fit(layer, kept()[layer])


@cache
def outputs() -> dict[str, torch.Tensor]:
    """The outputs of the layers for all training digits of the sheet, N×D, by PyTorch."""
    network = CNN()
    network.load_state_dict({key: torch.from_numpy(values.copy()) for key, values in CHECKPOINT.tensors.items()})
    images = (torch.from_numpy(SHEET.images.copy())[:, None] / 255 - MEAN) / STD
    with torch.inference_mode():
        parts = [network.eval().activations(part) for part in torch.split(images, 500)]
    return {layer: torch.cat([part[layer].flatten(1) for part in parts]) for layer in MAP_LAYERS}


@pytest.mark.parametrize("layer", ["pool1", "pool2", "relu3", "logits"])
def test_the_components_are_those_of_torch(layer: MapLayer) -> None:
    found, vectors = fitted(layer), outputs()[layer]
    torch.manual_seed(0)
    _, sizes, axes = torch.pca_lowrank(vectors, q=min(12, vectors.shape[1]), niter=4)
    centred = vectors - vectors.mean(dim=0)
    shares = (sizes[:2] ** 2 / (centred**2).sum()).tolist()
    assert found.explained == pytest.approx(shares, rel=1e-3)
    points = (centred @ axes[:, :2]).numpy()
    scale = np.abs(points).max()
    for axis in (0, 1):
        sign = np.sign((points[:, axis] * found.points[:, axis]).sum())
        assert np.abs(sign * points[:, axis] - found.points[:, axis]).max() < 2e-2 * scale
    np.testing.assert_allclose(found.components @ found.components.T, np.eye(2), atol=1e-4)
    assert found.points[SHEET.labels == 0, 0].mean() > 0
    assert found.points[SHEET.labels == 1, 1].mean() > 0


def test_a_large_layer_is_decomposed_without_its_covariance() -> None:
    random = np.random.default_rng(1)
    vectors = random.standard_normal((300, 900)).astype(np.float32) * np.linspace(3, 0.1, 900, dtype=np.float32)
    mean = vectors.mean(axis=0)
    components, variances = principal_components(Vectors(vectors, np.ones((300, 1), np.float32)), mean)
    _, sizes, axes = np.linalg.svd(vectors - mean, full_matrices=False)
    np.testing.assert_allclose(variances, sizes[:2] ** 2 / 300, rtol=1e-3)
    assert (np.abs((components * axes[:2]).sum(axis=1)) > 0.99).all()


@pytest.mark.parametrize("layer", ["input", "pool1", "pool2", "relu3"])
def test_the_neighbours_and_their_distances_are_those_of_torch(layer: MapLayer) -> None:
    found, vectors = fitted(layer), outputs()[layer]
    for position in (3, 1234):
        vector = vectors[position] + 0.1
        expected = torch.cdist(vector[None].double(), vectors.double())[0].topk(NEAREST, largest=False)
        near = nearest(kept()[layer], vector.numpy(), ENGINE.run, layer)
        assert [each.position for each in near] == expected.indices.tolist()
        assert [each.distance for each in near] == pytest.approx(expected.values.tolist(), rel=1e-3)
        assert [each.label for each in near] == SHEET.labels[expected.indices.numpy()].tolist()
        place = found.place(vectors[position].numpy())
        assert np.abs(place - found.points[position]).max() < 1e-2 * np.abs(found.points).max()


def test_the_share_of_neighbours_with_the_same_label_is_that_of_a_plain_loop() -> None:
    found, labels = fitted("logits"), SHEET.labels
    for vectors, share, asked in (
        (found.points, found.same_in_plane, 1000),
        (outputs()["logits"].numpy(), found.same_in_layer, 250),
    ):
        same = 0
        for position in np.linspace(0, 4999, asked).astype(int):
            distances = ((vectors - vectors[position]) ** 2).sum(axis=1)
            distances[position] = np.inf
            same += labels[distances.argmin()] == labels[position]
        assert share == pytest.approx(same / asked, abs=0.006)
    assert fitted("input").same_in_plane < found.same_in_plane


def test_numbers_too_large_for_float16_are_kept() -> None:
    large = np.array([[1e12, -2e12, 0], [1, -2, 0]], np.float32)
    vectors = Vectors.empty(2, 3)
    vectors.put(0, large)
    np.testing.assert_allclose(vectors.at(slice(0, 2)), large, rtol=1e-3)

"""The network as ONNX graphs: every layer, no weights but what is supplied, and no word of where they were made."""

import os
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray

from model import checkpoint
from model.inference import engines, graphs, quantise
from model.inference.calibration import SCORING
from model.layers import LAYER_NAMES, LAYERS, PARAMETERS
from model.network import CNN

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

Tensors = dict[str, NDArray[np.float32]]


def network(tensors: Tensors) -> CNN:
    network = CNN()
    network.load_state_dict({key: torch.from_numpy(values) for key, values in tensors.items()})
    return network.eval()


def supplied(graph: Path) -> dict[str, tuple[int, ...]]:
    """The names and shapes of what a graph leaves to whoever loads it."""
    model = onnx.load_model(str(graph), load_external_data=False)
    external = onnx.TensorProto.EXTERNAL
    return {t.name: tuple(t.dims) for t in model.graph.initializer if t.data_location == external}


def test_exporting_the_graph_again_gives_the_one_that_ships_byte_for_byte(tmp_path: Path) -> None:
    graphs.export_graph(tmp_path / "network.onnx")
    assert (tmp_path / "network.onnx").read_bytes() == graphs.GRAPH.read_bytes()
    graphs.export_graph(tmp_path / "maps.onnx", engines.MAPS)
    assert (tmp_path / "maps.onnx").read_bytes() == graphs.MAPS_GRAPH.read_bytes()
    graphs.export_graph(tmp_path / "quantised.onnx", engines.ANSWER, quantised=True)
    assert (tmp_path / "quantised.onnx").read_bytes() == graphs.QUANTISED_GRAPH.read_bytes()
    graphs.export_graph(tmp_path / "answer.onnx", engines.ANSWER)
    assert (tmp_path / "answer.onnx").read_bytes() == graphs.ANSWER_GRAPH.read_bytes()


def test_the_graph_has_every_layer_as_an_output_and_no_weights() -> None:
    graph = onnx.load_model(str(graphs.GRAPH), load_external_data=False).graph
    assert [value.name for value in graph.input] == ["input"]
    assert tuple(value.name for value in graph.output) == LAYER_NAMES[1:]
    for value, layer in zip(graph.output, LAYERS[1:], strict=True):
        batch, *shape = value.type.tensor_type.shape.dim
        assert batch.dim_param == "batch"
        assert tuple(size.dim_value for size in shape) == layer.shape
    assert supplied(graphs.GRAPH) == PARAMETERS | {"temperature": ()}
    assert graphs.GRAPH.stat().st_size < 4096


@pytest.mark.parametrize(
    ("graph", "outputs"),
    [
        (graphs.MAPS_GRAPH, engines.MAPS),
        (graphs.ANSWER_GRAPH, engines.ANSWER),
        (
            graphs.QUANTISED_GRAPH,
            (*quantise.outputs(LAYER_NAMES), quantise.LOWS, quantise.HIGHS, *engines.ANSWER),
        ),
    ],
)
def test_the_graphs_that_are_served_score_the_drawing_too(graph: Path, outputs: tuple[str, ...]) -> None:
    assert "score" in outputs
    assert {value.name for value in onnx.load_model(str(graph), load_external_data=False).graph.output} == {*outputs}
    assert supplied(graph) == PARAMETERS | {"temperature": ()} | SCORING
    assert graph.stat().st_size < 8192


def test_no_export_says_where_or_by_whom_it_was_made(tmp_path: Path, tensors: Tensors) -> None:
    weights = checkpoint.write(tmp_path / "mine.safetensors", tensors, {})
    graphs.export_onnx(weights, tmp_path / "mine.onnx")
    for file in (graphs.GRAPH, tmp_path / "mine.onnx"):
        content = file.read_bytes()
        model = onnx.load_model(str(file), load_external_data=False)
        assert not model.metadata_props
        assert not any(node.metadata_props or node.doc_string for node in model.graph.node)
        for words in (b"stack_trace", b"site-packages", b".py", str(Path(checkpoint.__file__).parent.parent).encode()):
            assert words not in content, (file, words)


def test_the_onnx_export_computes_what_torch_does_for_any_number_of_pictures(tmp_path: Path, tensors: Tensors) -> None:
    weights = checkpoint.write(tmp_path / "mine.safetensors", tensors, {"name": "mine"})
    graphs.export_onnx(weights, tmp_path / "mine.onnx", 1.3)
    (tmp_path / "mine.safetensors").unlink()
    session = onnxruntime.InferenceSession(str(tmp_path / "mine.onnx"), providers=["CPUExecutionProvider"])
    for count in (1, 3):
        pictures = np.random.default_rng(count).normal(size=(count, 1, 28, 28)).astype(np.float32)
        with torch.no_grad():
            expected = network(tensors).activations(torch.from_numpy(pictures), 1.3)
        for name, values in zip(LAYER_NAMES[1:], session.run(None, {"input": pictures}), strict=True):
            assert np.allclose(values, expected[name].numpy(), atol=1e-5), name
    assert weights.model in onnx.load_model(str(tmp_path / "mine.onnx")).doc_string

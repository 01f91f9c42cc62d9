"""The ONNX graphs of the service: their outputs, and no weights."""

from pathlib import Path

import onnx
import pytest

from model.inference import engines, graphs, quantise
from model.inference.calibration import SCORING
from model.layers import LAYER_NAMES, LAYERS, PARAMETERS


def supplied(graph: Path) -> dict[str, tuple[int, ...]]:
    """The names and shapes of the tensors that have to be supplied when the graph is loaded."""
    model = onnx.load_model(str(graph), load_external_data=False)
    external = onnx.TensorProto.EXTERNAL
    return {t.name: tuple(t.dims) for t in model.graph.initializer if t.data_location == external}


def test_the_full_graph_has_every_layer_as_an_output_and_no_weights() -> None:
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
def test_the_served_graphs_also_compute_the_in_distribution_score(graph: Path, outputs: tuple[str, ...]) -> None:
    assert "score" in outputs
    assert {value.name for value in onnx.load_model(str(graph), load_external_data=False).graph.output} == {*outputs}
    assert supplied(graph) == PARAMETERS | {"temperature": ()} | SCORING
    assert graph.stat().st_size < 8192

"""The ONNX export: it reproduces the shipped file, computes what PyTorch computes, and contains no paths."""

import os
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from model import checkpoint
from model.inference.engines import ANY_WEIGHTS_GRAPH, COMPACT_PREDICTION_GRAPH, GRAPH, PREDICTION_GRAPH
from model.layers import LAYER_NAMES
from model.network import CNN
from model.training.export_onnx import export_graph, export_onnx

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

Tensors = dict[str, NDArray[np.float32]]


def network(tensors: Tensors) -> CNN:
    network = CNN()
    network.load_state_dict({key: torch.from_numpy(values) for key, values in tensors.items()})
    return network.eval()


def test_exporting_the_graphs_again_gives_the_shipped_files_byte_for_byte(tmp_path: Path) -> None:
    shipped = (GRAPH, ANY_WEIGHTS_GRAPH, PREDICTION_GRAPH, COMPACT_PREDICTION_GRAPH)
    export_graph(*(tmp_path / file.name for file in shipped))
    for file in shipped:
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()


def test_no_export_contains_paths_or_notes_of_the_exporter(tmp_path: Path, tensors: Tensors) -> None:
    weights = checkpoint.write(tmp_path / "mine.safetensors", tensors, {})
    export_onnx(weights, tmp_path / "mine.onnx")
    for file in (GRAPH, tmp_path / "mine.onnx"):
        content = file.read_bytes()
        model = onnx.load_model(str(file), load_external_data=False)
        assert not model.metadata_props
        assert not any(node.metadata_props or node.doc_string for node in model.graph.node)
        for words in (b"stack_trace", b"site-packages", b".py", str(Path(checkpoint.__file__).parent.parent).encode()):
            assert words not in content, (file, words)


def test_the_exported_file_computes_what_torch_does_for_any_batch_size(tmp_path: Path, tensors: Tensors) -> None:
    weights = checkpoint.write(tmp_path / "mine.safetensors", tensors, {"name": "mine"})
    export_onnx(weights, tmp_path / "mine.onnx", 1.3)
    (tmp_path / "mine.safetensors").unlink()
    session = onnxruntime.InferenceSession(str(tmp_path / "mine.onnx"), providers=["CPUExecutionProvider"])
    for count in (1, 3):
        images = np.random.default_rng(count).normal(size=(count, 1, 28, 28)).astype(np.float32)
        with torch.no_grad():
            expected = network(tensors).activations(torch.from_numpy(images), 1.3)
        for name, values in zip(LAYER_NAMES[1:], session.run(None, {"input": images}), strict=True):
            assert np.allclose(values, expected[name].numpy(), atol=1e-5), name
    assert weights.model in onnx.load_model(str(tmp_path / "mine.onnx")).doc_string

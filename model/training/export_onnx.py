"""The network as ONNX graphs: without weights, as the service runs it, and with them, for every other use.

Nothing here imports torch or onnx until a graph is exported.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from model.checkpoint import WEIGHTS, Checkpoint, replace_file
from model.inference import quantise
from model.inference.calibration import SCORING
from model.layers import CLASSES, DENSE_PARAMETERS, LAYER_NAMES, LAYERS, MEAN, PARAMETERS, SIDE, STD

if TYPE_CHECKING:
    import onnx

GRAPH = WEIGHTS / "network.onnx"
MAPS_GRAPH = WEIGHTS / "maps.onnx"
QUANTISED_GRAPH = WEIGHTS / "quantised.onnx"
ANSWER_GRAPH = WEIGHTS / "answer.onnx"

TEMPERATURE = "temperature"  # T in softmax(logits / T), which a graph is supplied with as it is with the weights
SCORE = "score"  # `familiarity.score`, N numbers; an output of the graphs that the service runs


def export_graph(path: str | Path, outputs: Sequence[str] = LAYER_NAMES[1:], *, quantised: bool = False) -> None:
    """Write the network as an ONNX graph without weights. Needs torch.

    `model/weights/network.onnx` puts out all layers but the input, N×1×28×28, and is what `export_onnx` fills in. The
    service runs three others: `maps.onnx` puts out `engines.MAPS`, from which the other layers follow at a glance;
    `quantised.onnx` the layers as bytes (model/inference/quantise.py) and `engines.ANSWER`; and `answer.onnx` only
    `engines.ANSWER`, which lets a runtime merge each convolution with its ReLU, and leave out what the last pooling
    leaves out. All three score the drawing too. The eight parameters, the temperature and what is in `SCORING` are
    declared as external data; whoever loads the graph supplies them (`SessionOptions.add_external_initializers`), so
    that they have one home, their safetensors file.
    """
    model = _trace()
    if not quantised and set(outputs).isdisjoint(LAYER_NAMES[: LAYER_NAMES.index("pool2")]):
        _crop(model)
    elif set(outputs).isdisjoint(("relu1", "relu2")):
        _pool_first(model)
    wanted = [output for output in model.graph.output if output.name in outputs]
    del model.graph.output[:]
    model.graph.output.extend(wanted)
    if SCORE in outputs:
        _score(model)
    if quantised:
        quantise.extend(model)
    for tensor in model.graph.initializer:
        if tensor.name in (*PARAMETERS, *SCORING, TEMPERATURE):
            _supplied(tensor)
    replace_file(path, model.SerializeToString(deterministic=True))


def _supplied(tensor: "onnx.TensorProto") -> None:
    """Leave a tensor's numbers out: the location names no file, because they are supplied in memory."""
    import onnx

    size = len(tensor.raw_data)
    onnx.external_data_helper.set_external_data(tensor, location="weights", offset=0, length=size)
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL


def export_onnx(checkpoint: Checkpoint, path: str | Path, temperature: float = 1.0) -> None:
    """Write the network with its weights as one self-contained ONNX file, with any number of pictures in a batch.

    `temperature` is T in probabilities = softmax(logits / T). It is the graph of every layer, filled with the
    checkpoint's weights; for the dense network, its four layers. Needs the package `onnx`, not torch.
    """
    import onnx

    model = _dense_graph() if checkpoint.network == "dense" else onnx.load_model(str(GRAPH), load_external_data=False)
    values = {**checkpoint.tensors, TEMPERATURE: np.array(temperature, np.float32)}
    for tensor in model.graph.initializer:
        if tensor.name in values:
            tensor.CopyFrom(onnx.numpy_helper.from_array(values[tensor.name], tensor.name))
    model.doc_string = (
        f"{checkpoint.model}: reads a handwritten digit. Input: pictures of {SIDE}×{SIDE} pixels, white ink on black, "
        f"normalised as (pixel/255 − {MEAN}) / {STD}."
    )
    if checkpoint.pixel_order is not None:
        model.doc_string += f" Their pixels shuffled: pixel i is pixel {json.dumps(checkpoint.pixel_order)}[i]."
    onnx.checker.check_model(model)
    replace_file(path, model.SerializeToString(deterministic=True))


def _trace() -> "onnx.ModelProto":
    """The network as torch exports it, every layer an output, without the exporter's notes."""
    import torch

    from model.network import CNN

    class EveryLayer(CNN):
        temperature: torch.Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer(TEMPERATURE, torch.tensor(2.0))  # at 1 the exporter would drop the division

        def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:  # type: ignore[override]
            return tuple(self.activations(pictures, self.temperature).values())[1:]

    program = torch.onnx.export(
        EveryLayer().eval(),
        (torch.zeros(2, 1, SIDE, SIDE),),
        input_names=["input"],
        output_names=list(LAYER_NAMES[1:]),
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        dynamo=True,
        verbose=False,
    )
    model: onnx.ModelProto = cast(torch.onnx.ONNXProgram, program).model_proto
    model.ClearField("producer_name")
    model.ClearField("producer_version")
    model.graph.name = "inkling"
    model.graph.ClearField("value_info")  # shapes that a loader infers anyway
    _strip(model)
    return model


def _dense_graph() -> "onnx.ModelProto":
    """The dense network, its parameters and the temperature still to be filled in."""
    import onnx
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Flatten", ["input"], ["flatten"]),
        helper.make_node("Gemm", ["flatten", "1.weight", "1.bias"], ["dense1"], transB=1),
        helper.make_node("Relu", ["dense1"], ["relu"]),
        helper.make_node("Gemm", ["relu", "3.weight", "3.bias"], ["logits"], transB=1),
        helper.make_node("Div", ["logits", TEMPERATURE], ["tempered"]),
        helper.make_node("Softmax", ["tempered"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "inkling-dense",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 1, SIDE, SIDE])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", CLASSES])
            for name in ("logits", "probabilities")
        ],
        [
            onnx.numpy_helper.from_array(np.zeros(shape, np.float32), name)
            for name, shape in (*DENSE_PARAMETERS.items(), (TEMPERATURE, ()))
        ],
    )
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    model.ClearField("producer_name")
    return model


def _score(model: "onnx.ModelProto") -> None:
    """Let the graph put out the drawings' scores, N: w · max(0, A flatten + B relu3 + b), see `familiarity.score`."""
    from onnx import TensorProto, helper, numpy_helper

    model.graph.initializer.extend(
        numpy_helper.from_array(np.zeros(shape, np.float32), name) for name, shape in SCORING.items()
    )
    model.graph.node.extend(
        [
            helper.make_node("Gemm", ["flatten", "flatten.weight", "hidden.bias"], ["seen"]),
            helper.make_node("Gemm", ["relu3", "relu3.weight", "seen"], ["weighed"]),
            helper.make_node("Relu", ["weighed"], ["fired"]),
            helper.make_node("MatMul", ["fired", "score.weight"], [SCORE]),
        ]
    )
    model.graph.output.append(helper.make_tensor_value_info(SCORE, TensorProto.FLOAT, ["batch"]))


def _pool_first(model: "onnx.ModelProto") -> None:
    """Let each pooling come before its ReLU, which then has a quarter of the work; see `CNN.quick` for why it may."""
    nodes = model.graph.node
    for relu, pool in zip(list(nodes), list(nodes)[1:], strict=False):
        if relu.op_type == "Relu" and pool.op_type == "MaxPool":
            pooled = pool.output[0]
            pool.input[0], pool.output[0] = relu.input[0], relu.output[0]
            relu.input[0], relu.output[0] = pool.output[0], pooled
            at = list(nodes).index(relu)
            nodes.insert(at, pool)
            del nodes[at + 2]


def _crop(model: "onnx.ModelProto") -> None:
    """Let the graph look only at what reaches `pool2`: the upper left 26×26 pixels.

    Each pooling leaves out a last odd row and column. Going back from the 5×5 of `pool2`, n cells take (n − 1) S + F
    before them: 10 of 11, 12 of 13, 24 of 26, 26 of 28. Not computing the others saves a sixth of the second
    convolution and changes no bit of what comes after.
    """
    from onnx import helper, numpy_helper

    rows = LAYERS[LAYER_NAMES.index("pool2")].shape[-1]
    for layer in reversed(LAYERS[: LAYER_NAMES.index("pool2") + 1]):
        rows = (rows - 1) * (layer.stride or 1) + (layer.window or 1)
    bounds = {"crop_from": [0, 0], "crop_to": [rows, rows], "crop_axes": [2, 3]}
    model.graph.initializer.extend(numpy_helper.from_array(np.array(at, np.int64), name) for name, at in bounds.items())
    model.graph.node[0].input[0] = "cropped"
    model.graph.node.insert(0, helper.make_node("Slice", ["input", *bounds], ["cropped"], name="crop"))


def _strip(message: Any) -> None:
    """Take out notes of every kind, at every depth: the exporter writes stack traces there, local paths and all."""
    for field_, value in message.ListFields():
        if field_.name in ("metadata_props", "doc_string"):
            message.ClearField(field_.name)
        elif field_.message_type is not None:
            for part in value if field_.is_repeated else [value]:
                _strip(part)

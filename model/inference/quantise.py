"""Layers as a byte a number: a quarter of what float32 takes, and as good to look at.

Of a picture's activations x of one layer, with the step s = (max − min)/255,

    q = round((x − min)/s), and x ≈ min + q s to half a step

All q are 0 where all x are equal. Both engines do this where the activations are, the one in its graph, which `extend`
makes, the other on its device: on the way out there are four times as many bytes of them.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.layers import LAYERS

if TYPE_CHECKING:
    import onnx

Ends = tuple[float, float]  # the smallest and the largest activation of a layer
Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

STEPS = 255
SMALLEST_STEP = 1e-30  # in place of 0, by which nothing can be divided
LOWS, HIGHS = "lows", "highs"  # outputs of the graph: the ends of each layer in MEASURED, one picture after another

# What is measured, and what follows: a ReLU's smallest and largest are max(0, ·) of those before it, and `pool2` holds
# the numbers of `flatten`.
MEASURED = ("input", "conv1", "pool1", "conv2", "flatten", "dense1", "logits", "probabilities")
_RECTIFIED = {"relu1": "conv1", "relu2": "conv2", "relu3": "dense1"}
_SAME = {"pool2": "flatten"}
_SHAPES = {layer.name: layer.shape for layer in LAYERS}


class Quantised(NamedTuple):
    """What layers put out for N pictures: for each layer uint8, N×shape, and the ends of each picture; and the answers.

    `probabilities` are N×10 and `scores` N, both float32.
    """

    maps: list[Bytes]
    ends: list[list[Ends]]
    probabilities: Floats
    scores: Floats


def output(layer: str) -> str:
    """The name under which the graph puts out a layer's bytes."""
    return f"{_SAME.get(layer, layer)}.bytes"


@cache
def _way(layer: str) -> tuple[str, str | None, int, tuple[int, ...]]:
    """Where a layer is found: its output, that of the layer that it rectifies, its row in the ends, its shape."""
    before = _RECTIFIED.get(layer)
    row = MEASURED.index(before or _SAME.get(layer, layer))
    return output(layer), before and output(before), row, (-1, *_SHAPES[layer])


def outputs(layers: Sequence[str]) -> list[str]:
    """All that the graph has to put out for these layers to be read."""
    ways = map(_way, layers)
    return [*dict.fromkeys(name for own, before, _, _ in ways for name in (own, before or own))]


def read(layers: Sequence[str], found: Mapping[str, Any]) -> tuple[list[Bytes], list[list[Ends]]]:
    """The layers' bytes and ends from what a graph put out for `outputs(layers)`, LOWS and HIGHS."""
    lows, highs = (found[name].reshape(len(MEASURED), -1) for name in (LOWS, HIGHS))
    straight = lows.tolist(), highs.tolist()
    rectified = np.maximum(lows, 0).tolist(), np.maximum(highs, 0).tolist()
    maps, ends = [], []
    for layer in layers:
        own, before, row, shape = _way(layer)
        bytes_ = found[own]
        if before is not None and max(straight[0][row]) > 0:  # where nothing is negative, ReLU changes nothing
            positive = lows[row] > 0
            bytes_[positive] = found[before][positive]
        low, high = rectified if before else straight
        maps.append(bytes_.reshape(shape))
        ends.append([*zip(low[row], high[row], strict=True)])
    return maps, ends


def extend(model: "onnx.ModelProto") -> None:
    """Let a graph in which the layers in MEASURED are computed put out bytes in the place of floats.

    QuantizeLinear is round(x/s), kept within 0 and 255: of a convolution that makes its ReLU's bytes, where the s is
    the ReLU's.
    """
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    numbers: dict[str, NDArray[Any]] = {
        "axis": np.array([1], np.int64),
        "line": np.array([-1], np.int64),
        "share": np.array(1 / STEPS, np.float32),
        "smallest": np.array(SMALLEST_STEP, np.float32),
    }
    graph.initializer.extend(numpy_helper.from_array(values, name) for name, values in numbers.items())

    def node(kind: str, inputs: Sequence[str], *results: str, **attributes: Any) -> None:
        graph.node.append(helper.make_node(kind, inputs, results, **attributes))

    def puts_out(layer: str) -> None:
        size = prod(_SHAPES[layer])
        graph.output.append(helper.make_tensor_value_info(output(layer), TensorProto.UINT8, ["batch", size]))

    for layer in MEASURED:
        node("Flatten", [layer], f"{layer}.row", axis=1)
        # The largest of `conv1` is also the largest that its pooling leaves, a quarter as much to look through. Not so
        # of `conv2`, whose last row and column the pooling leaves out.
        largest = "conv1.largest" if layer == "conv1" else layer
        if largest != layer:
            (pooling,) = (n for n in graph.node if n.op_type == "MaxPool" and n.input[0] == layer)
            node("Flatten", [pooling.output[0]], f"{largest}.row", axis=1)
        node("ReduceMin", [f"{layer}.row", "axis"], f"{layer}.low", keepdims=1)
        node("ReduceMax", [f"{largest}.row", "axis"], f"{layer}.high", keepdims=1)
    node("Concat", [f"{layer}.low" for layer in MEASURED], LOWS, axis=0)
    node("Concat", [f"{layer}.high" for layer in MEASURED], HIGHS, axis=0)
    node("Sub", [HIGHS, LOWS], "extents")
    for extents, step in (("extents", "step"), (HIGHS, "relu_step")):
        node("Mul", [extents, "share"], f"{step}s.raw")
        node("Max", [f"{step}s.raw", "smallest"], f"{step}s.column")
        node("Reshape", [f"{step}s.column", "line"], f"{step}s")
        node("Split", [f"{step}s"], *(f"{layer}.{step}" for layer in MEASURED), num_outputs=len(MEASURED))
    for layer in MEASURED:
        node("Sub", [f"{layer}.row", f"{layer}.low"], f"{layer}.above")
        node("QuantizeLinear", [f"{layer}.above", f"{layer}.step"], output(layer), axis=0)
        puts_out(layer)
    for layer, before in _RECTIFIED.items():
        node("QuantizeLinear", [f"{before}.row", f"{before}.relu_step"], output(layer), axis=0)
        puts_out(layer)
    for ends in (LOWS, HIGHS):
        graph.output.append(helper.make_tensor_value_info(ends, TensorProto.FLOAT, ["ends", 1]))

"""Answers as bytes: JSON, and safetensors in float32, float16 or uint8."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

import numpy as np
import orjson
from numpy.typing import NDArray

from app.http.media_types import DType
from model.inference.classifier import FeatureMaps, Prediction
from model.layers import LAYER_NAMES, LAYERS
from model.preprocess.pipeline import PreprocessedDrawing

_BY_NAME = {layer.name: layer for layer in LAYERS}
_CODES = {"float32": "F32", "float16": "F16", "uint8": "U8"}
_BYTES = {"float32": 4, "float16": 2, "uint8": 1}


def prediction_json(prediction: Prediction) -> bytes:
    """The prediction as JSON. Numbers are float32 and are written with just the digits that float32 needs."""
    return orjson.dumps(_prediction(prediction), option=orjson.OPT_SERIALIZE_NUMPY)


def _prediction(prediction: Prediction) -> dict[str, Any]:
    probabilities = prediction.probabilities
    return {
        "digit": prediction.digit,
        "confidence": None if prediction.digit is None else probabilities[prediction.digit],
        "probabilities": probabilities,
        "verdict": prediction.verdict,
        "reasons": prediction.reasons,
        "familiarity": prediction.familiarity,
        "model": prediction.model,
    }


def maps_json(found: FeatureMaps, layers: Sequence[str], drawing: PreprocessedDrawing | None) -> bytes:
    """The answer and the layers as JSON; with `drawing`, its stages too."""
    body: dict[str, Any] = {
        "prediction": _prediction(found.prediction),
        "temperature": found.temperature,
        "layers": [
            {
                "name": name,
                "kind": _BY_NAME[name].kind,
                "shape": _BY_NAME[name].shape,
                "min": values.min(),
                "max": values.max(),
                "values": values,
            }
            for name, values in zip(layers, found.maps, strict=True)
        ],
    }
    if drawing is not None:
        pictures = [
            {"name": name, "shape": picture.shape, "values": np.ascontiguousarray(picture)}
            for name, picture in drawing.stages().items()
        ]
        body["stages"] = stages(drawing) | {"pictures": pictures}
    return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)


def stages(drawing: PreprocessedDrawing) -> dict[str, Any]:
    """How a drawing became the network's input, without its pictures."""
    return {
        "source": drawing.source,
        "prepare": drawing.prepare,
        "size": drawing.size,
        "box": drawing.box,
        "scale": drawing.scale,
        "shift": drawing.shift,
        "inverted": drawing.inverted,
        "pen": drawing.pen,
        "line": drawing.stroke_width,
    }


def maps_safetensors(
    found: FeatureMaps, layers: Sequence[str], dtype: DType, drawing: PreprocessedDrawing | None
) -> bytes:
    """The answer and the layers as one safetensors file.

    float32 and float16 hold the values. For uint8 the maps come quantised, round(255 (x − min)/(max − min)), with each
    layer's (min, max) in the metadata under `scales`. The prediction is there as JSON under `prediction`, T of its
    softmax under `temperature`; with `drawing`, its stages under `stages` and their pictures as tensors `stage.grey`,
    `stage.ink`, `stage.fitted`, `stage.shifted`.

    Written here and not by the safetensors library because that copies every tensor twice; the tests read it back
    with the library.
    """
    metadata = {"prediction": prediction_json(found.prediction).decode(), "temperature": repr(found.temperature)}
    maps = found.maps
    blocks: list[NDArray[Any]] = [values.astype(np.float16) for values in maps] if dtype == "float16" else [*maps]
    if dtype == "uint8":
        ends = {name: {"min": low, "max": high} for name, (low, high) in zip(layers, found.scales, strict=True)}
        metadata["scales"] = orjson.dumps(ends).decode()
    index, offset = _index(tuple(layers), dtype)
    if drawing is not None:
        metadata["stages"] = orjson.dumps(stages(drawing)).decode()
        for name, picture in drawing.stages().items():
            index += _entry(f"stage.{name}", "U8", picture.shape, offset, offset + picture.size)
            offset += picture.size
            blocks.append(np.ascontiguousarray(picture))
    header = b'{"__metadata__":' + orjson.dumps(metadata) + index.encode() + b"}"
    header += b" " * (-len(header) % 8)  # the numbers begin at a multiple of eight
    return b"".join([len(header).to_bytes(8, "little"), header, *cast(list[bytes], blocks)])  # join takes any buffer


@lru_cache(maxsize=256)
def _index(layers: tuple[str, ...], dtype: DType) -> tuple[str, int]:
    """The header's entries for these layers, and the length of their numbers."""
    entries, offset = "", 0
    for name in layers:
        shape = _BY_NAME[name].shape
        end = offset + int(np.prod(shape)) * _BYTES[dtype]
        entries += _entry(name, _CODES[dtype], shape, offset, end)
        offset = end
    return entries, offset


def _entry(name: str, code: str, shape: Sequence[int], start: int, end: int) -> str:
    described: Mapping[str, Any] = {"dtype": code, "shape": list(shape), "data_offsets": [start, end]}
    return f",{json.dumps(name)}:{json.dumps(described, separators=(',', ':'))}"


def in_order(names: Sequence[str]) -> tuple[str, ...]:
    """Layers in the network's order, each once."""
    wanted = set(names)
    return tuple(name for name in LAYER_NAMES if name in wanted)

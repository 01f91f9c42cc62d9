"""Reading safetensors files."""

import base64
import json
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray

from tests.support.visitor import Visitor

FROM_BASE64 = "const buffer = Uint8Array.from(atob(a), (c) => c.charCodeAt(0)).buffer;"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_a_file_written_by_the_safetensors_library_is_read(js: Visitor) -> None:
    tensors: dict[str, NDArray[Any]] = {
        "bytes": np.arange(5, dtype=np.uint8),
        "numbers": np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3),
    }
    file = safetensors.numpy.save(tensors, {"prediction": '{"digit": 3}'})
    read = js.module(
        "core/safetensors",
        FROM_BASE64
        + """const { tensors, metadata } = m.parse(buffer);
        const out = { metadata };
        for (const [name, t] of Object.entries(tensors)) out[name] = [t.dtype, t.shape, Array.from(t.data)];
        return out;""",
        _base64(file),
    )
    assert read["metadata"] == {"prediction": '{"digit": 3}'}
    assert read["bytes"] == ["U8", [5], [0, 1, 2, 3, 4]]
    dtype, shape, data = read["numbers"]
    assert (dtype, shape) == ("F32", [2, 3])
    assert data == tensors["numbers"].ravel().tolist()


@pytest.mark.parametrize("padding", range(4))
def test_numbers_may_begin_at_any_byte(js: Visitor, padding: int) -> None:
    values = np.array([1.5, -2.25], np.float32)
    header = {"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    text = json.dumps(header).encode() + b" " * padding
    file = len(text).to_bytes(8, "little") + text + values.tobytes()
    script = FROM_BASE64 + "return Array.from(m.parse(buffer).tensors.x.data)"
    assert js.module("core/safetensors", script, _base64(file)) == [1.5, -2.25]


def test_a_file_that_is_not_safetensors_is_refused(js: Visitor) -> None:
    script = FROM_BASE64 + "try { m.parse(buffer); return 'read' } catch (error) { return error.name }"
    assert js.module("core/safetensors", script, _base64(b"not a tensor in sight, only words")) in (
        "RangeError",
        "SyntaxError",
    )

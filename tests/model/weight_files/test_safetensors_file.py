"""Safetensors files are read in every number type, and names and content may disagree."""

from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from model import checkpoint
from model.weight_files.decode import SAFETENSORS, decode
from model.weight_files.errors import WeightFileError
from tests.model.weight_files.files import safetensors as file_with_header
from tests.model.weight_files.files import saved, state_dict


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64], ids=str)
def test_other_number_types_are_converted_and_a_note_says_so(dtype: torch.dtype) -> None:
    state = {key: values.to(dtype) for key, values in state_dict().items()}
    found = decode(safetensors.torch.save(state, {"name": "mine"}))
    assert (found.format, found.metadata) == (SAFETENSORS, {"name": "mine"})
    assert found.notes == (f"its {str(dtype).removeprefix('torch.')} numbers are converted to float32",)
    for content in (found, decode(found.content)):
        assert all(np.array_equal(content.tensors[key], values.float().numpy()) for key, values in state.items())
    assert decode(found.content).notes == ()
    assert decode(found.content).metadata == {"name": "mine"}


def test_a_prefix_is_ignored_and_a_note_says_so() -> None:
    found = decode(safetensors.torch.save({f"model.{key}": values for key, values in state_dict().items()}))
    assert found.notes == ("its names begin with “model.”, which is ignored",)
    assert list(decode(found.content).tensors) == list(state_dict())


def test_float32_files_keep_their_bytes() -> None:
    content = safetensors.torch.save(state_dict(), {"b": "1", "a": "2"})
    assert decode(content).content == content


@pytest.mark.parametrize("upper", [False, True])
def test_the_content_counts_and_not_the_name(upper: bool, tmp_path: Path) -> None:
    files = {"a.safetensors": saved(state_dict()), "a.pth": safetensors.torch.save(state_dict())}
    for name, content in files.items():
        path = tmp_path / (name.upper() if upper else name)
        path.write_bytes(content)
        read = checkpoint.read(path)
        kind = "PyTorch" if "safetensors" in name else "safetensors"
        assert read.notes == (f"{path}: it is a {kind} file, although its name ends in {path.suffix}.",)
        assert np.array_equal(read.tensors["features.0.bias"], state_dict()["features.0.bias"].numpy())


@pytest.mark.parametrize("shape", ["[0, 9223372036854775808]", "[0, 4611686018427387904]", str([1] * 65)])
def test_a_shape_that_numpy_cannot_have_is_refused(shape: str) -> None:
    numbers = b"" if "0" in shape else bytes(4)
    header = f'{{"a": {{"dtype": "F32", "shape": {shape}, "data_offsets": [0, {len(numbers)}]}}}}'
    with pytest.raises(WeightFileError, match="is a damaged safetensors file"):
        decode(file_with_header(header.encode(), numbers))


@pytest.mark.parametrize("end", ["1e999", "Infinity", "NaN", "-1", '"x"', "null"])
def test_an_offset_that_is_no_whole_number_is_refused(end: str) -> None:
    header = f'{{"a": {{"dtype": "F32", "shape": [1], "data_offsets": [0, {end}]}}}}'
    with pytest.raises(WeightFileError, match="is a damaged safetensors file"):
        decode(file_with_header(header.encode()))

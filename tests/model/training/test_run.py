"""A training run is reproducible, can be resumed, and writes complete results."""

import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from model import __version__, checkpoint
from model.data import mnist
from model.network import CNN
from model.training import recipes
from model.training.events import EpochDone, Progress, Started
from model.training.run import train
from model.training.trainer import TrainingError
from tests.model.test_network import lesson
from tests.model.training.test_recipes import AUGMENTED
from tests.support.training_runs import RESULTS, Both, Run, assert_same_run, names, stop_in_epoch

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


@pytest.mark.parametrize("device", DEVICES)
def test_the_same_seed_gives_the_same_weights_bit_for_bit(device: str, data_dir: Path, tmp_path: Path) -> None:
    few = [digits.first(count) for digits, count in zip(mnist.load(data_dir, device), (1100, 300), strict=True)]
    for name in ("a", "b"):
        list(train(tmp_path / name, *few, seed=5, epochs=2, device=device))
    assert names(tmp_path / "a") == names(tmp_path / "b")
    for name in names(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_another_seed_gives_other_weights(few: Both, whole_run: Run, tmp_path: Path) -> None:
    list(train(tmp_path / "other", *few, seed=6, epochs=1))
    ours = checkpoint.read(whole_run[0] / "epoch-01.safetensors")
    other = checkpoint.read(tmp_path / "other" / "epoch-01.safetensors")
    assert all(not np.array_equal(ours.tensors[key], other.tensors[key]) for key in ours.tensors)


@pytest.mark.parametrize("stopped_in", [1, 3])
def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_run(
    stopped_in: int, few: Both, whole_run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    stop_in_epoch(stopped_in, train(out, *few, seed=5, epochs=3))
    assert f"epoch-{stopped_in - 1:02}.safetensors" in names(out)
    assert f"epoch-{stopped_in:02}.safetensors" not in names(out)
    events = list(train(out, *few, resume=True))
    assert isinstance(events[0], Started)
    assert (events[0].epoch, events[0].epochs, events[0].seed) == (stopped_in - 1, 3, 5)
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == list(range(stopped_in, 4))
    assert_same_run(out, whole_run[0])


def test_a_finished_run_can_be_extended(few: Both, whole_run: Run, tmp_path: Path) -> None:
    out = tmp_path / "run"
    list(train(out, *few, seed=5, epochs=2))
    list(train(out, *few, epochs=3, resume=True))
    assert_same_run(out, whole_run[0])


def test_a_run_that_augments_and_averages_can_be_stopped_and_resumed(
    few: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(recipes.RECIPES, "augmented", AUGMENTED)
    few = few[0].first(500), few[1].first(100)
    for event in train(tmp_path / "whole", *few, recipe="augmented", seed=3):
        if isinstance(event, EpochDone):
            last = event
    assert last.correct > 30
    stop_in_epoch(2, train(tmp_path / "stopped", *few, recipe="augmented", seed=3))
    events = list(train(tmp_path / "stopped", *few, resume=True))
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == [2, 3]
    assert next(event.images for event in reversed(events) if isinstance(event, Progress)) == 550
    assert_same_run(tmp_path / "whole", tmp_path / "stopped", tensors_each=5)


def test_a_run_writes_every_epoch_and_its_results_and_nothing_else(whole_run: Run) -> None:
    epochs = [f"epoch-{number:02}.safetensors" for number in range(4)]
    assert names(whole_run[0]) == sorted([*epochs, *RESULTS, "resume.pt"])


def test_epoch_0_is_the_network_before_any_training(whole_run: Run) -> None:
    untrained = checkpoint.read(whole_run[0] / "epoch-00.safetensors")
    torch.manual_seed(5)
    for key, values in CNN().state_dict().items():
        assert np.array_equal(untrained.tensors[key], values.numpy()), key


def test_the_last_epoch_is_the_result_in_every_format(few: Both, whole_run: Run) -> None:
    out = whole_run[0]
    last = checkpoint.read(out / "epoch-03.safetensors").tensors
    final = checkpoint.read(out / "mnist_cnn.safetensors")
    # Load the weights as in the lesson.
    expected = lesson()
    expected.load_state_dict(torch.load(out / "mnist_cnn.pth"))
    for key, values in expected.state_dict().items():
        assert np.array_equal(final.tensors[key], last[key]), key
        assert np.array_equal(final.tensors[key], values.numpy()), key
        assert values.is_contiguous()
    images = few[1].normalised()
    session = onnxruntime.InferenceSession(str(out / "mnist_cnn.onnx"), providers=["CPUExecutionProvider"])
    (logits,) = session.run(["logits"], {"input": images.numpy()})
    assert np.allclose(logits, expected(images).detach().numpy(), atol=1e-4)


def test_the_pth_file_has_the_bytes_that_torch_save_writes(whole_run: Run) -> None:
    expected = lesson()
    expected.load_state_dict(torch.load(whole_run[0] / "mnist_cnn.pth"))
    file = io.BytesIO()
    torch.save(expected.state_dict(), file)
    ours = torch.load(whole_run[0] / "mnist_cnn.pth")
    saved = torch.load(io.BytesIO(file.getvalue()))
    assert type(ours) is type(saved)
    assert list(ours) == list(saved)
    assert all(torch.equal(ours[key], saved[key]) and ours[key].stride() == saved[key].stride() for key in saved)


def test_the_metadata_of_a_checkpoint_name_its_origin(few: Both, whole_run: Run) -> None:
    out, events = whole_run
    done = [event for event in events if isinstance(event, EpochDone)]
    metadata = checkpoint.read(out / "mnist_cnn.safetensors").metadata
    assert metadata["name"] == metadata["recipe"] == "lesson"
    assert metadata["seed"] == "5"
    assert metadata["epochs"] == "3"
    assert metadata["device"] == "cpu"
    assert metadata["torch"] == torch.__version__
    assert metadata["numpy"] == np.__version__
    assert metadata["python"] == ".".join(map(str, sys.version_info[:3]))
    assert metadata["created_by"] == f"inkling {__version__}"
    assert json.loads(metadata["accuracy_per_epoch"]) == pytest.approx(
        [event.correct / 300 for event in done], abs=1e-6
    )
    assert json.loads(metadata["loss_per_epoch"]) == pytest.approx([event.loss for event in done], abs=1e-6)
    assert json.loads(metadata["training_loss_per_epoch"])[0] is None
    assert float(metadata["accuracy"]) == pytest.approx(done[-1].correct / 300, abs=1e-4)
    assert json.loads(metadata["data_sha256"]) == {**few[0].files, **few[1].files}
    assert str(out.parent) not in json.dumps(metadata)
    assert checkpoint.read(out / "epoch-02.safetensors").name == "lesson-epoch-02"


def test_a_folder_that_cannot_be_written_to_is_named(few: Both, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(TrainingError, match=f"cannot be written to {out}"):
            next(train(out, *few))

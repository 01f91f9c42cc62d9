"""Training: the lesson's mathematics, the same every time, and never half a result."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from app.cli import common
from app.cli import evaluate as evaluating_cli
from app.cli import train as training_cli
from app.cli.__main__ import main
from model import checkpoint
from model.data import mnist
from model.data.mnist import Digits
from model.evaluation import accuracy as evaluation
from model.evaluation import stress
from model.network import CNN
from model.training import recipes
from model.training import trainer as training
from model.training.trainer import EpochDone, Event, Finished, Progress, Started, Trainer, TrainingError
from tests.model.test_network import lesson

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

Both = tuple[Digits, Digits]
RESULTS = ["accuracy.png", "mnist_cnn.onnx", "mnist_cnn.pth", "mnist_cnn.safetensors"]


@pytest.fixture(scope="module")
def few(data_dir: Path) -> Both:
    """The first of MNIST's digits: 1,100 to train on, which is not a multiple of the batch, and 300 to test on."""
    train, test = mnist.load(data_dir)
    return train.first(1100), test.first(300)


@pytest.fixture(scope="module")
def run(few: Both, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """A run of three epochs that nothing disturbed: its folder and its events."""
    out = tmp_path_factory.mktemp("whole") / "run"
    return out, list(training.train(out, *few, seed=5, epochs=3))


def names(out: Path) -> list[str]:
    return sorted(path.name for path in out.iterdir())


def stop_in_epoch(number: int, events: Iterator[Event]) -> None:
    """Follow a run until some batches of an epoch are done, then drop it, as a power cut would."""
    for event in events:
        if isinstance(event, Progress) and event.epoch == number:
            return
    raise AssertionError("the run was over before it could be stopped")


def assert_same_run(one: Path, other: Path, tensors_each: int = 4) -> None:
    """The same files, byte for byte; of what it takes to resume, the same content.

    For each of the eight parameters that is a weight, its step and two moments; and an average where one is kept.
    """
    assert names(one) == names(other)
    for name in names(one):
        if name != training.RESUME:
            assert (one / name).read_bytes() == (other / name).read_bytes(), name
    states = [torch.load(out / training.RESUME) for out in (one, other)]
    tensors = [[value for value in _leaves(state) if isinstance(value, torch.Tensor)] for state in states]
    rest = [[value for value in _leaves(state) if not isinstance(value, torch.Tensor)] for state in states]
    assert rest[0] == rest[1]
    assert len(tensors[0]) == 8 * tensors_each
    for ours, theirs in zip(*tensors, strict=True):
        assert torch.equal(ours, theirs)
        assert ours.stride() == theirs.stride()


def _leaves(tree: object) -> Iterator[object]:
    if isinstance(tree, dict):
        for key, branch in tree.items():
            yield key
            yield from _leaves(branch)
    elif isinstance(tree, list | tuple):
        for branch in tree:
            yield from _leaves(branch)
    else:
        yield tree


# ---------------------------------------------------------------- the mathematics


def test_the_recipe_is_the_lessons() -> None:
    recipe = recipes.RECIPES["lesson"]
    assert (recipe.epochs, recipe.batch, recipe.learning_rate) == (5, 64, 1e-3)
    optimiser = recipe.optimiser(CNN())
    plain = torch.optim.Adam(CNN().parameters(), lr=1e-3)
    assert isinstance(optimiser, torch.optim.Adam)
    assert {**optimiser.defaults, "fused": None} == plain.defaults


def test_given_the_same_batches_training_follows_the_lessons_loop(few: Both) -> None:
    digits = few[0]
    trainer = Trainer(recipes.LESSON, 3, "cpu")
    theirs = lesson()
    theirs.load_state_dict(trainer.weights())
    order = recipes.LESSON.order(len(digits), 3, 1)
    loader = DataLoader(TensorDataset(digits.normalised(), digits.labels), batch_size=64, sampler=order.tolist())
    optimiser = torch.optim.Adam(theirs.parameters(), lr=0.001)
    losses = []
    for data, target in loader:
        optimiser.zero_grad()
        loss = F.cross_entropy(theirs(data), target)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(loss.item())
    pictures = digits.normalised()
    ours = [trainer.step(pictures[batch], digits.labels[batch]).item() for batch in torch.split(order, 64)]
    assert len(ours) == len(losses) == 18
    assert losses[-1] < losses[0] / 2
    assert ours == pytest.approx(losses, rel=1e-3)
    for key, values in theirs.state_dict().items():
        assert torch.allclose(trainer.weights()[key], values, atol=2e-4), key


def test_an_epoch_shows_every_picture_once_and_reports_their_mean_loss(few: Both) -> None:
    digits, pictures = few[0], few[0].normalised()
    trainer = Trainer(recipes.LESSON, 3, "cpu")
    reports = list(trainer.epoch(pictures, digits.labels, 1))
    again = Trainer(recipes.LESSON, 3, "cpu")
    order = recipes.LESSON.order(len(digits), 3, 1)
    assert sorted(order.tolist()) == list(range(1100))
    batches = torch.split(order, 64)
    losses = [again.step(pictures[batch], digits.labels[batch]).item() * len(batch) for batch in batches]
    assert [images for images, _ in reports] == [16 * 64, 1100]
    assert reports[0][1] == pytest.approx(sum(losses[:16]) / (16 * 64))
    assert reports[1][1] == pytest.approx(sum(losses) / 1100)


def test_every_epoch_and_every_seed_has_an_order_of_its_own() -> None:
    orders = [recipes.LESSON.order(1000, seed, epoch).tolist() for seed in (0, 1) for epoch in (1, 2)]
    assert all(sorted(order) == list(range(1000)) for order in orders)
    assert len({tuple(order) for order in orders}) == 4
    assert orders[0] == recipes.LESSON.order(1000, 0, 1).tolist()
    assert orders[0] != list(range(1000))


def test_training_leaves_the_callers_random_numbers_alone(few: Both) -> None:
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    trainer = Trainer(recipes.LESSON, 3, "cpu")
    list(trainer.epoch(few[0].normalised(), few[0].labels, 1))
    assert torch.equal(torch.rand(3), expected)


def test_an_evaluation_counts_every_answer(few: Both, run: tuple[Path, list[Event]]) -> None:
    digits = few[1]
    network = training.network_of(checkpoint.read(run[0] / "mnist_cnn.safetensors"))
    result = evaluation.evaluate(network, digits)
    with torch.no_grad():
        logits = network(digits.normalised())
    answers = logits.argmax(1)
    assert result.total == 300
    assert result.correct == int((answers == digits.labels).sum())
    assert 0.5 < result.accuracy == result.correct / 300 < 1
    assert result.loss == pytest.approx(F.cross_entropy(logits, digits.labels).item(), rel=1e-5)
    expected = np.zeros((10, 10), int)
    for label, answer in zip(digits.labels.tolist(), answers.tolist(), strict=True):
        expected[label, answer] += 1
    assert np.array_equal(result.confusion, expected)
    mistakes = result.mistakes(5)
    assert len(mistakes) == 5
    assert [mistake.confidence for mistake in mistakes] == sorted((m.confidence for m in mistakes), reverse=True)
    probabilities = logits.softmax(1)
    wrong = answers != digits.labels
    assert mistakes[0].confidence == pytest.approx(probabilities[wrong].max().item(), rel=1e-5)
    for mistake in mistakes:
        assert mistake.label == digits.labels[mistake.index] != mistake.answer == answers[mistake.index]
    assert len(result.mistakes(1000)) == 300 - result.correct


# ---------------------------------------------------------------- the same every time

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


@pytest.mark.parametrize("device", DEVICES)
def test_the_same_seed_gives_the_same_weights_bit_for_bit(device: str, data_dir: Path, tmp_path: Path) -> None:
    few = [digits.first(count) for digits, count in zip(mnist.load(data_dir, device), (1100, 300), strict=True)]
    for name in ("a", "b"):
        list(training.train(tmp_path / name, *few, seed=5, epochs=2, device=device))
    assert names(tmp_path / "a") == names(tmp_path / "b")
    for name in names(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_another_seed_gives_other_weights(few: Both, run: tuple[Path, list[Event]], tmp_path: Path) -> None:
    list(training.train(tmp_path / "other", *few, seed=6, epochs=1))
    ours = checkpoint.read(run[0] / "epoch-01.safetensors")
    other = checkpoint.read(tmp_path / "other" / "epoch-01.safetensors")
    assert all(not np.array_equal(ours.tensors[key], other.tensors[key]) for key in ours.tensors)


@pytest.mark.parametrize("stopped_in", [1, 3])
def test_a_run_that_was_stopped_and_resumed_ends_as_one_that_never_stopped(
    stopped_in: int, few: Both, run: tuple[Path, list[Event]], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    stop_in_epoch(stopped_in, training.train(out, *few, seed=5, epochs=3))
    assert f"epoch-{stopped_in - 1:02}.safetensors" in names(out)
    assert f"epoch-{stopped_in:02}.safetensors" not in names(out)
    events = list(training.train(out, *few, resume=True))
    assert isinstance(events[0], Started)
    assert (events[0].epoch, events[0].epochs, events[0].seed) == (stopped_in - 1, 3, 5)
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == list(range(stopped_in, 4))
    assert_same_run(out, run[0])


def test_a_run_can_be_made_longer(few: Both, run: tuple[Path, list[Event]], tmp_path: Path) -> None:
    out = tmp_path / "run"
    list(training.train(out, *few, seed=5, epochs=2))
    list(training.train(out, *few, epochs=3, resume=True))
    assert_same_run(out, run[0])


# ---------------------------------------------------------------- what is written


def test_a_run_writes_every_epoch_and_all_its_results_and_nothing_else(run: tuple[Path, list[Event]]) -> None:
    epochs = [f"epoch-{number:02}.safetensors" for number in range(4)]
    assert names(run[0]) == sorted([*epochs, *RESULTS, "resume.pt"])


def test_epoch_0_is_the_network_before_any_training(run: tuple[Path, list[Event]]) -> None:
    untrained = checkpoint.read(run[0] / "epoch-00.safetensors")
    torch.manual_seed(5)
    for key, values in CNN().state_dict().items():
        assert np.array_equal(untrained.tensors[key], values.numpy()), key


def test_the_last_epoch_is_the_result_in_every_format(few: Both, run: tuple[Path, list[Event]]) -> None:
    out = run[0]
    last = checkpoint.read(out / "epoch-03.safetensors").tensors
    final = checkpoint.read(out / "mnist_cnn.safetensors")
    # as the lesson's student would load it
    theirs = lesson()
    theirs.load_state_dict(torch.load(out / "mnist_cnn.pth"))
    for key, values in theirs.state_dict().items():
        assert np.array_equal(final.tensors[key], last[key]), key
        assert np.array_equal(final.tensors[key], values.numpy()), key
        assert values.is_contiguous()
    pictures = few[1].normalised()
    session = onnxruntime.InferenceSession(str(out / "mnist_cnn.onnx"), providers=["CPUExecutionProvider"])
    (logits,) = session.run(["logits"], {"input": pictures.numpy()})
    assert np.allclose(logits, theirs(pictures).detach().numpy(), atol=1e-4)


def test_the_pth_is_what_torch_save_of_the_state_dict_gives(run: tuple[Path, list[Event]]) -> None:
    theirs = lesson()
    theirs.load_state_dict(torch.load(run[0] / "mnist_cnn.pth"))
    file = io.BytesIO()
    torch.save(theirs.state_dict(), file)
    ours = torch.load(run[0] / "mnist_cnn.pth")
    saved = torch.load(io.BytesIO(file.getvalue()))
    assert type(ours) is type(saved)
    assert list(ours) == list(saved)
    assert all(torch.equal(ours[key], saved[key]) and ours[key].stride() == saved[key].stride() for key in saved)


def test_a_checkpoint_says_where_it_comes_from(few: Both, run: tuple[Path, list[Event]]) -> None:
    out, events = run
    done = [event for event in events if isinstance(event, EpochDone)]
    metadata = checkpoint.read(out / "mnist_cnn.safetensors").metadata
    assert metadata["name"] == metadata["recipe"] == "lesson"
    assert metadata["seed"] == "5"
    assert metadata["epochs"] == "3"
    assert metadata["device"] == "cpu"
    assert metadata["torch"] == torch.__version__
    assert metadata["numpy"] == np.__version__
    assert metadata["python"] == ".".join(map(str, sys.version_info[:3]))
    assert metadata["created_by"].startswith("inkling ")
    assert json.loads(metadata["accuracy_per_epoch"]) == pytest.approx(
        [event.correct / 300 for event in done], abs=1e-6
    )
    assert json.loads(metadata["loss_per_epoch"]) == pytest.approx([event.loss for event in done], abs=1e-6)
    assert json.loads(metadata["training_loss_per_epoch"])[0] is None
    assert float(metadata["accuracy"]) == pytest.approx(done[-1].correct / 300, abs=1e-4)
    assert json.loads(metadata["data_sha256"]) == {**few[0].files, **few[1].files}
    assert str(out.parent) not in json.dumps(metadata)
    assert checkpoint.read(out / "epoch-02.safetensors").name == "lesson-epoch-02"


def test_the_plot_is_a_picture(run: tuple[Path, list[Event]]) -> None:
    with Image.open(run[0] / "accuracy.png") as picture:
        picture.load()
        assert picture.format == "PNG"
        assert picture.size == (1050, 600)
        assert not picture.info.get("Software")


def test_a_run_tells_what_happens_as_it_happens(run: tuple[Path, list[Event]]) -> None:
    out, events = run
    kinds = [type(event) for event in events]
    assert kinds == [Started, EpochDone, *([Progress, Progress, EpochDone] * 3), Finished]
    progress = [event for event in events if isinstance(event, Progress)]
    assert [(event.epoch, event.images) for event in progress] == [(n, i) for n in (1, 2, 3) for i in (1024, 1100)]
    assert all(event.images_per_second > 0 and event.loss > 0 for event in progress)
    assert progress[-1].seconds_left == 0
    assert all(event.seconds_left > 0 for event in progress[:-1])
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert sorted(file.name for file in finished.files) == RESULTS
    assert all(file.parent == out and file.exists() for file in finished.files)


def test_an_epochs_line_is_the_lessons() -> None:
    done = EpochDone(5, 5, 0.031249, 9901, 10000, 0.02, 4000.0, Path("x"))
    assert str(done) == "Test set: Average loss: 0.0312, Accuracy: 9901/10000 (99.01%)"


# ---------------------------------------------------------------- what is refused


def test_a_run_does_not_write_over_another(few: Both, run: tuple[Path, list[Event]]) -> None:
    before = {name: (run[0] / name).read_bytes() for name in names(run[0])}
    with pytest.raises(
        TrainingError, match=r"already holds a run \(recipe lesson, seed 5, 3 of 3 epochs done\).*--resume"
    ):
        next(training.train(run[0], *few))
    assert before == {name: (run[0] / name).read_bytes() for name in names(run[0])}


def test_a_run_is_not_resumed_as_another(few: Both, run: tuple[Path, list[Event]]) -> None:
    train, test = few
    refusals: dict[str, Callable[[], Iterator[Event]]] = {
        "has recipe lesson, not robust": lambda: training.train(run[0], *few, recipe="robust", resume=True),
        "has seed 5, not 0": lambda: training.train(run[0], *few, seed=0, resume=True),
        "trained on other data": lambda: training.train(run[0], train.first(1000), test, resume=True),
        "tested on other data|trained on other data": lambda: training.train(run[0], train, test.first(9), resume=True),
        "trained on cpu; on cuda it would not": lambda: training.train(run[0], *few, device="cuda", resume=True),
        "at least one epoch": lambda: training.train(run[0], *few, epochs=0, resume=True),
        "has done 3 epochs already, more than 2": lambda: training.train(run[0], *few, epochs=2, resume=True),
    }
    for words, attempt in refusals.items():
        with pytest.raises(TrainingError, match=words):
            next(attempt())


@pytest.mark.parametrize("content", [b"", b"junk", b"\x80\x02}.", b"PK\x03\x04" + b"x" * 100])
def test_a_run_whose_file_is_damaged_is_not_resumed_and_says_so(few: Both, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "resume.pt").write_bytes(content)
    with pytest.raises(TrainingError, match="is damaged, so this run cannot be resumed"):
        next(training.train(tmp_path, *few, resume=True))


def test_a_new_run_that_makes_no_sense_is_refused_before_anything_is_written(few: Both, tmp_path: Path) -> None:
    out = tmp_path / "run"
    refusals: dict[str, Callable[[], Iterator[Event]]] = {
        "There is no run to resume": lambda: training.train(out, *few, resume=True),
        "at least one epoch": lambda: training.train(out, *few, epochs=0),
        "There is no recipe stew; there is lesson": lambda: training.train(out, *few, recipe="stew"),
        "A seed is a whole number from 0": lambda: training.train(out, *few, seed=-1),
        "to 9223372036854775807": lambda: training.train(out, *few, seed=2**63),
    }
    for words, attempt in refusals.items():
        with pytest.raises(TrainingError, match=words):
            next(attempt())
    assert not out.exists()


def test_a_folder_that_cannot_be_written_to_is_named(few: Both, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(TrainingError, match=f"cannot be written to {out}"):
            next(training.train(out, *few))


@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_a_damaged_state_is_named_and_not_resumed(
    content: bytes | None, few: Both, run: tuple[Path, list[Event]], tmp_path: Path
) -> None:
    whole = (run[0] / "resume.pt").read_bytes()
    (tmp_path / "resume.pt").write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(TrainingError, match=r"resume\.pt is damaged"):
        next(training.train(tmp_path, *few, resume=True))


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert training.pick_device("auto") == training.pick_device("cpu") == "cpu"
    with pytest.raises(TrainingError, match="no CUDA device"):
        training.pick_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert training.pick_device("auto") == training.pick_device("cuda") == "cuda"


# ---------------------------------------------------------------- the command line


@pytest.fixture
def little(few: Both, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands train and measure on few digits."""
    monkeypatch.setattr(mnist, "load", lambda *_: few)
    monkeypatch.setenv("INKLING_DATA", str(data_dir))


def train(*arguments: str | Path) -> int:
    return main(["train", "--device", "cpu", *map(str, arguments)])


@pytest.mark.usefixtures("little")
def test_training_prints_the_lessons_lines_and_where_the_results_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], run: tuple[Path, list[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_cli, "PLAIN_EVERY", 0.0)
    out = tmp_path / "run"
    assert train("--out", out, "--seed", "5", "--epochs", "3") == 0
    said = capsys.readouterr().out
    line = r"Test set: Average loss: \d\.\d{4}, Accuracy: \d+/300 \(\d+\.\d\d%\)"
    assert re.search(rf"^Before training\. {line}$", said, re.MULTILINE)
    for epoch in (1, 2, 3):
        assert re.search(rf"^Epoch {epoch}: training loss \d\.\d{{4}}\. {line}$", said, re.MULTILINE)
    assert re.search(
        r"^Epoch 2/3, 1024/1100 pictures, loss \d\.\d{4}, [\d,]+ images/s, \d+:\d\d left$", said, re.MULTILINE
    )
    assert f"inkling serve --weights {out}/mnist_cnn.safetensors" in said
    assert (out / "mnist_cnn.pth").read_bytes() == (run[0] / "mnist_cnn.pth").read_bytes()
    assert "\x1b" not in said


@pytest.mark.usefixtures("little")
def test_on_a_terminal_training_shows_a_bar(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert train("--out", tmp_path / "run", "--epochs", "1") == 0
    said = capsys.readouterr().out
    assert "━" in said
    assert "100%" in said
    assert re.search(r"Epoch 1/1 .*loss \d\.\d{4}, [\d,]+ images/s, \d+:\d\d left", said)
    assert "Test set: Average loss" in said
    assert said.count("\x1b[?25l") == said.count("\x1b[?25h") > 0  # the cursor that was hidden is shown again


@pytest.mark.usefixtures("little")
def test_what_is_refused_is_said_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    for arguments, words in (
        (["--epochs", "0"], "at least one epoch"),
        (["--resume"], "no run to resume"),
        (["--recipe", "stew"], "no recipe stew"),
        (["--out", str(tmp_path / "file")], "cannot be written"),
    ):
        assert train("--out", tmp_path / "run", *arguments) == 1
        error = capsys.readouterr().err
        assert error.startswith("inkling: ")
        assert words in error
        assert "Traceback" not in error


@pytest.mark.usefixtures("little")
def test_without_a_package_it_will_need_a_command_does_not_start_and_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for command, package in (
        ("train", "torch"),
        ("evaluate", "torchvision"),
        ("train", "onnx"),
        ("train", "matplotlib"),
    ):
        monkeypatch.setattr(common, "find_spec", lambda name, missing=package: None if name == missing else True)
        assert main([command]) == 1
        error = capsys.readouterr().err
        assert f"{package} is not installed" in error
        assert "pip install 'inkling[train]'" in error


@pytest.mark.usefixtures("little")
def test_a_full_disk_is_named_and_the_run_can_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], run: tuple[Path, list[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    fsync, left = os.fsync, [4]  # two files for each epoch: epoch 2 finds the disk full

    def fill(file: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        fsync(file)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fill)
        assert train("--out", out, "--seed", "5", "--epochs", "3") == 1
    error = capsys.readouterr().err
    assert "No space left on device" in error
    assert f"inkling train --resume --out {out}" in error
    assert names(out) == ["epoch-00.safetensors", "epoch-01.safetensors", "resume.pt"]
    assert train("--resume", "--out", out) == 0
    assert (out / "mnist_cnn.safetensors").read_bytes() == (run[0] / "mnist_cnn.safetensors").read_bytes()


LITTLE_TRAINING = """
import sys
from model.data import mnist
whole = mnist.load
mnist.load = lambda *arguments: tuple(d.first(n) for d, n in zip(whole(*arguments), (1100, 300)))
from app.cli import evaluate as evaluating_cli
from app.cli import train as training_cli
training_cli.PLAIN_EVERY = 0.0
from app.cli.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def test_ctrl_c_keeps_the_last_whole_epoch_and_says_how_to_resume(
    data_dir: Path, run: tuple[Path, list[Event]], tmp_path: Path
) -> None:
    out = tmp_path / "a run"
    arguments = ["train", "--device", "cpu", "--data", str(data_dir), "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-c", LITTLE_TRAINING, *arguments, "--seed", "5", "--epochs", "500"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Epoch 2/500, 1024/"):
            process.send_signal(signal.SIGINT)
            break
    _, error = process.communicate()
    watchdog.cancel()
    assert process.returncode == 130, error
    kept = re.search(r"Stopped\. Epoch (\d+) is kept in (.*)\. To go on: (.*)\n$", error)
    assert kept, error
    last = int(kept[1])
    assert kept[2] == str(out / f"epoch-{last:02}.safetensors")
    assert kept[3] == f"inkling train --resume --out '{out}' --data {data_dir}"
    assert "Traceback" not in error
    assert names(out) == [*(f"epoch-{number:02}.safetensors" for number in range(last + 1)), "resume.pt"]
    for number in range(min(last, 3) + 1):
        name = f"epoch-{number:02}.safetensors"
        assert (out / name).read_bytes() == (run[0] / name).read_bytes(), name


@pytest.mark.usefixtures("little")
def test_evaluating_prints_accuracy_loss_and_confusion(
    run: tuple[Path, list[Event]], capsys: pytest.CaptureFixture[str]
) -> None:
    done = [event for event in run[1] if isinstance(event, EpochDone)][-1]
    weights = str(run[0] / "mnist_cnn.pth")
    assert main(["evaluate", "--device", "cpu", "--weights", weights]) == 0
    said = capsys.readouterr().out
    assert str(done) in said
    assert main(["evaluate", "--device", "cpu", "--weights", weights, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["pictures"], report["correct"]) == (300, done.correct)
    assert report["accuracy"] == pytest.approx(done.correct / 300)
    assert report["average_loss"] == pytest.approx(done.loss)
    assert report["model"].startswith("mnist_cnn-")
    confusion = np.array(report["confusion"])
    assert confusion.sum() == 300
    assert np.trace(confusion) == done.correct
    for row in confusion:
        assert "".join(f"{count:>6}" for count in row) in said
    for digit, found in enumerate(report["digits"]):
        assert found["pictures"] == confusion[digit].sum()
        assert found["recall"] == pytest.approx(confusion[digit, digit] / confusion[digit].sum())
        assert found["precision"] == pytest.approx(confusion[digit, digit] / confusion[:, digit].sum())
    assert len(report["mistakes"]) == min(evaluating_cli.MISTAKES, 300 - done.correct)
    assert "limits" not in report


@pytest.mark.usefixtures("little")
def test_evaluating_what_is_no_checkpoint_is_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--weights", str(tmp_path / "none.pth")]) == 1
    assert "There is no file" in capsys.readouterr().err


# ---------------------------------------------------------------- limits


@pytest.mark.usefixtures("little")
def test_the_limits_are_measured_on_altered_digits_and_on_no_digits(
    few: Both, run: tuple[Path, list[Event]], capsys: pytest.CaptureFixture[str]
) -> None:
    weights = str(run[0] / "mnist_cnn.safetensors")
    assert main(["evaluate", "--device", "cpu", "--weights", weights, "--limits", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    altered = {row["name"]: row for row in report["limits"]["altered"]}
    strangers = {row["name"]: row for row in report["limits"]["strangers"]}
    assert altered["unchanged"]["accuracy"] == pytest.approx(report["accuracy"])
    assert altered["rotated by 45°"]["accuracy"] < altered["rotated by 15°"]["accuracy"] < report["accuracy"]
    assert all(0 <= row["sure_and_wrong"] <= 1 - row["accuracy"] for row in altered.values())
    assert strangers["printed letters"]["pictures"] == len(stress.LETTERS) * 15
    assert all(0 <= row["sure"] <= 1 and 0.1 <= row["confidence"] <= 1 for row in strangers.values())
    assert main(["evaluate", "--device", "cpu", "--weights", weights, "--limits"]) == 0
    said = capsys.readouterr().out
    for name in (*altered, *strangers):
        assert name in said


def test_an_alteration_does_what_its_name_says(few: Both) -> None:
    picture = few[1].images[0].numpy()
    changed = {name: change(picture) for name, change in stress.ALTERATIONS.items()}
    assert all(result.shape == (28, 28) and result.dtype == np.uint8 for result in changed.values())
    assert np.array_equal(changed["unchanged"], picture)
    assert np.array_equal(changed["shifted right by 4 pixels"][:, 4:], picture[:, :-4])
    assert not changed["shifted right by 4 pixels"][:, :4].any()
    assert np.array_equal(changed["black ink on white"], 255 - picture)
    thin, thick = changed["thinner lines (3×3 minimum)"], changed["thicker lines (3×3 maximum)"]
    assert thin.sum() < picture.sum() < thick.sum()
    corner = np.zeros((28, 28), np.uint8)
    corner[4, 14] = 255  # straight above the middle; turned clockwise it goes to the right
    assert stress.ALTERATIONS["rotated by 45°"](corner)[:, 15:].sum() > 0
    assert stress.ALTERATIONS["rotated by 45°"](corner)[:, :14].sum() == 0


def test_letters_look_as_drawings_do() -> None:
    letters = np.stack(list(stress.letters()))
    assert letters.shape == (len(stress.LETTERS) * 15, 28, 28)
    assert len(np.unique(letters.reshape(len(letters), -1), axis=0)) == len(letters)
    ink = letters > 0
    longest = np.maximum(np.ptp(_extent(ink.any(axis=2)), axis=1), np.ptp(_extent(ink.any(axis=1)), axis=1)) + 1
    assert set(longest) <= {19, 20}


def _extent(lines: Any) -> NDArray[np.int64]:
    """First and last line that has ink, for each picture."""
    return np.stack([lines.argmax(1), 27 - lines[:, ::-1].argmax(1)], axis=1)

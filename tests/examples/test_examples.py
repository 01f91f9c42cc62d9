"""The lesson's two programs run without errors and give the results that the lesson states."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from model import checkpoint
from model.data import mnist
from model.network import CNN
from model.training import trainer
from tests import ROOT

EXAMPLES = ROOT / "examples"


def run(program: str, folder: Path, *arguments: str) -> str:
    """Run a program in `folder`, check that it ends without errors or warnings, and return its output."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / program), *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_sobel_filter_gives_0_and_minus_360(tmp_path: Path) -> None:
    output = run("sobel.py", tmp_path)
    rows = [[int(number) for number in re.findall(r"-?\d+", line)] for line in output.splitlines() if "[" in line]
    assert rows[:6] == [[10, 10, 10, 100, 100, 100]] * 6
    assert rows[6:9] == [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
    assert rows[9:] == [[0, -360, -360, 0]] * 4
    with Image.open(tmp_path / "sobel.png") as image:
        assert (image.format, image.size) == ("PNG", (440, 240))
        pixels = np.asarray(image)
    middles = pixels[20::40, 20::40]  # the centres of the squares, one for each number
    assert middles[:, :6].tolist() == [[[level] * 3 for level in (10, 10, 10, 100, 100, 100)]] * 6
    edges = middles[1:5, 7:11]
    assert (edges[:, [0, 3]] == 255).all()  # 0 is white
    red, _, blue = edges[:, 1:3].reshape(-1, 3).T
    assert (blue > red).all()  # negative is blue


def test_the_training_program_saves_weights_that_the_service_accepts(tmp_path: Path, data_dir: Path) -> None:
    arguments = ("--limit", "768", "--epochs", "2", "--data", str(data_dir.resolve()))
    output = run("train_mnist.py", tmp_path, *arguments)
    accuracies = re.findall(r"^Epoch \d: (\d+\.\d\d)% of 768 test digits are correct$", output, re.MULTILINE)
    assert len(accuracies) == 2
    losses = re.findall(r"^Epoch (\d), (\d+) of 768 images: loss \d+\.\d{4}$", output, re.MULTILINE)
    assert losses == [("1", "0"), ("2", "0")], "768 images are 12 batches, so only the first of each epoch is printed"
    assert output.endswith("Saved: accuracy.png, mnist_cnn.pth\n")
    weights = checkpoint.read(tmp_path / "mnist_cnn.pth")
    network = trainer.network_of(weights)
    assert isinstance(network, CNN)
    digits = mnist.load(data_dir)[1].first(768)
    with torch.no_grad():
        correct = (network(digits.normalised()).argmax(1) == digits.labels).float().mean().item()
    assert 100 * correct == pytest.approx(float(accuracies[-1]), abs=0.27)  # two of 768 digits may be near ties
    assert correct > 0.7
    with Image.open(tmp_path / "accuracy.png") as image:
        image.load()
        assert image.format == "PNG"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["accuracy.png", "mnist_cnn.pth"]


@pytest.mark.parametrize(("program", "most"), [("sobel.py", 50), ("train_mnist.py", 100)])
def test_each_program_is_short(program: str, most: int) -> None:
    lines = (EXAMPLES / program).read_text(encoding="utf-8").splitlines()
    assert len(lines) <= most
    assert max(map(len, lines)) <= 120

"""MNIST is loaded only if its files are the right ones. The tests use a small replacement."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model.data import mnist
from model.data.mnist import DatasetError
from tests.support.mnist_sources import COUNTS, FILES, write_mnist


@pytest.fixture(autouse=True)
def small_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "SHA256", {name: hashlib.sha256(FILES[name]).hexdigest() for name in mnist.SHA256})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_the_folder_is_the_argument_or_the_environment_variable_or_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INKLING_DATA", raising=False)
    assert mnist.root() == Path("data")
    monkeypatch.setenv("INKLING_DATA", "/somewhere")
    assert mnist.root() == Path("/somewhere")
    assert mnist.root("here") == Path("here")


def test_damaged_data_is_not_loaded(data: Path) -> None:
    write_mnist(data, train_labels_idx1_ubyte=b"")
    with pytest.raises(DatasetError, match=r"train-labels-idx1-ubyte is damaged.*inkling fetch"):
        mnist.load(data)


def test_loaded_digits_have_tensors_and_file_hashes(data: Path) -> None:
    write_mnist(data)
    for part, digits in zip(("train", "test"), mnist.load(data), strict=True):
        assert len(digits) == COUNTS[part]
        assert digits.images.shape == (COUNTS[part], 28, 28)
        assert digits.images.dtype == torch.uint8
        assert digits.labels.dtype == torch.int64
        assert digits.images.numpy().tobytes() == FILES[mnist.IMAGES[part]][16:]
        assert bytes(digits.labels.tolist()) == FILES[mnist.LABELS[part]][8:]
        names = (mnist.IMAGES[part], mnist.LABELS[part])
        assert digits.files == {name: hashlib.sha256(FILES[name]).hexdigest() for name in names}


def test_a_subset_of_the_digits_records_its_range_in_the_files(data: Path) -> None:
    write_mnist(data)
    train, _ = mnist.load(data)
    assert train.first(30) is train.first(99) is train
    few = train.first(7)
    assert torch.equal(few.images, train.images[:7])
    assert torch.equal(few.labels, train.labels[:7])
    assert list(few.files) == ["train-images-idx3-ubyte[:7]", "train-labels-idx1-ubyte[:7]"]


def test_normalising_equals_the_lessons_transforms_bit_for_bit(
    mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]],
) -> None:
    images = torch.from_numpy(mnist_test[0][:100].copy())
    ours = mnist.Digits(images, torch.zeros(100, dtype=torch.int64), {}).normalised()
    from torchvision import transforms  # takes seconds, so only the process that runs this test imports it

    lesson = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    theirs = torch.stack([lesson(image.numpy()[:, :, None]) for image in images])
    assert ours.shape == (100, 1, 28, 28)
    assert torch.equal(ours, theirs)

"""The environments of the peers and the files of the network."""

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers import environments


@pytest.mark.parametrize("path", sorted(environments.PINS.glob("*.txt")), ids=lambda path: path.stem)
def test_every_package_is_pinned_and_has_a_reason(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        pin, _, reason = line.partition("  # ")
        name, _, version = pin.partition("==")
        assert name, line
        assert version, line
        assert reason, line
        assert "://" not in line
        assert environments.pinned(path.stem)[name.partition("[")[0]] == version


def test_an_environment_is_up_to_date_until_its_pins_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "FOLDER", tmp_path)
    monkeypatch.setattr(environments, "PINS", tmp_path)
    monkeypatch.setattr(environments, "python", lambda _: Path(sys.executable))
    (tmp_path / "some").mkdir()
    (tmp_path / "some.txt").write_text("")
    assert not environments.is_installed("some")
    environments.install("some")  # pip installs nothing
    assert environments.is_installed("some")
    (tmp_path / "some.txt").write_text("no-such-package==0")
    assert not environments.is_installed("some")


def test_the_reason_of_a_failed_installation_is_pips_first_error() -> None:
    output = "WARNING: a\nERROR: no matching version (from versions: none)\nERROR: No matching distribution for a==1\n"
    assert environments.reason(output) == "no matching version (from versions: none)"
    assert environments.reason("") == "pip failed without a reason"


def test_the_networks_files_have_the_weights_of_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    onnxruntime, torch = pytest.importorskip("onnxruntime"), pytest.importorskip("torch")
    monkeypatch.setattr(environments, "MODEL", tmp_path)
    environments.write_model()
    session = onnxruntime.InferenceSession(str(tmp_path / "network.onnx"))
    assert [output.name for output in session.get_outputs()] == ["probabilities"]
    (probabilities,) = session.run(None, {"input": np.zeros((2, 1, 28, 28), np.float32)})
    assert np.allclose(probabilities.sum(axis=1), 1)
    state = torch.load(tmp_path / "mnist_cnn.pth", weights_only=True)
    assert state["classifier.3.weight"].shape == (10, 128)

"""The service under steady load: the short form of `make soak`."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.robustness import soak
from benchmarks.robustness.soak import Soak


@pytest.mark.timing
def test_memory_stays_the_same_and_no_request_fails_under_steady_load(tmp_path: Path) -> None:
    result = soak.measure(5.0)
    assert result.lost <= result.scheduled / 1000  # the machine may pause for a second
    assert result.scheduled > 300
    assert result.growth < soak.MOST_GROWTH
    soak.plot(result, tmp_path / "soak.png")
    with Image.open(tmp_path / "soak.png") as graph:
        assert graph.size == (960, 600)


def test_growth_and_drift_compare_the_end_with_the_beginning() -> None:
    times = np.arange(1.0, 101.0)
    steady = Soak(100, 80, 8000, 0, [5.0] * 20, np.array([times, np.full(100, 120.0)]))
    assert (steady.growth, steady.drift) == (0, 0)
    leaking = Soak(100, 80, 8000, 0, list(np.linspace(5, 10, 20)), np.array([times, 100 + times]))
    assert leaking.growth > 0.5
    assert leaking.drift > 0.5

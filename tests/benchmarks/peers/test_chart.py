"""The chart of the comparison."""

from pathlib import Path

from PIL import Image

from benchmarks.peers import chart, results
from tests.benchmarks.peers.test_results import run


def test_the_chart_is_a_light_image(tmp_path: Path) -> None:
    path = tmp_path / "chart.png"
    chart.draw(results.rows(run().loads), path)
    with Image.open(path) as image:
        assert image.width > 1000
        assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)

"""The plot of a training run's accuracy."""

from PIL import Image

from tests.support.training_runs import Run


def test_the_plot_is_a_png_image_without_metadata(whole_run: Run) -> None:
    with Image.open(whole_run[0] / "accuracy.png") as image:
        image.load()
        assert image.format == "PNG"
        assert image.size == (1050, 600)
        assert not image.info.get("Software")

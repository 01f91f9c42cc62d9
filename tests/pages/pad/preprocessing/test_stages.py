"""The stages of preprocessing below the pad."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests.support.visitor import SEVEN, Visitor


@pytest.mark.parametrize(
    ("pen", "caption"),
    [
        (4, r"Scaled × 0\.03\d?, thin lines thickened: now 1\d × 20\spx"),
        (80, r"Scaled × 0\.036: now 1\d × 20\spx"),
        (200, r"Scaled × 0\.03\d?, thick lines thinned: now 1\d × 20\spx"),
    ],
)
def test_changes_to_the_lines_of_an_image_are_mentioned(
    visitor: Visitor, tmp_path: Path, pen: int, caption: str
) -> None:
    path = tmp_path / "seven.png"
    image = Image.new("L", (900, 900), 255)
    draw = ImageDraw.Draw(image)
    draw.line([(250, 200), (650, 200), (400, 700)], 0, pen, joint="curve")
    image.save(path)
    visitor.find("#file").set_input_files(path)
    expect(visitor.find("#stages")).to_contain_text(re.compile(caption))
    expect(visitor.find("#digit")).to_have_text("7")


def test_the_stages_describe_each_step_with_numbers(visitor: Visitor) -> None:
    visitor.clear().draw([(60, 60), (60, 120)])
    assert "280 × 280 px" in visitor.text('[data-stage="grey"]')
    assert "Ink: 26 × 86 px" in visitor.text('[data-stage="box"]')
    assert re.search(r"Lines scaled × 0.29, pen 2.8 px: now \d+ × 20 px", visitor.text('[data-stage="fitted"]'))
    assert re.search(
        r"Moved \d+ px \w+( and \d+ px \w+)?: now the centre|already in the middle",
        visitor.text('[data-stage="shifted"]'),
    )
    painted = visitor.pixels('[data-stage="shifted"] canvas')[2::4, 2::4, 0].astype(int)
    rows = painted.sum(axis=1)
    assert (np.arange(28) @ rows) / rows.sum() == pytest.approx(14, abs=0.51)


def test_the_stages_follow_the_pen_and_agree_with_the_service(visitor: Visitor) -> None:
    for prepare in ("mnist", "resize", "none", "uncentred", "own_pen"):
        visitor.clear().choose("prepare", prepare).settle()
        visitor.begin(*SEVEN[0])
        for point in SEVEN[1:]:
            visitor.move(*point)
        visitor.settle()
        assert "stages" not in visitor.feature_map_requests()[-1]["url"], prepare
        following = visitor.text("#stages")
        shifted = visitor.pixels('[data-stage="shifted"] canvas')
        visitor.lift()
        assert "stages=true" in visitor.feature_map_requests()[-1]["url"], prepare
        assert visitor.text("#stages") == following, prepare
        assert np.array_equal(visitor.pixels('[data-stage="shifted"] canvas'), shifted), prepare


def test_warnings_are_shown_beside_their_stage(visitor: Visitor) -> None:
    visitor.clear().draw(SEVEN)
    expect(visitor.find(".warns:not(:empty)")).to_have_count(0)
    visitor.clear().draw([(60, 60), (60, 120)])
    expect(visitor.find('[data-stage="fitted"] .warns')).to_have_text("Small drawing, thick pen: the line was thinned.")
    visitor.choose("prepare", "own_pen").settle()
    assert "pen 26 → 6.0 px" in visitor.text('[data-stage="fitted"]')
    expect(visitor.find('[data-stage="fitted"] .warns')).to_have_text("The line is wider than any line in MNIST.")
    visitor.choose("prepare", "resize").settle()
    expect(visitor.find('[data-stage="fitted"] .warns')).to_have_text("The digit is only 3 × 9 px.")
    assert re.search(r"Not moved: the centre of mass is \d+\.\d px", visitor.text('[data-stage="shifted"]'))
    visitor.choose("prepare", "mnist").clear().draw([(200, 5), (200, 240)])
    expect(visitor.find('[data-stage="box"] .warns')).to_have_text("The ink touches the edge: is a part missing?")

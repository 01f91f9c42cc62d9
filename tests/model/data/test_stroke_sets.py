"""Drawings other than MNIST's: files that are checked before they are trusted, and what is measured on them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli.__main__ import main
from model.data import mnist, placements, stroke_sets
from model.data.placements import GAP, PLACEMENTS, SIDE
from model.data.stroke_sets import DrawingsError
from model.evaluation import human_drawings
from model.inference.classifier import Classifier, Prediction
from model.preprocess.pipeline import PreprocessedDrawing

ONE = [[[0.5, 0.2], [0.5, 0.4], [0.5, 0.8]]]
SEVEN = [[[0.3, 0.3], [0.7, 0.3], [0.45, 0.9]]]
CROSS = [[[0.3, 0.3], [0.7, 0.7]], [[0.7, 0.3], [0.3, 0.7]]]
Drawing = tuple[str, list[list[list[float]]]]


def arrays(*drawn: Drawing, unit: str = "canvas = 1") -> dict[str, Any]:
    points = [point for _, strokes in drawn for stroke in strokes for point in stroke]
    lengths = [sum(len(stroke) for stroke in strokes) for _, strokes in drawn]
    return {
        "points": np.array(points, np.float32),
        "stroke": np.array([i for _, strokes in drawn for i, stroke in enumerate(strokes) for _ in stroke], np.int16),
        "offsets": np.cumsum([0, *lengths]),
        "label": np.array([label for label, _ in drawn]),
        "writer": np.array([f"w{i % 2}" for i in range(len(drawn))]),
        "meta": json.dumps({"source": "these tests", "unit": unit}),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ones and sevens, and crosses; beside them a file that is no collection."""
    place = tmp_path / "drawings"
    place.mkdir()
    np.savez_compressed(place / "mine_digits.npz", **arrays(("1", ONE), ("7", SEVEN), ("1", ONE)))
    np.savez_compressed(place / "mine_signs.npz", **arrays(("x", CROSS), ("plus", CROSS), unit="free"))
    (place / "notes.txt").write_text("no drawings")
    return place


# ---------------------------------------------------------------- the file


def test_a_file_is_read_as_it_was_written(folder: Path) -> None:
    digits, signs = stroke_sets.read_folder(folder)
    assert (digits.name, len(digits), digits.labels, digits.writers) == (
        "mine_digits", 3, ("1", "7", "1"), ("w0", "w1", "w0"),
    )  # fmt: skip
    assert np.allclose(digits.lines(1)[0], SEVEN[0])
    assert [len(line) for line in signs.lines(0)] == [2, 2]
    assert np.allclose(signs.lines(1), CROSS)
    assert [digits.digit(i) for i in range(3)] == [1, 7, 1]
    assert signs.digit(0) is None
    assert digits.placed
    assert not signs.placed


def test_labels_may_be_numbers(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **{**arrays(("1", ONE), ("7", SEVEN)), "label": np.array([1, 7])})
    read = stroke_sets.read(tmp_path / "a.npz")
    assert [read.digit(i) for i in range(2)] == [1, 7]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"points": np.zeros(6)}, "points must be rows of two numbers, not 6 of type float64"),
        ({"points": np.full((6, 2), np.nan)}, "point 0 is not a finite number"),
        ({"points": np.full((6, 2), "a")}, "not 6×2 of type <U1"),
        ({"stroke": np.zeros(5, int)}, "stroke must hold one integer for each of the 6 points"),
        ({"stroke": np.zeros(6)}, "not 6 of type float64"),
        ({"offsets": np.array([0, 3])}, "offsets must hold 3 integers for 2 labels"),
        ({"offsets": np.array([0, 3, 5])}, "offsets must run from 0 to 6, not from 0 to 5"),
        ({"offsets": np.array([1, 3, 6])}, "not from 1 to 6"),
        ({"offsets": np.array([0, 6, 6])}, "drawing 1 has no points"),
        ({"offsets": np.array([0, 7, 6])}, "drawing 1 has no points"),
        ({"label": np.array([["1", "7"]])}, "not 1×2 of type"),
        ({"label": np.array([0.5, 1.5])}, "label must hold one text for each drawing, not 2 of type float64"),
        ({"writer": np.array(["w0"])}, "each of the 2 drawings"),
        ({"meta": "{"}, "meta is not JSON"),
        ({"meta": "[]"}, "meta is not a JSON object"),
        (
            {"points": np.zeros((0, 2)), "stroke": np.zeros(0, int), "offsets": np.array([0]),
             "label": np.array([], str), "writer": np.array([], str)}, "it contains no drawings",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_damaged_file_is_named_with_what_is_wrong_with_it(tmp_path: Path, change: Any, words: str) -> None:
    file = tmp_path / "hurt.npz"
    np.savez(file, **{**arrays(("1", ONE), ("7", SEVEN)), **change})
    with pytest.raises(DrawingsError) as found:
        stroke_sets.read(file)
    assert str(found.value).startswith(f"{file} is damaged: ")
    assert words in str(found.value)


def test_what_is_no_such_file_at_all_is_said(folder: Path, tmp_path: Path) -> None:
    whole = (folder / "mine_digits.npz").read_bytes()
    for name, content in (
        ("cut", whole[: len(whole) // 2]),
        ("flipped", whole[:200] + bytes(byte ^ 255 for byte in whole[200:260]) + whole[260:]),
        ("empty", b""),
        ("text", b"hello"),
    ):
        file = tmp_path / f"{name}.npz"
        file.write_bytes(content)
        with pytest.raises(DrawingsError, match=rf"{name}\.npz is damaged or not an .npz file"):
            stroke_sets.read(file)
    np.savez(tmp_path / "pickled.npz", **{**arrays(("1", ONE)), "label": np.array(["1"], object)})
    with pytest.raises(DrawingsError, match="is damaged or not"):
        stroke_sets.read(tmp_path / "pickled.npz")  # nothing is unpickled
    np.savez(tmp_path / "other.npz", img=np.zeros((3, 28, 28)), y=np.zeros(3))
    with pytest.raises(DrawingsError, match="points, stroke, offsets, label, writer, meta missing"):
        stroke_sets.read(tmp_path / "other.npz")
    with (tmp_path / "alone.npz").open("wb") as alone:
        np.save(alone, np.zeros(3))
    with pytest.raises(DrawingsError, match=r"alone.npz is damaged or not"):
        stroke_sets.read(tmp_path / "alone.npz")
    with pytest.raises(DrawingsError, match="There is no file"):
        stroke_sets.read(tmp_path / "gone.npz")


# ---------------------------------------------------------------- placements


@pytest.mark.parametrize("has_place", [True, False])
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_a_placed_drawing_is_on_the_canvas_whole_and_in_its_own_proportions(placement: str, has_place: bool) -> None:
    lines = [np.array(stroke) for stroke in CROSS]
    for index in range(40):
        strokes = placements.placed(lines, placement, index, has_place)
        assert strokes.pen is not None
        points = np.concatenate([np.array(line) for line in strokes.lines])
        reach = strokes.pen / 2
        assert points.min() - reach >= GAP - 1e-9
        assert points.max() + reach <= SIDE - GAP + 1e-9
        width, height = np.ptp(points, axis=0)
        assert width == pytest.approx(height)
        assert strokes.lines == placements.placed(lines, placement, index, has_place).lines


def test_each_placement_is_what_its_name_says() -> None:
    lines = [np.array(stroke) for stroke in SEVEN]

    def corners(placement: str, index: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        points = np.array(placements.placed(lines, placement, index, True).lines[0])
        return points.min(axis=0), points.max(axis=0)

    low, high = corners("natural", 0)
    assert np.allclose((low, high), ((0.3 * SIDE, 0.3 * SIDE), (0.7 * SIDE, 0.9 * SIDE)))
    longest, near = [], set()
    for index in range(60):
        low, high = corners("random size and place", index)
        longest.append(float(max(high - low)))
        low, high = corners("small in a corner", index)
        assert max(high - low) == pytest.approx(0.22 * SIDE)
        near.add(tuple(((low + high) / 2 > SIDE / 2).tolist()))
    assert min(longest) < 0.3 * SIDE < 0.75 * SIDE < max(longest)
    assert len(near) == 4


def test_a_drawing_larger_than_the_canvas_is_made_to_fit_and_a_dot_stays_a_dot() -> None:
    large = placements.placed([np.array([[-3.0, 0.0], [4.0, 2.0]])], "natural", 0, True)
    assert np.ptp(np.array(large.lines[0]), axis=0)[0] == pytest.approx(SIDE - placements.PEN - 2 * GAP)
    for placement in PLACEMENTS:
        dot = placements.placed([np.array([[0.5, 0.5]])], placement, 0, False)
        canvas = placements.painted(dot)
        assert canvas.shape == (SIDE, SIDE)
        assert canvas.max() == 255
        assert dot.pen is not None
        assert canvas.sum() / 255 == pytest.approx(np.pi * dot.pen**2 / 4, rel=0.03)


# ---------------------------------------------------------------- what is measured


class Pretender:
    """Says 1 of everything, surer of one stroke than of two; knows how familiar a drawing is, if told to."""

    def __init__(self, *, knows: bool) -> None:
        self.knows = knows
        self.seen: list[PreprocessedDrawing] = []

    def predict(self, drawn: Sequence[PreprocessedDrawing]) -> list[Prediction]:
        self.seen += drawn
        return [self.answer(drawing) for drawing in drawn]

    def answer(self, drawing: PreprocessedDrawing) -> Prediction:
        ink = int((drawing.image > 0).sum())
        sure = 0.95 if ink < 100 else 0.8
        probabilities = np.full(10, (1 - sure) / 9, np.float32)
        probabilities[1] = sure
        if not self.knows:
            return Prediction(1, sure, probabilities, "digit", (), None, "pretender")
        familiar = ink < 100
        return Prediction(
            1, sure, probabilities, "digit" if familiar else "not_a_digit", (), 0.7 if familiar else 0.001, "pretender"
        )


def test_digits_are_measured_at_every_placement_in_both_ways_and_others_as_they_were_drawn(folder: Path) -> None:
    reader = Pretender(knows=False)
    said: list[str] = []
    found = human_drawings.measure_drawings(reader, stroke_sets.read_folder(folder), said.append)
    assert [(row.placement, row.way) for row in found.digits] == [
        (placement, way) for way in human_drawings.WAYS for placement in PLACEMENTS
    ]
    assert {drawing.source for drawing in reader.seen} == {"strokes", "image"}
    assert len(reader.seen) == 2 * (3 * 3 + 2)
    first = found.digits[0]
    assert (first.file, first.drawings, first.writers) == ("mine_digits", 3, 2)
    assert first.accuracy == pytest.approx(2 / 3)
    assert first.calibration_error == pytest.approx(abs(0.95 - 2 / 3), abs=1e-6)
    assert first.sure_and_wrong == pytest.approx(1 / 3)
    assert (first.refused, first.unsure) == (0, 0)
    assert [row.way for row in found.others] == ["strokes", "picture"]
    other = found.others[0]
    assert (other.file, other.drawings, other.compared_with) == ("mine_signs", 2, ("mine_digits",))
    assert (other.sure, other.refused) == (0, 0)  # it was not sure enough of a cross
    assert other.auroc_confidence == 1
    assert other.auroc_familiarity is None
    assert said[0] == "mine_digits, natural, as strokes: 0 of 3 drawings"


def test_where_familiarity_is_known_it_is_measured_too(folder: Path) -> None:
    found = human_drawings.measure_drawings(Pretender(knows=True), stroke_sets.read_folder(folder))
    other = found.others[0]
    assert (other.sure, other.refused, other.auroc_familiarity) == (0, 1, 1)
    assert found.digits[0].refused == 0


def test_without_digits_there_is_nothing_to_compare_with(folder: Path) -> None:
    (folder / "mine_digits.npz").unlink()
    found = human_drawings.measure_drawings(Pretender(knows=True), stroke_sets.read_folder(folder))
    assert found.digits == ()
    assert found.others[0].compared_with == ()
    assert found.others[0].auroc_confidence is found.others[0].auroc_familiarity is None


def test_others_are_compared_with_the_digits_of_their_own_source(folder: Path) -> None:
    np.savez(folder / "theirs_digits.npz", **arrays(("1", ONE)))
    np.savez(folder / "third_signs.npz", **arrays(("x", CROSS)))
    found = human_drawings.measure_drawings(Pretender(knows=True), stroke_sets.read_folder(folder))
    compared = {row.file: row.compared_with for row in found.others}
    assert compared == {"mine_signs": ("mine_digits",), "third_signs": ("mine_digits", "theirs_digits")}


def test_the_shipped_weights_read_a_plain_one_and_a_plain_seven_wherever_they_are(folder: Path) -> None:
    found = human_drawings.measure_drawings(Classifier.load(engine="onnx"), stroke_sets.read_folder(folder))
    assert all(row.accuracy == 1 for row in found.digits if row.placement == "natural")


# ---------------------------------------------------------------- the command


@pytest.fixture
def little(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = mnist.load(data_dir)[1].first(50)
    monkeypatch.setattr(mnist, "load", lambda data=None, device="cpu": (few, few))


@pytest.mark.usefixtures("little")
def test_the_command_measures_a_folder_of_drawings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--device", "cpu", "--drawings", str(folder), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)["drawings"]
    assert [len(report["digits"]), len(report["others"])] == [6, 2]
    assert list(report["digits"][0]) == [
        "file", "drawings", "writers", "placement", "way", "accuracy", "calibration_error", "sure_and_wrong",
        "refused", "unsure",
    ]  # fmt: skip
    assert list(report["others"][0]) == [
        "file", "drawings", "writers", "way", "sure", "refused", "unsure", "confidence", "compared_with",
        "auroc_confidence", "auroc_familiarity",
    ]  # fmt: skip
    assert main(["evaluate", "--device", "cpu", "--drawings", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    for row in report["digits"]:
        assert any(f"{row['placement']:<21}  {row['way']:<7}" in line for line in lines)
    assert sum("mine_signs" in line for line in lines) == 2


@pytest.mark.usefixtures("little")
def test_the_command_names_a_damaged_file_before_it_measures_anything(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "hurt.npz").write_bytes((folder / "mine_signs.npz").read_bytes()[:300])
    assert main(["evaluate", "--device", "cpu", "--drawings", str(folder)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == f"inkling: {folder / 'hurt.npz'} is damaged or not an .npz file.\n"
    (tmp_path / "bare").mkdir()
    for place, words in (("bare", "There is no .npz file in"), ("nowhere", "There is no folder")):
        assert main(["evaluate", "--drawings", str(tmp_path / place)]) == 1
        assert words in capsys.readouterr().err

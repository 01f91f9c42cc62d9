"""Classes of several sizes: the table and the sentence about the first one that is not served in time."""

from math import nan

from benchmarks.classes import growing_class
from benchmarks.classes.classroom import ClassResult


def result(students: int, *, refused: int = 0, lost: int = 0, p99: float = 5.0, late: float = 0.1) -> ClassResult:
    return ClassResult(
        students=students,
        scheduled=students * 100,
        lost=lost,
        refused=refused,
        service_p99_ms=4.0,
        refusal_p99_ms=12.0 if refused else nan,
        p50_ms=1.0,
        p99_ms=p99,
        max_ms=p99 + 1,
        typical_p99_ms=p99,
        scheduled_rate=students * 30.0,
        achieved_rate=students * 30.0,
        cpu_us=400.0,
        generator_late_ms=late,
    )


def test_the_table_has_a_row_per_class_and_separates_refused_frames_from_lost_ones() -> None:
    lines = growing_class.table([result(30), result(60, refused=600, lost=900)])
    assert [line.split() for line in lines[1:]] == [
        ["30", "900", "100.0%", "0.0%", "0.0%", "1.0", "5.0", "4.0", "–", "0.1"],
        ["60", "1,800", "85.0%", "10.0%", "5.0%", "1.0", "5.0", "4.0", "12.0", "0.1"],
    ]
    assert len({len(line) for line in lines}) == 1


def test_the_conclusion_is_about_the_first_class_that_is_not_served_in_time() -> None:
    assert growing_class.conclusion([result(30), result(60)]).startswith("Up to 60 students")
    late = growing_class.conclusion([result(30), result(60, p99=20.0), result(120, lost=50)])
    assert late.startswith("At 60 students")
    assert "20.0 ms after the scheduled time and 4.0 ms after a request was sent" in late
    assert "generator" not in late
    refusing = growing_class.conclusion([result(30, refused=300, lost=300, late=9.0)])
    assert "10.0% of the frames are refused" in refusing
    assert "0.0% are lost" in refusing
    assert "9 ms late" in refusing

"""How much the benchmark measures: everything, or only a little, to see that it runs."""

from dataclasses import dataclass

from benchmarks import while_training
from benchmarks.classes import classroom, growing_class
from benchmarks.pages import lighthouse


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: the numbers of rounds, clients and images, and the lengths of rounds in seconds."""

    rounds: int
    seconds: float
    class_students: int
    class_seconds: float
    class_sizes: tuple[int, ...]
    probe_seconds: float
    starts: int
    lesson_rounds: int
    lesson_seconds: float
    overload_connections: int
    overload_seconds: float
    lesson_connections: int
    lab_rounds: int
    seeds: int  # number of training runs
    images: int | None  # number of training images; None for all
    inputs: tuple[str, ...] | None = None  # names of the expensive inputs; None for all
    input_rounds: int = 12
    while_training_seconds: float = while_training.SECONDS
    pages: tuple[str, ...] = lighthouse.PAGES


FULL = Effort(
    rounds=15,
    seconds=0.25,
    class_students=classroom.STUDENTS,
    class_seconds=classroom.SECONDS,
    class_sizes=growing_class.SIZES,
    probe_seconds=4.0,
    starts=9,
    lesson_rounds=5,
    lesson_seconds=2.0,
    overload_connections=800,
    overload_seconds=10.0,
    lesson_connections=8,
    lab_rounds=200,
    seeds=3,
    images=None,
)
QUICK = Effort(
    rounds=1,
    seconds=0.02,
    class_students=5,
    class_seconds=0.5,
    class_sizes=(2, 4),
    probe_seconds=0.2,
    starts=1,
    lesson_rounds=1,
    lesson_seconds=0.1,
    overload_connections=100,
    overload_seconds=1.0,
    lesson_connections=1,
    lab_rounds=3,
    seeds=1,
    images=640,
    inputs=("strokes: 1,000 strokes, none", "pixels: one row, mnist"),
    input_rounds=2,
    while_training_seconds=0.5,
    pages=("/glossary",),
)

"""Simulates a class: 30 students draw, and each student's page requests the feature maps 30 times per second.

The requests are those that the page sends while the pen moves. They contain the strokes drawn so far and ask for the
layers that the page cannot compute itself, as uint8. Each student draws one digit after another. A digit takes two
seconds and grows with every request, so no two requests are equal. The load generator runs in a process of its own, on
the same cores as the service.
"""

import json
from dataclasses import dataclass
from math import nan

import numpy as np
from safetensors.numpy import load as load_safetensors

from benchmarks import drawings, open_loop
from benchmarks.client import LoadError, Request, fetch
from benchmarks.servers import Server
from model.layers import LAYERS

STUDENTS = 30
RATE = 30  # requests per second of each student
WARM_UP = 15  # requests of each student that are not counted
SECONDS = 20.0
TARGET_MS, TARGET_LOST = 16.0, 0.0  # 16 ms is one frame at 60 frames per second

LAYER_NAMES = ("input", "conv1", "conv2", "dense1", "logits")
TARGET = f"/feature-maps?prepare=mnist&layers={','.join(LAYER_NAMES)}&dtype=uint8"
ACCEPT = "application/vnd.safetensors"
PEN = 26  # the page's default pen width, in pad units
FRAMES = 60  # requests for one digit, which takes two seconds to draw
POINTS = 2 * FRAMES  # points of one digit; a mouse sends 60 points per second
# The headers that Chromium sends besides Host, Accept, Content-Type and Content-Length. Without these headers, requests
# would be cheaper to parse than those of a real page.
HEADERS = (
    ("Connection", "keep-alive"),
    ("sec-ch-ua-platform", '"Linux"'),
    (
        "User-Agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    ),
    ("sec-ch-ua", '"Not:A-Brand";v="8", "Chromium";v="156"'),
    ("sec-ch-ua-mobile", "?0"),
    ("Origin", "http://127.0.0.1:8000"),
    ("Sec-Fetch-Site", "same-origin"),
    ("Sec-Fetch-Mode", "cors"),
    ("Sec-Fetch-Dest", "empty"),
    ("Referer", "http://127.0.0.1:8000/"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Accept-Language", "en-GB,en;q=0.9"),
)


@dataclass(frozen=True, slots=True)
class ClassResult:
    """The result of a run. Latencies are in ms and count from the scheduled time; rates are requests per second.

    Lost requests have no latency. `refused` of them were answered with status 503. `service_p99_ms` and
    `refusal_p99_ms` count from the moment when a request was sent, for the answered and for the refused ones (nan if
    none was refused): a connection that still waits for a response sends its next request late, which is no delay of
    the service. `typical_p99_ms` is the median of the 99th percentiles of all seconds of the run; a
    single pause of the machine hardly changes it. `cpu_us` is the server's processor time in µs per answered request.
    `generator_late_ms` is the 99th percentile of the load generator's own delay, which is part of every latency.
    """

    students: int
    scheduled: int
    lost: int
    refused: int
    service_p99_ms: float
    refusal_p99_ms: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    typical_p99_ms: float
    scheduled_rate: float
    achieved_rate: float
    cpu_us: float
    generator_late_ms: float


def requests(students: int, frames: int) -> list[list[Request]]:
    """`frames` requests for each student. The requests show a digit that grows, then the next digit."""
    return [_student(number, frames) for number in range(students)]


def _student(number: int, frames: int) -> list[Request]:
    bodies: list[bytes] = []
    digits = -(-frames // FRAMES)
    for _, strokes in drawings.drawings(digits, seed=1000 + number, points=POINTS, first_digit=number):
        total = sum(map(len, strokes))
        bodies += [body(grown(strokes, total * frame // FRAMES)) for frame in range(1, FRAMES + 1)]
    return [Request("POST", TARGET, content, accept=ACCEPT, headers=HEADERS) for content in bodies[:frames]]


def grown(strokes: list[drawings.Stroke], points: int) -> list[drawings.Stroke]:
    """The first `points` points of a drawing. Strokes without points are left out."""
    begun = []
    for stroke in strokes:
        if points > 0:
            begun.append(stroke[:points])
        points -= len(stroke)
    return begun


def body(strokes: list[drawings.Stroke]) -> bytes:
    """The request body that the page sends: coordinates are rounded to quarters of a pad unit."""
    points = [[[_on_grid(x), _on_grid(y)] for x, y in stroke] for stroke in strokes]
    return json.dumps(
        {"strokes": points, "pen": PEN, "canvas": [drawings.PAD, drawings.PAD]}, separators=(",", ":")
    ).encode()


def _on_grid(value: float) -> float:
    rounded = round(4 * value) / 4
    return int(rounded) if rounded == int(rounded) else rounded  # JavaScript writes 3.0 as 3


def verify(port: int) -> None:
    """Check the response to a finished digit. Raises LoadError unless it is the right digit and has all requested
    layers as uint8."""
    content = fetch(port, requests(1, FRAMES)[0][-1])
    try:
        tensors = load_safetensors(content)
    except Exception as error:
        raise LoadError(f"{TARGET}: the response is not safetensors: {error!r}") from error
    shapes = {name: (values.shape, values.dtype) for name, values in tensors.items()}
    expected = {layer.name: (layer.shape, np.dtype(np.uint8)) for layer in LAYERS if layer.name in LAYER_NAMES}
    if shapes != expected or int(tensors["logits"].argmax()) != 0:
        raise LoadError(f"{TARGET}: the response is not the expected one: {shapes}")


def measure(server: Server, students: int, seconds: float) -> ClassResult:
    """Measure the service while `students` students draw for `seconds` seconds.

    Raises LoadError if a connection is refused or no request is answered.
    """
    frames = max(1, round(RATE * seconds))
    planned = requests(students, WARM_UP + frames)
    try:
        open_loop.run(server.port, [sequence[:WARM_UP] for sequence in planned], 1 / RATE)
        before = server.cpu_seconds
        outcome = open_loop.run(server.port, [sequence[WARM_UP:] for sequence in planned], 1 / RATE)
    except OSError as error:
        raise LoadError(f"the server refused a connection: {error}") from error
    cpu = server.cpu_seconds - before
    if not outcome.answered:
        raise LoadError("the server answered none of the requests of the class")
    times, latencies, since_sent = np.array(outcome.answered).T
    p50, p99, most = np.percentile(latencies, (50, 99, 100)) * 1e3
    each_second = [np.percentile(latencies[times.astype(int) == i], 99) for i in set(times.astype(int).tolist())]
    return ClassResult(
        students=students,
        scheduled=outcome.scheduled,
        lost=outcome.lost,
        refused=len(outcome.refused),
        service_p99_ms=float(np.percentile(since_sent, 99)) * 1e3,
        refusal_p99_ms=float(np.percentile([each.since_sent for each in outcome.refused], 99)) * 1e3
        if outcome.refused
        else nan,
        p50_ms=float(p50),
        p99_ms=float(p99),
        max_ms=float(most),
        typical_p99_ms=float(np.median(each_second)) * 1e3,
        scheduled_rate=float(students * RATE),
        achieved_rate=outcome.rate,
        cpu_us=cpu / len(latencies) * 1e6,
        generator_late_ms=float(np.percentile(outcome.lateness, 99)) * 1e3,
    )

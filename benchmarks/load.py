"""The cases under load, and the rounds that measure them.

A machine that others use too is fast one second and slow the next. So a round is short, every round takes all cases
in turn, each case is set against the yardstick of its own round, and what is reported is the median over the rounds.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from safetensors.numpy import load as load_safetensors

from benchmarks import drawings
from benchmarks.client import LoadError, Measured, Request, fetch, measure
from benchmarks.servers import Server
from model.layers import LAYERS

CONNECTIONS = (1, 8, 64)
SAFETENSORS = "application/vnd.safetensors"
# Different drawings, so that nothing is measured that remembers its last answer.
DRAWN = list(drawings.drawings(40))
Check = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of request, and a check that looks at one whole answer to the first of its requests."""

    name: str
    requests: Sequence[Request]
    check: Check


@dataclass(frozen=True, slots=True)
class Row:
    """One case at one number of connections.

    `ratio` is to the yardstick, `rates` are those of the rounds, `cpu` the seconds of processor time that a request
    cost the server: that hardly depends on what else the machine does, and not at all on the client.
    """

    name: str
    connections: int
    rate: float
    p50: float
    p99: float
    cpu: float
    ratio: float
    rates: list[float]


def yardstick() -> Case:
    """The route that does nothing."""
    return Case("empty route", [Request("GET", "/")], _is_empty)


def cases() -> list[Case]:
    """The service's own cases, in the order in which they are reported."""
    canvases = [drawings.as_canvas(strokes) for _, strokes in DRAWN]
    return [
        Case("/predict strokes", _strokes("/predict"), _is_prediction),
        Case("/predict PNG 28×28", thumbnails("/predict"), _is_prediction),
        Case(
            "/predict PNG 280×280",
            [Request("POST", "/predict", body, "image/png") for body in canvases],
            _is_prediction,
        ),
        Case("/feature-maps JSON", _strokes("/feature-maps"), _is_maps_in_json),
        Case("/feature-maps float32", _strokes("/feature-maps?dtype=float32", SAFETENSORS), _is_maps(np.float32)),
        Case("/feature-maps uint8", _strokes("/feature-maps?dtype=uint8", SAFETENSORS), _is_maps(np.uint8)),
    ]


def _strokes(target: str, accept: str = "application/json") -> list[Request]:
    return [Request("POST", target, drawings.as_strokes(strokes), accept=accept) for _, strokes in DRAWN]


def thumbnails(target: str, accept: str = "application/json") -> list[Request]:
    """The drawings as PNGs of 28 × 28."""
    bodies = [drawings.as_thumbnail(strokes) for _, strokes in DRAWN]
    return [Request("POST", target, body, "image/png", accept) for body in bodies]


def verify(port: int, case: Case) -> None:
    """Look at one whole answer of a case before it is measured. Raises LoadError unless it is what it should be."""
    body = fetch(port, case.requests[0])
    try:
        case.check(body)
    except (AssertionError, ValueError, KeyError, TypeError) as error:
        raise LoadError(f"{case.name}: the answer is not as it should be: {error!r}; {body[:200]!r}") from error


def _is_empty(body: bytes) -> None:
    assert body == b"{}"


def _is_prediction(body: bytes) -> None:
    _check_prediction(json.loads(body))


def _check_prediction(prediction: dict[str, object]) -> None:
    probabilities = prediction["probabilities"]
    assert isinstance(probabilities, list)
    assert len(probabilities) == 10
    assert abs(sum(probabilities) - 1) < 1e-3
    assert prediction["digit"] == DRAWN[0][0], f"the drawn {DRAWN[0][0]} is read as {prediction['digit']}"


def _is_maps_in_json(body: bytes) -> None:
    answer = json.loads(body)
    _check_prediction(answer["prediction"])
    shapes = [(layer["name"], np.shape(layer["values"])) for layer in answer["layers"]]
    assert shapes == [(layer.name, layer.shape) for layer in LAYERS], shapes


def _is_maps(dtype: type[np.generic]) -> Check:
    def check(body: bytes) -> None:
        tensors = load_safetensors(body)
        assert {name: values.shape for name, values in tensors.items()} == {layer.name: layer.shape for layer in LAYERS}
        assert all(values.dtype == dtype for values in tensors.values())
        probabilities = tensors["probabilities"]
        assert int(probabilities.argmax()) == DRAWN[0][0]

    return check


def rounds(
    pairs: Sequence[tuple[Server, Case]], connections: int, count: int, seconds: float, progress: Callable[[], None]
) -> list[Row]:
    """Measure cases, each at its server, in `count` rounds of `seconds` a case; the first is the yardstick."""
    measured: list[list[Measured]] = [[] for _ in pairs]
    cpu = [0.0 for _ in pairs]
    for server, case in pairs:
        measure(server.port, case.requests, connections, seconds / 4)  # warm
    for turn in range(count):
        # Each round begins with another case: none is always the one that comes after the heaviest.
        for i in (*range(turn % len(pairs), len(pairs)), *range(turn % len(pairs))):
            server, case = pairs[i]
            before = server.cpu_seconds
            measured[i].append(measure(server.port, case.requests, connections, seconds))
            cpu[i] += server.cpu_seconds - before
            progress()
    return [
        _row(case.name, connections, results, spent, measured[0])
        for (_, case), results, spent in zip(pairs, measured, cpu, strict=True)
    ]


def _row(name: str, connections: int, results: Sequence[Measured], cpu: float, yard: Sequence[Measured]) -> Row:
    latencies = np.concatenate([result.latencies for result in results])
    p50, p99 = np.percentile(latencies, (50, 99))
    rates = [result.rate for result in results]
    ratio = median(own.rate / other.rate for own, other in zip(results, yard, strict=True))
    return Row(name, connections, median(rates), float(p50), float(p99), cpu / len(latencies), ratio, rates)

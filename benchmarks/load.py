"""The kinds of requests whose rates are measured, and the rounds that measure them.

The speed of a shared machine changes from second to second. So each round is short and measures all cases in turn. A
case is compared with the baselines of the same round, and the reported figures are medians over the rounds.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from statistics import median

import numpy as np
from safetensors.numpy import load as load_safetensors

from benchmarks import drawings, open_loop
from benchmarks.client import LoadError, Measured, Request, fetch, measure
from benchmarks.servers import Server
from model.layers import LAYERS

CONNECTIONS = (1, 8, 64)
SAFETENSORS = "application/vnd.safetensors"
# The drawings differ, so that caching the last response would not make the service faster.
DRAWN = list(drawings.drawings(40))
PNG = "/predict PNG 28×28"
VARIED = f"{PNG}, varied headers"
SPLIT = f"{PNG}, two sends"
CANVAS = "/predict PNG 280×280"
FEW_CONNECTIONS = (1, 8)  # for the comparison of weights
SLOWDOWN = 1.2  # target: the longest time that an answer with other weights may take, relative to the default weights
PROBE_INTERVAL = 0.01  # seconds between two requests to /livez
Check = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of request. `check` examines the body of the response to the first request.

    `plain` is the name of the plain route's case with which this case is compared.
    """

    name: str
    requests: Sequence[Request]
    check: Check
    plain: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """The result of one case at one number of connections.

    `rates` are the requests per second of each round, and `rate` is their median. `p50` and `p99` are latencies in
    seconds. `cpu` is the server's processor time per request in seconds; it hardly depends on the client or on other
    processes. `ratio` is the rate divided by that of the empty route, `plain_ratio` the rate divided by that of the
    plain route. `plain_cpu_ratio` is the plain route's processor time per request divided by this case's; it is more
    than 1 if this case needs less time.
    """

    name: str
    connections: int
    rate: float
    p50: float
    p99: float
    cpu: float
    ratio: float
    plain_ratio: float | None
    plain_cpu_ratio: float | None
    rates: list[float]


@dataclass(frozen=True, slots=True)
class Probe:
    """Latencies of /livez in ms while other connections send images. They show how long images block the event loop.

    `connections` is the number of the other connections, `rate` their images per second. `lost` counts the requests to
    /livez without a good response.
    """

    connections: int
    rate: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    lost: int


def empty_case() -> Case:
    """The case of the route that does nothing."""
    return Case("empty route", [Request("GET", "/")], _is_empty)


def plain_cases() -> list[Case]:
    """The cases of the plain route. The service's cases refer to these by name."""
    png = thumbnails("/predict")
    return [
        Case(f"plain {PNG}", png, _is_prediction),
        Case(f"plain {VARIED}", [replace(request, vary=True) for request in png], _is_prediction),
        Case(f"plain {SPLIT}", [replace(request, split=True) for request in png], _is_prediction),
        Case("plain /feature-maps PNG", thumbnails("/feature-maps", SAFETENSORS), _is_maps(np.float32)),
    ]


def cases() -> list[Case]:
    """The cases of the service, in the order in which they are reported."""
    png = thumbnails("/predict")
    varied = [replace(request, vary=True) for request in png]
    split = [replace(request, split=True) for request in png]
    maps = "plain /feature-maps PNG"
    float32, uint8 = (_strokes(f"/feature-maps?dtype={dtype}", SAFETENSORS) for dtype in ("float32", "uint8"))
    return [
        Case("/predict strokes", _strokes("/predict"), _is_prediction, f"plain {PNG}"),
        Case(PNG, png, _is_prediction, f"plain {PNG}"),
        Case(VARIED, varied, _is_prediction, f"plain {VARIED}"),
        Case(SPLIT, split, _is_prediction, f"plain {SPLIT}"),
        Case(f"{PNG}, prepare=none", prepared("/predict?prepare=none"), _is_prediction, f"plain {PNG}"),
        Case(CANVAS, canvases(), _is_prediction),
        Case("/feature-maps JSON", _strokes("/feature-maps"), _is_maps_in_json),
        Case("/feature-maps float32", float32, _is_maps(np.float32), maps),
        Case("/feature-maps uint8", uint8, _is_maps(np.uint8), maps),
    ]


def _strokes(target: str, accept: str = "application/json") -> list[Request]:
    return [Request("POST", target, drawings.as_strokes(strokes), accept=accept) for _, strokes in DRAWN]


def thumbnails(target: str, accept: str = "application/json") -> list[Request]:
    """Requests that send the drawings as PNGs of 28×28 pixels."""
    bodies = [drawings.as_thumbnail(strokes) for _, strokes in DRAWN]
    return [Request("POST", target, body, "image/png", accept) for body in bodies]


def prepared(target: str) -> list[Request]:
    """Requests that send the drawings as PNGs of 28×28 pixels in which the ink is placed like MNIST's."""
    return [Request("POST", target, drawings.as_prepared(strokes), "image/png") for _, strokes in DRAWN]


def canvases() -> list[Request]:
    """Requests that send the drawings as PNGs of 280×280 pixels."""
    return [Request("POST", "/predict", drawings.as_canvas(strokes), "image/png") for _, strokes in DRAWN]


def verify(port: int, case: Case) -> None:
    """Check the response to the first request of a case. Raises LoadError if the response is wrong."""
    body = fetch(port, case.requests[0])
    try:
        case.check(body)
    except (AssertionError, ValueError, KeyError, TypeError) as error:
        raise LoadError(f"{case.name}: the response is wrong: {error!r}; {body[:200]!r}") from error


def _is_empty(body: bytes) -> None:
    assert body == b"{}"


def _is_prediction(body: bytes) -> None:
    _check_prediction(json.loads(body))


def _check_prediction(prediction: dict[str, object]) -> None:
    probabilities = prediction["probabilities"]
    assert isinstance(probabilities, list)
    assert len(probabilities) == 10
    assert abs(sum(probabilities) - 1) < 1e-3
    assert prediction["digit"] == DRAWN[0][0], f"the drawing of a {DRAWN[0][0]} is read as {prediction['digit']}"


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
        assert int(tensors["probabilities"].argmax()) == DRAWN[0][0]

    return check


def rounds(
    pairs: Sequence[tuple[Server, Case]], connections: int, count: int, seconds: float, progress: Callable[[], None]
) -> list[Row]:
    """Measure each case with its server, in `count` rounds of `seconds` per case. The first case is the baseline.

    Calls `progress` after each measurement.
    """
    measured: list[list[Measured]] = [[] for _ in pairs]
    cpu = [0.0 for _ in pairs]
    for server, case in pairs:
        measure(server.port, case.requests, connections, seconds / 4)  # warm up
    for turn in range(count):
        # Each round begins with another case, so that no case always comes directly after the heaviest one.
        for i in (*range(turn % len(pairs), len(pairs)), *range(turn % len(pairs))):
            server, case = pairs[i]
            before = server.cpu_seconds
            measured[i].append(measure(server.port, case.requests, connections, seconds))
            cpu[i] += server.cpu_seconds - before
            progress()
    names = [case.name for _, case in pairs]
    costs = [spent / sum(len(one.latencies) for one in results) for results, spent in zip(measured, cpu, strict=True)]
    rows = []
    for (_, case), results, cost in zip(pairs, measured, costs, strict=True):
        latencies = np.concatenate([one.latencies for one in results])
        p50, p99 = (float(value) for value in np.percentile(latencies, (50, 99)))
        rates = [one.rate for one in results]
        ratio, plain_ratio, plain_cpu_ratio = _ratio(results, measured[0]), None, None
        if case.plain is not None:
            plain = names.index(case.plain)
            plain_ratio, plain_cpu_ratio = _ratio(results, measured[plain]), costs[plain] / cost if cost else None
        row = Row(case.name, connections, median(rates), p50, p99, cost, ratio, plain_ratio, plain_cpu_ratio, rates)
        rows.append(row)
    return rows


def _ratio(results: Sequence[Measured], others: Sequence[Measured]) -> float:
    """The rate of `results` divided by the rate of `others`: the median over the rounds."""
    return median(own.rate / other.rate for own, other in zip(results, others, strict=True))


def probe(server: Server, requests: Sequence[Request], connections: int, seconds: float) -> Probe:
    """Measure the latency of /livez while `connections` other connections send `requests`.

    Raises LoadError if /livez gets no response or a response to `requests` is wrong.
    """
    livez = [Request("GET", "/livez")] * max(1, round(seconds / PROBE_INTERVAL))
    # /livez is requested from a separate process, so that the load generator does not delay these requests.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(abs, 0).result()  # wait until the process has started
        future = pool.submit(open_loop.run, server.port, [livez], PROBE_INTERVAL)
        load = measure(server.port, requests, connections, seconds + open_loop.START)
        outcome = future.result()
    if not outcome.answered:
        raise LoadError("/livez was not answered")
    latencies = [response.latency for response in outcome.answered]
    p50, p99, most = (float(value) for value in np.percentile(latencies, (50, 99, 100)) * 1e3)
    return Probe(connections, load.rate, p50, p99, most, outcome.lost)


@dataclass(frozen=True, slots=True)
class Slowdown:
    """The time per request with `?weights=lesson` divided by that with the default weights, median over the rounds.

    `cpu` is the same ratio for the server's processor time, which hardly depends on other programs on the machine.
    """

    path: str
    connections: int
    time: float
    cpu: float


def slowdowns(server: Server, count: int, seconds: float, progress: Callable[[], None]) -> list[Slowdown]:
    """Compare requests that differ only in the weights, in `count` interleaved rounds. `progress` is as in `rounds`.

    Raises LoadError if a response is wrong.
    """
    found = []
    for path in ("/predict", "/feature-maps"):
        other = f"{path}?weights=lesson"
        cases = [
            Case(path, thumbnails(path), _has_weights("robust")),
            Case(other, thumbnails(other), _has_weights("lesson")),
        ]
        for case in cases:
            verify(server.port, case)
        for connections in FEW_CONNECTIONS:
            default, changed = rounds([(server, case) for case in cases], connections, count, seconds, progress)
            cpu = changed.cpu / default.cpu if default.cpu else 1.0
            found.append(Slowdown(path, connections, 1 / changed.ratio, cpu))
    return found


def _has_weights(name: str) -> Check:
    def check(body: bytes) -> None:
        answer = json.loads(body)
        model: str = answer.get("prediction", answer)["model"]
        assert model.startswith(f"{name}-"), model

    return check

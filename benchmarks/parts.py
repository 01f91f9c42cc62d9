"""The parts of the benchmark. Each part measures, prints a table or a line, and adds its figures to the report."""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from statistics import median

from benchmarks import lab, load, servers, while_training
from benchmarks.classes import classroom, growing_class
from benchmarks.client import LoadError, Request
from benchmarks.effort import Effort
from benchmarks.pages import lighthouse
from benchmarks.report import Progress, Report
from benchmarks.robustness import costs, inputs, overload

_GENERATOR_SECONDS = 10.0  # the longest time for which the load generator is measured alone
READY_S, MEMORY_MB = 1.2, 150.0  # targets: seconds until the service is ready, resident memory in 10⁶ bytes


def measure_class(effort: Effort, report: Report) -> None:
    """Measure the latencies and the lost requests while all students of a class draw at once."""
    students, seconds = effort.class_students, effort.class_seconds
    print(
        f"\nA class of {students} draws, {classroom.RATE} /feature-maps a second each, for {seconds:g} s …", flush=True
    )
    with servers.inkling() as server:
        classroom.verify(server.port)
        result = classroom.measure(server, students, seconds)
    print(f"Latency p50 {result.p50_ms:.1f} ms, p99 {result.p99_ms:.1f} ms, max {result.max_ms:.1f} ms", end="   ")
    print("p99:", report.target("class, p99 ms", result.p99_ms, classroom.TARGET_MS))
    print(f"The p99 of a typical second is {result.typical_p99_ms:.1f} ms")
    print(f"Lost {result.lost} of {result.scheduled:,} frames", end="   ")
    print(report.target("class, lost frames", result.lost, classroom.TARGET_LOST))
    print(f"Answered {result.achieved_rate:.0f} of {result.scheduled_rate:.0f} frames a second;", end=" ")
    print(f"{result.cpu_us:.0f} µs of the server's processor time each")
    print(
        f"Latency counts from the scheduled time. The load generator's own delay is {result.generator_late_ms:.1f} ms"
    )
    report.figures["class"] = asdict(result)


def measure_growing_class(effort: Effort, report: Report) -> None:
    """Measure larger and larger classes, until the service falls behind."""
    growing_class.measure(effort.class_sizes, effort.class_seconds, report)


def measure_load(effort: Effort, report: Report) -> None:
    """Measure requests per second in comparison with the empty route and the plain route.

    Then measure how long large images block the event loop, and the memory of the service.
    """
    with (
        servers.bare("benchmarks.baselines.empty:app") as empty,
        servers.bare("benchmarks.baselines.plain_route:app") as plain,
        servers.inkling() as inkling,
    ):
        pairs = [(empty, load.empty_case())]
        pairs += [(plain, case) for case in load.plain_cases()]
        pairs += [(inkling, case) for case in load.cases()]
        for server, case in pairs:
            load.verify(server.port, case)
        seconds = len(load.CONNECTIONS) * len(pairs) * (effort.rounds + 0.25) * effort.seconds
        print(f"\nRequests a second; {effort.rounds} interleaved rounds of {effort.seconds} s, about {seconds:.0f} s …")
        progress = Progress(len(load.CONNECTIONS) * len(pairs) * effort.rounds)
        rows = []
        for connections in load.CONNECTIONS:
            rows += load.rounds(pairs, connections, effort.rounds, effort.seconds, progress.step)
        progress.clear()
        probe = load.probe(inkling, load.canvases(), load.CONNECTIONS[-1], effort.probe_seconds)
        memory = inkling.megabytes
    print_rows(rows)
    print(f"\n/livez while {probe.connections} connections send PNGs of 280×280 ({probe.rate:,.0f} a second):", end=" ")
    print(f"p50 {probe.p50_ms:.1f} ms, p99 {probe.p99_ms:.1f} ms, max {probe.max_ms:.1f} ms, {probe.lost} lost")
    print(f"Resident memory of the service after that load: {memory:.0f} MB", end="   ")
    print(report.target("resident memory, MB", memory, MEMORY_MB))
    report.figures |= {"load": [asdict(row) for row in rows], "livez": asdict(probe), "memory_mb": memory}


def print_rows(rows: Sequence[load.Row]) -> None:
    """Print a table of medians over the rounds.

    CPU is the server's processor time per request. The last three columns compare a case with a reference at the same
    number of connections: its requests per second with those of the empty route and of the plain route, then its
    processor time with that of the plain route. Processor time hardly depends on other programs on the machine. A
    number above 1 means that the case is better than the reference.
    """
    width = max(len(row.name) for row in rows) + 2
    print(f"\n{'':{width + 50}}{'to empty':>10}{'to plain':>10}{'to plain':>10}")
    print(f"{'':{width}}{'connections':>11}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}", end="")
    print(f"{'rate':>10}{'rate':>10}{'CPU':>10}")
    for row in rows:
        cost = f"{row.p50 * 1e3:>9.2f}{row.p99 * 1e3:>9.2f}{row.cpu * 1e6:>9.0f}"
        ratios = (row.ratio, row.plain_ratio, row.plain_cpu_ratio)
        compared = "".join("" if ratio is None else f"{ratio:>10.2f}" for ratio in ratios)
        print(f"{row.name:{width}}{row.connections:>11}{row.rate:>12,.0f}{cost}{compared}")


def measure_weights(effort: Effort, report: Report) -> None:
    """Compare requests for other weights with requests for the default weights."""
    print("\nThe same requests with the default weights and with ?weights=lesson …", flush=True)
    progress = Progress(4 * len(load.FEW_CONNECTIONS) * effort.rounds)
    with servers.inkling() as server:
        slowdowns = load.slowdowns(server, effort.rounds, effort.seconds, progress.step)
    progress.clear()
    for each in slowdowns:
        name = f"{each.path}, {each.connections} connection{'' if each.connections == 1 else 's'}"
        target = report.target(f"other weights, {name}", each.time, load.SLOWDOWN)
        print(f"{name:28}{each.time:>6.2f} × the time, {each.cpu:.2f} × the CPU time   {target}")
    report.figures["weights"] = [asdict(each) for each in slowdowns]


def measure_overload(effort: Effort, report: Report) -> None:
    """Measure the latencies and the memory at ten times the capacity."""
    connections, seconds = effort.overload_connections, effort.overload_seconds
    print(f"\n{overload.FACTOR} times the capacity, over {connections} connections, for {seconds:g} s …", flush=True)
    with servers.inkling() as server:
        result = overload.measure(server, connections, seconds)
    with servers.fixed() as server:
        generator = overload.measure_generator(server, connections, min(seconds, _GENERATOR_SECONDS), result.rate)
    answered, refused = result.answered, result.refused
    worst = {path: max(latencies, default=float("nan")) for path, latencies in result.probes.items()}
    figures = {
        "p99_ms": overload.quantile(answered, 0.99),
        "livez_ms": worst["/livez"],
        "readyz_ms": worst["/readyz"],
        "memory_mb": result.peak_mb,
        "after_ms": result.after_ms,
    }
    print(f"Capacity {result.capacity:.0f} requests/s; sent {result.rate:.0f}/s:", end=" ")
    print(f"{len(answered) / seconds:.0f}/s answered, {len(refused) / seconds:.0f}/s refused, {result.lost} lost")
    print(f"Refusals took {overload.quantile(refused, 0.5):.0f} ms (p50), {overload.quantile(refused, 0.99):.0f} (p99)")
    for name, value in figures.items():
        print(f"{name}: {value:.1f}   {report.target(f'overload, {name}', value, overload.TARGETS[name])}")
    late, alone = (overload.quantile(values, 0.99) for values in (result.late, generator.answered))
    print(f"The load generator sent requests {late:.0f} ms late (p99).", end=" ")
    print(f"With a server that only sends a fixed response, p99 is {alone:.0f} ms")
    report.figures["overload"] = figures | {
        "capacity": result.capacity,
        "memory_after_mb": result.memory_after_mb,
        "generator_late_ms": late,
        "generator_alone_ms": alone,
    }


def measure_inputs(effort: Effort, report: Report) -> None:
    """Measure for how long the most expensive accepted inputs keep the event loop busy, and how much memory they take.

    Prints those that take more than half of a target, and the worst ones.
    """
    chosen = [each for each in inputs.inputs() if effort.inputs is None or each.name in effort.inputs]
    print(f"\nThe event loop and the memory with each of {len(chosen)} expensive inputs …", flush=True)
    progress = Progress(len(chosen))
    found = []
    for cost in costs.costs(chosen):
        progress.step()
        found.append(cost)
    progress.clear()
    print(f"{'':44}{'status':>8}{'busy, ms':>10}{'memory, MB':>12}{'s':>8}")
    for cost in found:
        if cost.block_ms > costs.BLOCK_MS / 2 or cost.memory_mb > costs.MEMORY_MB / 2:
            print(f"{cost.name:44}{cost.status:>8}{cost.block_ms:>10.1f}{cost.memory_mb:>12.1f}{cost.seconds:>8.3f}")
    block, memory = max(cost.block_ms for cost in found), max(cost.memory_mb for cost in found)
    print(f"The loop was busy for at most {block:.1f} ms", end="   ")
    print(report.target("inputs, busy event loop, ms", block, costs.BLOCK_MS))
    print(f"The memory grew by at most {memory:.1f} MB", end="   ")
    print(report.target("inputs, memory, MB", memory, costs.MEMORY_MB))
    rounds = costs.memory(chosen, effort.input_rounds)
    print(f"Resident memory {rounds[0]:.0f} MB, after {len(chosen) * effort.input_rounds} such inputs", end=" ")
    print(f"{rounds[-1]:.0f} MB", end="   ")
    print(report.target("inputs, memory that stays, MB", rounds[-1] - rounds[0], costs.STAYING_MB))
    report.figures["inputs"] = [cost._asdict() for cost in found]


def measure_start(effort: Effort, report: Report) -> None:
    """Measure the seconds from the start of the service's process to the first response of /readyz with status 200."""
    print(f"\nStart to ready; {effort.starts} starts …")
    progress = Progress(effort.starts)
    seconds, memory = [], []
    for _ in range(effort.starts):
        with servers.inkling() as server:
            seconds.append(server.seconds)
            memory.append(server.megabytes)
        progress.step()
    progress.clear()
    middle = median(seconds)
    print(f"Ready after {middle:.2f} s (from {min(seconds):.2f} to {max(seconds):.2f})", end="   ")
    print(report.target("start to ready, s", middle, READY_S))
    print(f"Resident memory when ready: {median(memory):.0f} MB")
    report.figures |= {"ready_s": seconds, "memory_when_ready_mb": median(memory)}


def measure_lesson(effort: Effort, report: Report) -> None:
    """Compare the rate of all feature maps as uint8 with the rates of the lesson's way of serving them."""
    if find_spec("torch") is None:
        raise LoadError("the lesson's way needs PyTorch; make bench installs it")
    thumbnails = load.thumbnails("/feature-maps")
    bytes_case = load.cases()[-1]
    ours = load.thumbnails("/feature-maps?dtype=uint8", load.SAFETENSORS)
    typed = [Request("POST", "/feature-maps-typed", request.body, "image/png") for request in thumbnails]
    connections, count, seconds = effort.lesson_connections, effort.lesson_rounds, effort.lesson_seconds
    print(f"\nAll feature maps of a 28×28 PNG, {connections} connections; {count} rounds of {seconds} s …")
    with servers.bare("benchmarks.baselines.lesson_way:app") as lesson, servers.inkling() as inkling:
        pairs = [
            (lesson, load.Case("the lesson's way", thumbnails, json.loads)),
            (lesson, load.Case("… with a return type", typed, json.loads)),
            (inkling, load.Case("Inkling, uint8", ours, bytes_case.check)),
        ]
        for server, case in pairs:
            load.verify(server.port, case)
        progress = Progress(len(pairs) * count)
        rows = load.rounds(pairs, connections, count, seconds, progress.step)
        progress.clear()
    for row in rows:
        print(f"{row.name:24}{row.rate:>12,.1f} requests/s{row.ratio:>10.1f} ×")
    report.figures["lesson"] = [asdict(row) for row in rows]


def measure_lab(effort: Effort, report: Report) -> None:
    """Measure a gradient beside a forward pass, and the time for the accuracy of edited weights."""
    print(f"\nThe lab: {effort.lab_rounds} gradients, and the accuracy of edited weights …", flush=True)
    with servers.inkling() as server:
        times = lab.measure(server, effort.lab_rounds)
    ratio = times.gradient / times.forward
    print(f"A forward pass takes {times.forward * 1e6:.0f} µs; a gradient {ratio:.1f} times as long", end="   ")
    print(report.target("lab, gradient in forward passes", ratio, lab.FORWARD_PASSES))
    print(f"The accuracy on 2,000 digits takes {times.accuracy:.2f} s", end="   ")
    print(report.target("lab, accuracy, s", times.accuracy, lab.ACCURACY_SECONDS))
    report.figures["lab"] = asdict(times)


def measure_training(effort: Effort, report: Report) -> None:
    """Measure the lesson's training loop, this project's loop, and the recipe `fast`."""
    from benchmarks import training  # imports PyTorch
    from model.data.mnist import DatasetError
    from model.training.trainer import pick_device

    device = pick_device()
    print(f"\nTraining on {device} with {effort.seeds} seeds …", flush=True)
    try:
        runs = training.measure(effort.seeds, effort.images, device)
    except DatasetError as error:
        raise LoadError(str(error)) from error
    print("\n".join(training.table(runs)))
    for name, share in training.shares(runs).items():
        target = report.target(f"{name}, share of the lesson's CPU time", share, training.TARGETS[name])
        print(f"{name} takes {share:.3f} of the CPU time of the lesson's five epochs   {target}")
    report.figures["training"] = [asdict(run) for same in runs for run in same]


def measure_while_training(effort: Effort, report: Report) -> None:
    """Measure the latencies of /feature-maps before a training run starts and while it trains."""
    from model.data import mnist

    try:
        mnist.fetch()
    except mnist.DatasetError as error:
        raise LoadError(str(error)) from error
    seconds = effort.while_training_seconds
    print(
        f"\n{while_training.RATE} /feature-maps a second, for {seconds:g} s without and with a training run …",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as runs, servers.inkling(INKLING_RUNS=runs) as server:
        classroom.verify(server.port)
        idle = while_training.measure(server, seconds)
        while_training.start_training(server.port)
        busy = while_training.measure(server, seconds)
    for name, found in (("idle", idle), ("training", busy)):
        times = f"p50 {found.p50_ms:.1f} ms, p99 {found.p99_ms:.1f} ms, max {found.max_ms:.1f} ms"
        print(f"{name:10}{times}, lost {found.lost}")
    print("p99:", report.target("/feature-maps while training, p99 ms", busy.p99_ms, while_training.TARGET_MS))
    report.figures["while training"] = {"idle": asdict(idle), "training": asdict(busy)}


def measure_browser(_effort: Effort, report: Report) -> None:
    """Measure the page's response times in a browser."""
    from benchmarks.pages import browser

    print("\nFrom a pointer move to all maps repainted, in a browser …", flush=True)
    browser.main([])
    report.figures["browser"] = "printed by benchmarks.pages.browser"


def measure_lighthouse(effort: Effort, report: Report) -> None:
    """Run Lighthouse on every page, as on a phone with fast 3G."""
    lighthouse.measure_all(effort.pages, report)


PARTS: dict[str, Callable[[Effort, Report], None]] = {
    "class": measure_class,
    "growing-class": measure_growing_class,
    "load": measure_load,
    "weights": measure_weights,
    "overload": measure_overload,
    "inputs": measure_inputs,
    "start": measure_start,
    "lesson": measure_lesson,
    "lab": measure_lab,
    "training": measure_training,
    "while-training": measure_while_training,
    "browser": measure_browser,
    "lighthouse": measure_lighthouse,
}
ONLY_BY_NAME = ("lighthouse",)  # parts that install programs from the internet

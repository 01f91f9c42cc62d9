"""Compare Inkling with other ways to serve the same network, and write benchmarks/RESULTS.md.

    make bench-peers                               everything; the first time, it installs the peers into .peers/
    make bench-peers ARGS="--only gradio"          Inkling and one peer; prints the tables and writes nothing
    make bench-peers ARGS=--quick                  one short round: a trial run with inaccurate figures
    make bench-peers ARGS="--only gradio --add"   adds a round with Inkling and one peer to the last results
    make bench-peers ARGS=--install                installs the peers and measures nothing
    make bench-peers ARGS=--report                 writes the last results again and measures nothing

Each server runs by itself, on 127.0.0.1, and is ended after its turn. The exit status is 1 if Inkling failed; a peer
that fails is listed in the results with the reason.
"""

import argparse
import json
import shlex
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.client import LoadError
from benchmarks.peers import chart, environments, results
from benchmarks.peers.catalogue import BY_KEY, INKLING, PEERS, Peer
from benchmarks.peers.rounds import CONNECTIONS, FULL, QUICK, Run, measure_all
from benchmarks.report import machine_facts

FIGURES = environments.FOLDER / "figures.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Install, measure and report. Returns 0; 1 if Inkling failed; 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="PEER", help=f"{', '.join(BY_KEY)}; default: all")
    parser.add_argument("--quick", action="store_true", help="one short round, to see that it runs")
    parser.add_argument("--rounds", type=int, help=f"default: {FULL.rounds}")
    parser.add_argument("--seconds", type=float, help=f"for each figure; default: {FULL.seconds:g}")
    parser.add_argument("--add", action="store_true", help="add the rounds to the last results")
    parser.add_argument("--install", action="store_true", help="only install the peers")
    parser.add_argument("--report", action="store_true", help="only write the last results again")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write RESULTS.md there; default: benchmarks")
    options = parser.parse_args(arguments)
    if unknown := set(options.only) - set(BY_KEY):
        parser.error(f"unknown peer: {', '.join(sorted(unknown))}; the peers are {', '.join(BY_KEY)}")
    schedule = QUICK if options.quick else FULL
    schedule = replace(schedule, rounds=options.rounds or schedule.rounds, seconds=options.seconds or schedule.seconds)
    peers = [peer for peer in PEERS if not options.only or peer.key in options.only]
    folder = options.out
    if folder is None and (options.add or options.report or not (options.only or options.quick)):
        folder = Path(__file__).parents[1]
    if options.report:
        return last_report(folder)
    try:
        known = options.add and FIGURES.exists()
        run = results.from_json(json.loads(FIGURES.read_bytes())) if known else Run([], [], {})
        for peer in peers:
            run.failures.pop(peer.key, None)
        install(peers, run)
        if options.install:
            return 0
        facts = machine_facts() | {"date": f"{date.today():%d %B %Y}", "seconds": schedule.seconds}
        given = sys.argv[1:] if arguments is None else list(arguments)
        given = [each for each in given if each not in ("--out", str(options.out), f"--out={options.out}")]
        facts["command"] = "make bench-peers" + (f" ARGS='{shlex.join(given)}'" if given else "")
        if facts["load"] > facts["cores"] / 4:
            say(f"Other programs are using this machine (load {facts['load']:.1f}), so the figures are too low.")
        measure_all(peers, schedule, run, say)
    except LoadError as error:
        say(f"Stopped: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    FIGURES.write_text(json.dumps(results.to_json(facts, run), indent=1), encoding="utf-8")
    report(facts, run, folder)
    return 0


def last_report(folder: Path) -> int:
    """Report the last results. Returns 0, or 1 if there are none."""
    if not FIGURES.exists():
        say("Nothing was measured yet.")
        return 1
    found = json.loads(FIGURES.read_bytes())
    report(found["facts"], results.from_json(found), folder)
    return 0


def report(facts: dict[str, Any], run: Run, folder: Path | None) -> None:
    """Print the tables, and write RESULTS.md and its chart to the folder, if there is one."""
    rows = results.rows(run.loads)
    for connections in CONNECTIONS:
        print(f"\nConnections: {connections}\n{results.load_table(rows, connections)}")
    print(f"\n{results.start_table(run.starts)}\n\n{results.target_table(run)}\n{results.own_targets(run.starts)}")
    if folder is not None:
        (folder / "RESULTS.md").write_text(results.document(facts, run), encoding="utf-8")
        chart.draw(rows, folder / results.CHART)
        print(f"\nWritten: {folder / 'RESULTS.md'} and {results.CHART}")


def install(peers: Sequence[Peer], run: Run) -> None:
    """Install the environments of these peers. A peer that cannot be installed becomes a failure of the run."""
    environments.write_model()
    for peer in peers:
        if peer == INKLING or peer.environment is None:
            continue
        if not environments.is_installed(peer.environment):
            say(f"installing {peer.environment} …")
        try:
            environments.install(peer.environment)
        except environments.InstallError as error:
            run.failures[peer.key] = f"could not be installed: {error}"
            say(f"{peer.key} {run.failures[peer.key]}")


def say(text: str) -> None:
    """Print progress to stderr, because stdout is for the tables."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the server under test is ended in either case
    sys.exit(main())

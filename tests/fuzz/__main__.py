"""Fuzzes with atheris, which looks for input that reaches new lines of the code.

    make fuzz                                          each target for two minutes
    .venv/bin/python -m tests.fuzz weights             one target
    .venv/bin/python -m tests.fuzz --seconds 600       longer
    .venv/bin/python -m tests.fuzz together            all targets in one process, which starts faster

If a target crashes, its input is saved in runs/fuzz, and the exit status is 1. Make a test of it.
"""

import argparse
import subprocess
import sys

from tests import ROOT

NAMES = ("images", "drawings", "weights", "maps")
TOGETHER = "together"  # the first byte of the input selects the target
INSTRUMENTED = ("model", "app", "PIL", "python_multipart")
RESULTS = ROOT / "runs" / "fuzz"


def main(arguments: list[str]) -> int:
    """Fuzz the targets one after another, each in a process of its own, because atheris ends the process."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{', '.join(NAMES)}; default: all")
    parser.add_argument("--seconds", type=int, default=120, help="for each target (default: %(default)s)")
    options = parser.parse_args(arguments)
    if unknown := set(options.targets) - {*NAMES, TOGETHER}:
        parser.error(f"unknown target: {', '.join(sorted(unknown))}")
    crashed = 0
    for name in options.targets or NAMES:
        corpus = RESULTS / f"{name}-corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        flags = [
            f"-max_total_time={options.seconds}", f"-artifact_prefix={RESULTS}/{name}-", "-timeout=20",
            "-rss_limit_mb=2000", "-print_final_stats=1",
        ]  # fmt: skip
        command = [sys.executable, "-c", _PROGRAM, name, *flags, str(corpus)]
        done = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
        runs = [line.split()[-1] for line in done.stderr.splitlines() if "number_of_executed_units" in line]
        if done.returncode:
            crashed += 1
            print(done.stderr[-4000:], file=sys.stderr)
        print(f"{name}: {runs[0] if runs else '?'} inputs, {'a crash' if done.returncode else 'no crash'}", flush=True)
    return 1 if crashed else 0


# atheris must be imported, and instrument the modules, before anything imports them.
_PROGRAM = f"""
import sys
from pathlib import Path
import atheris
with atheris.instrument_imports(include={list(INSTRUMENTED)}):
    from tests.fuzz.targets import TARGETS
name, *flags, corpus = sys.argv[1:]
targets = list(TARGETS.values())
if name == "{TOGETHER}":
    run = lambda content: content and targets[content[0] % len(targets)].run(content[1:])
    seeds = [bytes([i]) + seed for i, target in enumerate(targets) for seed in target.seeds()]
else:
    run, seeds = TARGETS[name].run, TARGETS[name].seeds()
for i, seed in enumerate(seeds):
    Path(corpus, f"seed-{{i}}").write_bytes(seed)
atheris.Setup(["fuzz", *flags, corpus], run)
atheris.Fuzz()
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

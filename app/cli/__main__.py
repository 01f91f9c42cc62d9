"""The command line: `inkling serve`, `train`, `calibrate`, `evaluate`, `predict`, `fetch`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from app import __version__
from model.preprocess.modes import MODES


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit status. What goes wrong is said in a sentence, without a stack trace."""
    # NumPy reads this when it is loaded, so it stands before whatever loads it: the products here are too small for a
    # second thread, which would only spin.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    parser = argparse.ArgumentParser(
        prog="inkling", description="Draw a digit and see how a convolutional network sees it."
    )
    parser.add_argument("--version", action="version", version=f"inkling {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")
    _add_serve(commands)
    from app.cli import calibrate as calibrating_cli
    from app.cli import evaluate as evaluating_cli
    from app.cli import train as training_cli

    training_cli.add_train(commands)
    calibrating_cli.add_calibrate(commands)
    evaluating_cli.add_evaluate(commands)
    _add_predict(commands)
    training_cli.add_fetch(commands)
    chosen = parser.parse_args(arguments)
    try:
        status: int = chosen.run(chosen)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever reads the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return status


_COLLECTING = """\
environment:
  INKLING_COLLECT=1         keep the drawings that people correct, to be seen at /corrections (default: 0, nothing)
  INKLING_COLLECT_FILE      the SQLite file they are kept in (default: corrections.sqlite in the working folder)
  INKLING_COLLECT_MOST      how many are kept (default: 10000)
"""


def _add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "serve",
        help="start the service",
        description="Start the service.",
        epilog=_COLLECTING,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s, this machine only)"
    )
    parser.add_argument(
        "--port", type=int, default=8000, help="port to listen on, 0 for any free one (default: %(default)s)"
    )
    parser.add_argument(
        "--weights",
        metavar="FILE",
        help="robust (the default) or lesson, which ship; a .safetensors checkpoint; or the lesson's .pth (which needs "
        "the train extra)",
    )
    parser.add_argument(
        "--engine",
        choices=("auto", "onnx", "torch"),
        default="auto",
        help="auto is torch where it finds a GPU, else onnx (default: %(default)s)",
    )
    parser.add_argument(
        "--workers", type=int, default=1, help="processes; one serves a classroom (default: %(default)s)"
    )
    parser.add_argument("--access-log", action="store_true", help="write a line for each request")
    parser.set_defaults(run=_serve)


def _serve(chosen: argparse.Namespace) -> int:
    from app.cli import serve as serving
    from model.checkpoint import find

    return serving.serve(
        chosen.host,
        chosen.port,
        weights=find(chosen.weights) if chosen.weights else None,
        engine=chosen.engine,
        workers=chosen.workers,
        access_log=chosen.access_log,
    )


def _add_predict(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "predict", help="read digits from pictures", description="Read a digit from each picture: PNG, JPEG or WebP."
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a picture")
    parser.add_argument("--weights", metavar="FILE", help="as for serve")
    parser.add_argument("--engine", choices=("auto", "onnx", "torch"), default="auto", help="as for serve")
    parser.add_argument(
        "--prepare",
        choices=tuple(MODES),
        default="mnist",
        help="how to preprocess the images (default: %(default)s). "
        + " ".join(f"{name}: {mode.description}" for name, mode in MODES.items()),
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(run=_predict)


def _predict(chosen: argparse.Namespace) -> int:
    from app.cli import predict as predicting
    from model.checkpoint import find

    return predicting.predict(
        [Path(name) for name in chosen.files],
        weights=find(chosen.weights) if chosen.weights else None,
        engine=chosen.engine,
        prepare=chosen.prepare,
        as_json=chosen.json,
    )


if __name__ == "__main__":
    sys.exit(main())

"""`inkling calibrate`: measure how far weights can be trusted, and write it beside them."""

import argparse

from app.cli.common import add_data, fail, not_ready
from model.checkpoint import SHIPPED, CheckpointError, find
from model.data.mnist import DatasetError


def add_calibrate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `inkling calibrate`."""
    parser = commands.add_parser(
        "calibrate",
        help="measure how far weights can be trusted, for verdicts",
        description="Find the temperature of the probabilities and what tells a digit from anything else, on MNIST's "
        "training pictures and what Inkling draws itself, and write both beside the weights. Takes three to six "
        "minutes; after that the service refuses what is no digit.",
    )
    parser.add_argument("--weights", type=find, metavar="FILE", default=SHIPPED, help="as for serve (default: robust)")
    parser.add_argument("--seed", type=int, metavar="S", default=0, help="decides everything random (default: 0)")
    add_data(parser)
    parser.set_defaults(run=_calibrate)


def _calibrate(chosen: argparse.Namespace) -> int:
    if (problem := not_ready()) is not None:
        return problem
    from model.data import mnist
    from model.training import calibrate as calibration

    try:
        train, _ = mnist.load(chosen.data)
        path, report = calibration.calibrate(chosen.weights, train, seed=chosen.seed)
    except (DatasetError, CheckpointError) as error:
        return fail(error)
    except OSError as error:
        return fail(f"{error.filename or chosen.weights} cannot be written: {error.strerror}.")
    print(
        f"Temperature {report.temperature:g}: the loss on held-back digits falls from {report.loss_before:.4f} to "
        f"{report.loss:.4f}.\nOf other pictures that are no digits {report.refused:.1%} are refused, at 1 % of digits; "
        f"AUROC {report.auroc:.4f}.\nWritten: {path}"
    )
    return 0

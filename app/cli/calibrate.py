"""`inkling calibrate`: fit a softmax temperature and an in-distribution score for weights, and save them."""

import argparse

from app.cli import interrupts
from app.cli.options import UNUSABLE, Commands, add_data, add_weights, fail, print_notes, train_extra_missing
from model.checkpoint import CheckpointError, read

COST = "about five minutes on two CPU cores, 0.9 GB of memory and 0.3 GB for a temporary file"


def add_parser(commands: Commands) -> None:
    """Add `inkling calibrate`."""
    parser = commands.add_parser(
        "calibrate",
        help="calibrate weights for the service's verdicts",
        description="On MNIST's training images and on synthetic images, fit the temperature of the probabilities and "
        "a score that separates digits from other images. Both are written to a file beside the weights. This takes "
        f"{COST}. With this file, the service recognises drawings that are not digits.",
    )
    add_weights(parser)
    parser.add_argument(
        "--seed", type=int, metavar="S", default=0, help="seed of all random numbers (default: %(default)s)"
    )
    add_data(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    if (status := train_extra_missing("rich")) is not None:
        return status
    try:  # first, because importing PyTorch takes seconds
        print_notes(read(options.weights))
    except CheckpointError as error:
        return fail(error, UNUSABLE)
    print(f"This takes {COST}.", flush=True)
    from app.cli.progress import Display
    from model.data import mnist
    from model.training import calibrate

    display = Display()
    try:
        with interrupts.raise_error():
            # No variable here refers to MNIST, so its memory is freed as soon as all images are generated.
            path, report = calibrate.calibrate(
                options.weights, mnist.load(options.data)[0], seed=options.seed, progress=display.update
            )
    except (mnist.DatasetError, CheckpointError) as error:
        return fail(error)
    except OSError as error:
        return fail(f"{error.filename or options.weights} cannot be written: {error.strerror}.")
    finally:
        display.stop()
    print(
        f"Temperature {report.temperature:g}: the loss on held-out digits falls from {report.loss_before:.4f} to "
        f"{report.loss:.4f}.\nA threshold that refuses 1 % of digits refuses "
        f"{report.refused:.1%} of images that are not digits; AUROC {report.auroc:.4f}.\nWritten: {path}",
        flush=True,
    )
    return 0

"""The parts that commands share: options whose choices come from the model's tables."""

import argparse
import subprocess
import sys
from typing import get_args

from app.cli import options
from model.checkpoint import LESSON, NAMES, SHIPPED
from model.inference.engines import EngineName
from tests import ROOT


def test_weights_and_engines_come_from_the_models_own_tables() -> None:
    parser = argparse.ArgumentParser()
    options.add_weights(parser)
    options.add_engine(parser)
    assert parser.parse_args([]).weights == SHIPPED
    assert parser.parse_args(["--weights", "lesson"]).weights == LESSON
    assert all(name in parser.format_help() for name in (*NAMES, *get_args(EngineName)))


def test_predicting_needs_none_of_the_packages_of_the_train_extra() -> None:
    script = """
import sys
for name in ("torch", "torchvision", "onnx", "onnxscript", "matplotlib", "rich"):
    sys.modules[name] = None  # importing it then fails
from app.cli.__main__ import main
sys.exit(main(["predict", "docs/seven.png"]))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

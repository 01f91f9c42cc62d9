"""The lesson's networks: their data, training, evaluation and predictions. Nothing here uses HTTP."""

__version__ = "0.1.0"

"""Turns a preprocessed drawing into a prediction: the engines, the calibration, the verdict and the quantised layers.

It may import `model.preprocess`, `model.checkpoint` and `model.layers`. Only the torch engine
imports torch.
"""

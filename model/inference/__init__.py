"""Turns a preprocessed image into a prediction: the engines, the calibration and the verdict.

It may import `model.preprocess`, `model.checkpoint` and `model.layers`, and must not import torch when it is loaded.
"""

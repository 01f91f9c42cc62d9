"""Generated drawings: synthetic handwriting, and drawings that are not digits.

This package may import `model.preprocess` and `model.layers`.
"""

"""Generated drawings: synthetic handwriting, and drawings that are not digits.

It may import `model.preprocess` and `model.layers`.
"""

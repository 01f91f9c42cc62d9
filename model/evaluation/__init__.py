"""Measures the quality of a set of weights: accuracy, reliability, robustness, and results for drawings by people.

This package may import `model.inference`, `model.data`, `model.synthetic` and the packages that these three may import.
"""

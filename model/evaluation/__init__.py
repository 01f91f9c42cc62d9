"""Measures how good a set of weights is: accuracy, reliability, robustness, and where it fails.

It may import `model.inference`, `model.data`, `model.synthetic` and everything below them.
"""

"""Measures how good a set of weights is: accuracy, reliability, robustness and stress tests.

It may import `model.inference`, `model.data`, `model.synthetic` and everything below them.
"""

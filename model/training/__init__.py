"""Trains and calibrates the network, and writes the files that are served.

It may import every other part of `model`; only this package and `model.evaluation` need torch.
"""

"""Trains and calibrates the network, and writes the files that the service loads.

This package may import every other part of `model`.
"""

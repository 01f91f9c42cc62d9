"""Digits for training and testing: MNIST, its augmentation, and collections of drawings by people.

This package may import `model.preprocess` and `model.layers`.
"""

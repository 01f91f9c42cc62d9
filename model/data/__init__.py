"""Digits to train and test on: MNIST, its augmentation, and collections of human strokes.

It may import `model.preprocess` and `model.layers`.
"""

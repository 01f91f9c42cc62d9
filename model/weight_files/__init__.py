"""Reads files of weights from their bytes: the format, the tensors, and why a file cannot be used.

It holds one module per format, and the matching of tensors to the lesson's networks. It may import `model.layers` only,
never PyTorch, and executes nothing that a file contains.
"""

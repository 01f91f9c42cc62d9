"""Explains a prediction: gradients of the network, in NumPy. Nothing here needs torch.

It may import `model.preprocess`, `model.checkpoint` and `model.layers`.
"""

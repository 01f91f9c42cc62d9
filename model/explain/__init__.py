"""Explains predictions, in NumPy: gradients, saliency, attacks, edits of weights, maps of layers. Nothing needs torch.

It may import `model.preprocess`, `model.weight_files`, `model.checkpoint`, `model.digit_sheets` and `model.layers`.
"""

"""Training the in-distribution score: its images, the activations of the network for them, and the optimiser.

Imports `model.synthetic` and `model.inference`, but nothing else of `model.training`.
"""

"""Separates ink from everything else in an upload: paper, shadows, dust, and what reaches in from the sides.

It may import `model.layers` and the modules `ink` and `fit` of `model.preprocess`.
"""

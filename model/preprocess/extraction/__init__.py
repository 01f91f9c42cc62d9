"""Separates ink from everything else in an upload: paper, shadows, dust, and strips along the sides.

It may import `model.layers` and the modules `ink` and `fit` of `model.preprocess`.
"""

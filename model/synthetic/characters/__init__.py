"""Tables of characters, signs and small drawings that are not digits.

This package may import `model.synthetic.skeleton`.
"""

"""Finds faults in the layout of a page by geometry: overlaps, text that is cut off, small targets, small text."""

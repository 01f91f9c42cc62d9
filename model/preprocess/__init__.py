"""Turns a drawing or an uploaded image into the network's 28×28 input. Each module does one step.

It may import `model.layers` and nothing else of the project.
"""

"""Training in a run's folder, with its record, events and commands: for the command line, and as a separate process.

It may import everything in `model.training`.
"""

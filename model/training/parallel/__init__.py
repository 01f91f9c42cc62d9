"""Training with several processes, each of which computes a part of every batch, on the CPUs or GPUs of a machine.

It may import everything in `model.training`. torchrun starts the processes; `python -m model.training` explains how.
"""

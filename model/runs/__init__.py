"""The folders of training runs: settings, state, events, commands and locks. Training itself is in `model.training`.

It may import `model.checkpoint` and `model.training.recipes`. Nothing here imports PyTorch, so the service can use it.
"""

"""`GET /model`, `/model/weights` and `/model/evaluation`: the network, the loaded weights and their evaluation.

It may import `app.http` and `app.settings`.
"""

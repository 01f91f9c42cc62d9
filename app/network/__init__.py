"""`GET /model`, `/model/weights` and `/model/evaluation`: the loaded weights and what is known about them.

It may import `app.http` and `app.settings`.
"""

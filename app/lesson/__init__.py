"""What the lesson pages need from the service: measured figures, the dense network, and training steps.

It may import `app.drawings`, `app.network`, `app.http` and `app.settings`.
"""

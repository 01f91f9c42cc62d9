"""Routes for what only the lesson needs: measured figures, the dense network, and training steps.

It may import `app.drawings`, `app.network`, `app.http` and `app.settings`.
"""

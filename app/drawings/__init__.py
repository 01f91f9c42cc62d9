"""`POST /predict` and `POST /feature-maps`: reading a drawing, batching, and encoding the response.

It may import `app.http`, `app.network` and `app.settings`.
"""

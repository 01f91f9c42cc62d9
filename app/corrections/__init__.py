"""Corrections: drawings for which a user gave the correct label. Saves, shows, exports and deletes them.

It may import `app.drawings`, `app.network`, `app.http` and `app.settings`.
"""

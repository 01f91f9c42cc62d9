"""Drawings that users correct: storing, showing, exporting and deleting them.

It may import `app.drawings`, `app.network`, `app.http` and `app.settings`.
"""

"""The schemas of the lab's routes, one module for each module of routes.

It may import the schemas of `app.drawings`, `app.network` and `app.http`, and `model.explain`.
"""

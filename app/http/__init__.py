"""What every route shares: problems, middleware, metrics, health checks, and reading request bodies.

It may import `app.settings` and `model`, but no package that defines routes for drawings, corrections or lessons.
"""

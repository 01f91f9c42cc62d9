"""HTTP basics for all routes: problems, middleware, metrics, health checks, templates, and reading requests.

It may import `app.settings` and `model`, but no package that defines routes for drawings, corrections or lessons.
"""

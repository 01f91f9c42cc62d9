"""Training runs that the pages start and watch: the API, and the presets. Training itself is in `model.training`.

It may import `app.drawings` and what is below it, and `model.runs`. The modules that a request path loads never import
PyTorch: runs are trained in a separate process, which this package starts.
"""

"""Training runs that the pages start and watch. May import `app.drawings` and what is below it; the modules that a
request path loads never import PyTorch.
"""

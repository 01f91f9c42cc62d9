"""The service: the lesson's network over HTTP, and the web pages about it."""

import model

__version__ = model.__version__

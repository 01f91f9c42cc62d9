"""The service: the lesson's network over HTTP, and the web pages about it."""

__version__ = "0.1.0"

"""The service: what the lesson's network looks like over HTTP."""

__version__ = "0.1.0"

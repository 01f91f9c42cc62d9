"""The service: what the lesson's network looks like over HTTP."""

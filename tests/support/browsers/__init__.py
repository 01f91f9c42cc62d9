"""Chromium, Firefox and WebKit behind one interface, for the tests that run in all three."""

"""Chromium, Firefox and WebKit behind one interface, for the tests that run in all three.

The other tests of pages use Chromium alone; they share its contexts, which are here, too.
"""

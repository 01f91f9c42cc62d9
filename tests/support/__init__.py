"""Support modules: servers, a simulated user of the pages, and test data that several test folders share.

They contain no tests, and import nothing from the test modules.
"""

"""Tools for developers, which run in a checkout and are not in the wheel.

They install what the Makefile needs, write files with measured figures again, and compare two versions of the service.
"""

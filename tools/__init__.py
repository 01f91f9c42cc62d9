"""Tools for a checkout, which set it up for the Makefile or write measured files again. They are not in the wheel."""

"""Sends altered and random input to the code that reads what clients and files contain. An input that causes a crash
becomes a test."""

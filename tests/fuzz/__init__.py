"""Sends altered and random input to the code that reads what clients and files contain. What crashes becomes a test."""

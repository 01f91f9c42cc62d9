"""Runs uvicorn's own tests of its HTTP protocol with the protocol class of this service."""

"""Prints over HTTP."""

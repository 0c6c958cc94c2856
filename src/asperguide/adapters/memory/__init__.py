"""Ports answered in this process: nothing to install, nothing that outlives it."""

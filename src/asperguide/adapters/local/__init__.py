"""Ports of one context that are answered by what others have: a module for each that asks."""

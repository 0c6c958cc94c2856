"""Augmented-reality prints: contents with a marker and videos, what plays when, and who watched."""

"""Ports answered by Redis: shared by every process, and never missed when it is gone."""

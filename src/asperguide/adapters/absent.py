"""Imports that others would make only because a package happens to be installed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without(name: str, instead: Any = None) -> Iterator[None]:
    """Let what is imported inside believe that this package is not installed, or that it is what is given instead."""
    absent = object()
    kept: Any = sys.modules.get(name, absent)
    sys.modules[name] = instead
    try:
        yield
    finally:
        del sys.modules[name]
        if kept is not absent:
            sys.modules[name] = kept

"""Imports that others would make only because a package happens to be installed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without(name: str) -> Iterator[None]:
    """Let what is imported inside believe that this package is not installed."""
    absent = object()
    kept: Any = sys.modules.get(name, absent)
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]
        if kept is not absent:
            sys.modules[name] = kept

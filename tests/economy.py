"""What keeps a run of all tests short: coverage is not measured where that costs much and shows nothing new."""

import gc
from collections.abc import Generator

import pytest
from coverage import Coverage

UNMEASURED = ("tests/contract/test_media_costs.py", "tests/faults/test_every_call.py", "tests/http/bad_input/")
"""Tests that do hundreds of times what others do once. To measure coverage is to run half as fast."""

paused: list[Coverage] = []


def pytest_collection_finish() -> None:
    """All that is loaded now stays: garbage collections need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """Measure no coverage while these tests run, their fixtures included."""
    if _unmeasured(item):
        while (measuring := Coverage.current()) is not None:
            measuring.stop()
            paused.append(measuring)
    try:
        return (yield)
    finally:
        while paused and not _unmeasured(nextitem):
            paused.pop().start()


def _unmeasured(item: pytest.Item | None) -> bool:
    return item is not None and item.nodeid.startswith(UNMEASURED)

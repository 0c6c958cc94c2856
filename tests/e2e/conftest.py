"""Processes of the service for a test, and their end in any case."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.service import UNLIMITED, Service
from tests.smtp_server import certificates

__all__ = ["certificates"]

Launch = Callable[..., Service]


@pytest.fixture
def launch(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Launch]:
    """Starts `asperguide ARGUMENTS` with these settings in a folder; whatever it becomes, it ends with the test.

    A test fails when a process logged an error, unless it is marked `expects_error_log`.
    """
    made: list[Service] = []

    def start(*arguments: str, folder: Path = tmp_path, **settings: object) -> Service:
        log = tmp_path / f"{len(made)}-{arguments[0]}.log"
        service = Service(arguments=arguments, folder=folder, settings={**UNLIMITED, **settings}, log=log)
        made.append(service)
        return service.start()

    yield start
    for service in made:
        service.kill()
        sys.stdout.write(f"--- {' '.join(service.arguments)}\n{service.printed[-5000:]}\n")
    if request.node.get_closest_marker("expects_error_log") is None:
        assert [line for service in made for line in service.errors()] == []

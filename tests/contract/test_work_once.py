"""The law of WorkOnce."""

import pytest

from asperguide.adapters.memory.work_once import MemoryWorkOnce
from asperguide.media.ports import WorkOnce
from asperguide.testing.contracts import WorkOnceContract


@pytest.fixture
def once() -> WorkOnce:
    return MemoryWorkOnce()


class TestMemoryWorkOnce(WorkOnceContract):
    """The only one there is: work of other processes is not waited for."""

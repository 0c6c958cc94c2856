"""The law of PasswordStrength, on memory and on zxcvbn."""

from collections.abc import Iterator

import pytest

from asperguide.adapters.memory.strength import MemoryStrength
from asperguide.adapters.security.strength import ZxcvbnStrength
from asperguide.identity.ports import PasswordStrength
from asperguide.testing.contracts import PasswordStrengthContract


@pytest.fixture(params=["memory", "zxcvbn"])
def strength(request: pytest.FixtureRequest) -> Iterator[PasswordStrength]:
    """Both judges."""
    if request.param == "memory":
        yield MemoryStrength()
        return
    judge = ZxcvbnStrength()
    yield judge
    judge.close()


class TestJudges(PasswordStrengthContract):
    """Both of them."""

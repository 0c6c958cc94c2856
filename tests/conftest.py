"""What every test gets: real servers on request, and the rule that nobody logs an error unnoticed."""

import logging
from collections.abc import Iterator

import hypothesis
import pytest

pytest_plugins = ["tests.servers", "tests.collecting", "tests.economy"]
pytest.register_assert_rewrite("asperguide.testing.contracts")
# How long an example takes says something about the machine, and what else it does.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


class Errors(logging.Handler):
    """Collects what was logged at ERROR or above."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line."""
        self.lines.append(f"{record.name}: {self.format(record)}")


@pytest.fixture(autouse=True)
def no_unexpected_error_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that logged an error fails, unless it is marked `expects_error_log`."""
    errors = Errors()
    root = logging.getLogger()
    root.addHandler(errors)
    yield
    root.removeHandler(errors)
    if errors.lines and request.node.get_closest_marker("expects_error_log") is None:
        pytest.fail("logged unexpectedly:\n" + "\n".join(errors.lines), pytrace=False)

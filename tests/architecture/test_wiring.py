"""Nothing lies about unused: every use case has its entry in the container, every port its adapter."""

import pytest

from asperguide.container import Container
from tests.architecture.source import CONTEXTS, classes, use_cases

PORTS = [
    cls
    for package in [*CONTEXTS, "shared"]
    for cls in classes(package)
    if cls.__module__.endswith(".ports") and getattr(cls, "__abstractmethods__", ())
]


def test_every_use_case_has_its_entry_in_the_container() -> None:
    wired = {getattr(provider, "cls", None) for provider in Container.providers.values()}
    assert [cls.__name__ for cls in use_cases() if cls not in wired] == []


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
def test_every_port_is_answered_by_an_adapter_that_says_so(port: type) -> None:
    assert [cls for cls in classes("adapters") if port in cls.__mro__]

"""What ships for people who swap adapters: a law and an adapter in memory for every port, and no need for pytest."""

import subprocess
import sys
from collections import Counter

import pytest

from asperguide.testing import contracts
from tests.architecture.source import CONTEXTS, classes

WITHOUT_PYTEST = """
import sys
sys.modules["pytest"] = None
import asperguide.testing, asperguide.testing.contracts
"""

LAWS = [getattr(contracts, name) for name in contracts.__all__ if name.endswith("Contract")]

# Time and chance are told by `MovableClock` and `SeededIds`; a probe asks a dependency that memory does not have; what
# tells types from bytes needs nothing but the bytes, and what makes codes nothing but their links; what one context
# does for another is in memory when that one is.
WITHOUT_MEMORY = {
    "LongWork",
    "Clock",
    "Ids",
    "Probe",
    "MailArchive",
    "TypeDetector",
    "Portraits",
    "Belongings",
    "People",
    "Attachments",
    *("Accounts", "Companies", "Holdings"),
    *("Watched", "Showings", "Sheets", "Pictures"),
    "QrCodes",
    *("ProjectContents", "Projects"),
    *("MediaFiles", "KeptFiles"),
    *("Luggage", "ProjectBooks"),
}

PORTS = [
    port
    for package in (*CONTEXTS, "shared")
    for port in classes(package)
    if getattr(port, "_is_protocol", False)
    and getattr(port, "__abstractmethods__", ())
    and port.__name__ not in WITHOUT_MEMORY
]


def test_the_kit_is_imported_without_pytest() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT_PYTEST], check=True)


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
def test_every_port_has_an_adapter_in_memory(port: type) -> None:
    assert [adapter for adapter in classes("adapters.memory") if port in adapter.__mro__]


def test_laws_have_names_of_their_own_so_that_one_class_may_hold_several() -> None:
    names = Counter(name for law in LAWS for name in dir(law) if name.startswith("test_"))
    inside = Counter(name for law in LAWS for cls in law.__mro__ for name in vars(cls) if name.startswith("test_"))
    assert names.total() > 150
    assert [name for name, times in (names | inside).items() if times > 1] == []


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_every_law_says_what_to_give_it(law: type) -> None:
    assert "fixture" in (law.__doc__ or "")

"""`asperguide media reconcile` on an embedded service: what it tells, what it mends, how it ends."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from asperguide.adapters.filesystem.objects import FolderStorage
from asperguide.adapters.signing import Door
from asperguide.adapters.system import SystemClock, SystemIds
from asperguide.testing import MovableClock
from tests.e2e.service import asperguide_here

ORPHAN = "files/0199a000-0000-7000-8000-000000000000/x"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose database is ready, with an object in it that no file has had for three days."""
    assert asperguide_here("migrate", "up", folder=tmp_path).returncode == 0
    long_ago = MovableClock(SystemClock().now() - timedelta(days=3))
    storage = FolderStorage(tmp_path / "var" / "objects", Door(bytes(32), "http://x", long_ago), long_ago, SystemIds())
    asyncio.run(storage.put(ORPHAN, b"12345"))
    return tmp_path


def reconcile(folder: Path, *options: str, code: int) -> str:
    """What it prints when it ends with this code."""
    ran = asperguide_here("media", "reconcile", *options, folder=folder)
    assert ran.returncode == code, ran.stdout + ran.stderr
    return ran.stdout


def test_what_does_not_fit_is_told_and_then_mended(folder: Path) -> None:
    told = reconcile(folder, code=1)
    assert "found" in told
    assert "objects of no file, 5 bytes" in told
    found = json.loads(reconcile(folder, "--json", code=1))
    assert (found["orphans"], found["orphan_keys"], found["mended"]) == (1, [ORPHAN], False)
    assert "mended" in reconcile(folder, "--mend", code=0)
    assert reconcile(folder, code=0) == "Everything fits: 0 objects.\n"
    assert json.loads(reconcile(folder, "--json", "--mend", code=0))["orphans"] == 0

"""What README and docs show is run as it stands there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from asperguide.testing.contracts import RateLimiterContract

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCKS = [
    pytest.param(block, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, block in enumerate(BLOCK.findall(page.read_text()), 1)
]
SCHEMAS = json.loads((ROOT / "docs/openapi.json").read_text())["components"]["schemas"]
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def test_there_are_examples() -> None:
    assert len(BLOCKS) >= 3


@pytest.mark.parametrize("block", BLOCKS)
def test_an_example_runs_as_it_stands(block: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:__main__", "-c", block],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def certified(module: str, folder: Path) -> dict[str, int]:
    """How many tests of the module passed and failed, run by pytest in a folder that is not ours."""
    (folder / "test_mine.py").write_text(module)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-o",
        "asyncio_mode=auto",
        "test_mine.py",
    ]
    # What this run is told, its options and what it measures, is not for a run with no configuration of ours.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)
    return {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", done.stdout)}


def test_the_example_of_certifying_an_adapter_certifies_it_and_catches_a_fault(tmp_path: Path) -> None:
    (example,) = BLOCK.findall((ROOT / "docs/library.md").read_text().partition("## Certifying an adapter")[2])
    laws = [name for name in dir(RateLimiterContract) if name.startswith("test_")]
    assert certified(example, tmp_path) == {"passed": len(laws)}
    assert "used < budget.limit" in example
    faulty = certified(example.replace("used < budget.limit", "used <= budget.limit"), tmp_path)
    assert faulty["failed"] > 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert missing == []


def test_times_are_said_to_be_times_in_all_schemas() -> None:
    times = [
        f"{name}.{field}"
        for name, schema in SCHEMAS.items()
        for field, about in schema.get("properties", {}).items()
        if field.endswith("_at") and "string" in str(about) and "format" not in str(about)
    ]
    assert times == []

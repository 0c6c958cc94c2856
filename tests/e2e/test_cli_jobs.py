"""`asperguide jobs` on an embedded database: tables for people, lines for scripts, exit codes that mean something."""

import asyncio
import contextlib
import json
import os
import pty
import re
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest

from asperguide.adapters.sql.engine import open_sqlite
from asperguide.adapters.sql.ledger import SqlLedger
from asperguide.adapters.system import SystemClock, SystemIds
from asperguide.identity.events import SessionsPruneDue, VerificationRequested
from asperguide.shared.ledger import ClaimedJob, as_job
from asperguide.shared.ports import JobOptions, Message
from asperguide.shared.tracing import Trace
from tests.e2e.service import COMMAND, asperguide_here, environment

T = TypeVar("T")
LEASE = timedelta(seconds=30)
ABSENT = "0199a000-0000-7000-8000-000000000000"
ABOUT_SIOBHAN = VerificationRequested(email="siobhan@example.org")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose database is ready."""
    assert asperguide_here("migrate", "up", folder=tmp_path).returncode == 0
    return tmp_path


def on_ledger(folder: Path, work: Callable[[SqlLedger], Awaitable[T]]) -> T:
    """What the work gives, on the ledger of that folder."""

    async def once() -> T:
        database = open_sqlite(folder / "var" / "asperguide.sqlite3")
        try:
            return await work(SqlLedger(database, SystemClock()))
        finally:
            await database.close()

    return asyncio.run(once())


def put(folder: Path, message: Message = ABOUT_SIOBHAN, **options: Any) -> UUID:
    """A job that waits."""
    now = SystemClock().now()
    new = as_job(message, JobOptions(**options), id=SystemIds().new(), now=now, trace=Trace())
    on_ledger(folder, lambda ledger: ledger.put([new]))
    return new.id


def put_dead(folder: Path, **options: Any) -> UUID:
    """A job that was given up."""
    id = put(folder, **options)

    async def give_up(ledger: SqlLedger) -> ClaimedJob:
        (held,) = await ledger.claim("w", options.get("queue", "default"), 1, LEASE)
        assert await ledger.fail(held, "MailRefused: 550 no such mailbox [really]", None)
        return held

    assert on_ledger(folder, give_up).id == id
    return id


def jobs(folder: Path, *arguments: str, code: int = 0) -> str:
    """What `asperguide jobs ...` prints when it ends with this code."""
    ran = asperguide_here("jobs", *arguments, folder=folder)
    assert ran.returncode == code, ran.stdout + ran.stderr
    return ran.stdout if code == 0 else ran.stderr


def lines(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def test_jobs_are_listed_shown_and_filtered(folder: Path) -> None:
    gone, waiting = put_dead(folder), put(folder, queue="slow")
    table = jobs(folder, "list")
    assert table.index(str(waiting)) < table.index(str(gone))
    assert "550 no such mailbox [really]" in table
    assert "siobhan" not in table
    narrow = asperguide_here("jobs", "list", folder=folder, COLUMNS="80").stdout
    assert str(gone) in narrow and "identity.verification-requested" in narrow and "0/20" in narrow
    assert [line["id"] for line in lines(jobs(folder, "list", "--json", "--state", "dead"))] == [str(gone)]
    assert [line["id"] for line in lines(jobs(folder, "list", "--json", "--queue", "slow"))] == [str(waiting)]
    assert len(lines(jobs(folder, "list", "--json", "--limit", "1"))) == 1
    assert jobs(folder, "list", "--json", "--kind", "nothing") == ""
    assert "siobhan@example.org" in jobs(folder, "show", str(waiting))
    (shown,) = lines(jobs(folder, "show", "--json", str(gone)))
    assert (shown["state"], shown["attempts"], shown["payload"]) == ("dead", 1, '{"email":"siobhan@example.org"}')
    assert str(gone) in jobs(folder, "list", "--watch")  # once: this is no terminal


def test_what_is_not_there_is_exit_code_1_and_what_makes_no_sense_is_2(folder: Path) -> None:
    assert jobs(folder, "show", ABSENT, code=1) == "asperguide: There is no such job.\n"
    for wrong in (
        ("show", "no-uuid"), ("list", "--state", "lost"), ("list", "--limit", "0"), ("retry",), ("cancel",),
        ("retry", ABSENT, "--dead"), ("retry", ABSENT, "--queue", "x"), ("prune", "--older-than", "soon"),
        ("prune", "--state", "running"), ("schedules", "--runs", "0"),
    ):  # fmt: skip
        jobs(folder, *wrong, code=2)
    assert "40 letters" in jobs(folder, "pause", "two words", code=1)


def test_dead_jobs_are_retried_by_name_or_all_at_once(folder: Path) -> None:
    first, second, slow = put_dead(folder), put_dead(folder), put_dead(folder, queue="slow")
    assert "1 of 1 jobs" in jobs(folder, "retry", str(first))
    assert "2 of 2 jobs" in jobs(folder, "retry", "--dead")
    assert {line["state"] for line in lines(jobs(folder, "list", "--json"))} == {"waiting"}
    assert "0 of 0 jobs" in jobs(folder, "retry", "--dead", "--queue", "slow")
    assert f"{ABSENT}: There is no such job." in jobs(folder, "retry", ABSENT, str(second), code=1)
    assert jobs(folder, "cancel", str(slow)).startswith(f"{slow}: cancelled")
    assert "can be cancelled" in jobs(folder, "cancel", str(slow), str(first), code=1)
    assert [line["state"] for line in lines(jobs(folder, "list", "--json"))] == ["cancelled", "waiting", "cancelled"]


def test_queues_are_shown_paused_and_resumed(folder: Path) -> None:
    put(folder)
    put_dead(folder, queue="slow")
    assert "1 jobs wait, 0 still run" in jobs(folder, "pause", "default")
    default, slow = lines(jobs(folder, "queues", "--json"))
    assert (default["name"], default["due"], default["paused_at"] is None) == ("default", 1, False)
    assert (slow["name"], slow["dead"], slow["paused_at"]) == ("slow", 1, None)
    assert re.search(r"default .* for \d+ (s|min)", jobs(folder, "queues"))
    assert on_ledger(folder, lambda ledger: ledger.claim("w", "default", 1, LEASE)) == ()
    assert "1 jobs are due" in jobs(folder, "resume", "default")
    assert len(on_ledger(folder, lambda ledger: ledger.claim("w", "default", 1, LEASE))) == 1


def test_history_is_forgotten_by_age_and_state(folder: Path) -> None:
    put_dead(folder)
    jobs(folder, "cancel", str(put(folder)))
    assert jobs(folder, "prune") == "0 jobs are forgotten.\n"
    assert jobs(folder, "prune", "--older-than", "0s") == "1 jobs are forgotten.\n"
    assert jobs(folder, "prune", "--older-than", "0s", "--state", "dead") == "1 jobs are forgotten.\n"
    assert jobs(folder, "list", "--json") == ""


def test_schedules_tell_when_they_are_due_and_how_it_went_last(folder: Path) -> None:
    put(folder, SessionsPruneDue())
    jobs(folder, "cancel", str(latest := put(folder, SessionsPruneDue())))
    found = {line["name"]: line for line in lines(jobs(folder, "schedules", "--json", "--runs", "4"))}
    assert {"prune-sessions", "prune-codes", "prune-ledger"} <= found.keys()
    for line in found.values():
        assert len(set(line["next"])) == 4 and line["next"] == sorted(line["next"])
    last = found["prune-sessions"]["last"]
    assert (last["id"], last["state"], found["prune-codes"]["last"]) == (str(latest), "cancelled", None)
    table = jobs(folder, "schedules")
    assert "purge-closed-accounts" in table and "cancelled" in table and "ENABLE_CRONS" not in table
    off = asperguide_here("jobs", "schedules", folder=folder, ENABLE_CRONS="false")
    assert "ENABLE_CRONS is off" in off.stdout


def test_watching_shows_every_change_until_ctrl_c(folder: Path) -> None:
    id = put(folder)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever started the tests may ignore it
        os.execve(COMMAND[0], [*COMMAND, "jobs", "list", "--watch"], environment(TERM="xterm"))
    screen, cancelled, interrupted = b"", False, False
    with os.fdopen(terminal, "rb", buffering=0) as shown, contextlib.suppress(OSError):  # how a terminal ends
        while part := shown.read(4096):
            screen += part
            if b"waiting" in screen and not cancelled:
                cancelled = True
                jobs(folder, "cancel", str(id))
            elif b"cancelled" in screen and not interrupted:
                interrupted = True
                os.kill(pid, signal.SIGINT)
    _, status = os.waitpid(pid, 0)
    assert (os.waitstatus_to_exitcode(status), interrupted) == (0, True), screen.decode()

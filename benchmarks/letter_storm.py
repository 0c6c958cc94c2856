"""Ten thousand letters are due in the same second: whoever is to be told is told in time, once, and not before.

The sweeps are those of the program: jobs that the schedulers in four `asperguide worker` put into the ledger, by the
clock and for the next due time. The mails that follow are jobs of the same workers, which begin with them while others
are still being announced; they go into the folder of mails as far as workers come, and are not waited for.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median

import pymysql

from asperguide.adapters.sql.failures import LOST
from asperguide.capsules.events import CapsuleReady, CapsulesSweepDue
from asperguide.shared.ledger import kind_of
from benchmarks.chaos import Crew, Fleet, fleet
from benchmarks.figures import Check, Report
from benchmarks.jobs import opened
from benchmarks.ledger import durable, url_of
from benchmarks.letters import letter, multiply, people, seal
from benchmarks.processes import CLIENT_CORE, SERVER_CORE
from benchmarks.rigs import Run
from benchmarks.service import DATABASE

WORKERS = 4
SEEDED, TIMES = 500, 20
LETTERS = SEEDED * TIMES
PEOPLE = 100
WITHIN = 10.0
"""Seconds from the due second."""
REPEATS_A_ROUND = 4
KILLS, PAUSES = 6, (0.3, 1.5)
"""Workers that die each time, from the due second on: a worker takes seconds to be there again."""
SWEEP_SECONDS = 5
PATIENCE = 180.0
SETTLING = 1.0
"""Seconds in which somebody may still announce twice."""

READY, SWEEP = kind_of(CapsuleReady), kind_of(CapsulesSweepDue)
RESET = (
    "UPDATE capsules SET unlocks_at = %s, `unlock` = JSON_SET(`unlock`, '$.at', %s)",
    "UPDATE capsule_addressees SET unlocks_at = %s, due_at = %s, stage = 'ready'",
)
LEFT = "SELECT COUNT(*) FROM capsule_addressees WHERE due_at IS NOT NULL"
ANNOUNCED = "SELECT COUNT(*), COUNT(DISTINCT JSON_VALUE(payload, '$.addressee')), COALESCE(SUM(created_at < %s), 0)"
OF_KIND = f"FROM ledger_jobs WHERE kind = '{READY}'"
MAILED = f"SELECT COUNT(*) {OF_KIND} AND state = 'done'"
AGAIN = f"SELECT COUNT(*) FROM ledger_jobs WHERE kind = '{SWEEP}' AND attempts > 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """What became of letters that were due in one second; `seconds` from then until nobody was left to be told."""

    seconds: float
    lost: int
    doubled: int
    early: int
    mailed: int
    kills: int


def letter_storm(run: Run) -> Report:
    """Once in peace, with the program's own interval of a minute; then again and again while workers are killed."""
    random = Random(run.seed)
    durable(run.servers, DATABASE)
    with _stormed(run) as (ours, ledger):
        calm = _storm(ledger, ours, _in(60), None)
    with _stormed(run, CAPSULE_SWEEP_SECONDS=str(SWEEP_SECONDS)) as (ours, ledger):
        repeats = range(REPEATS_A_ROUND * run.rounds)
        wild = [_storm(ledger, ours, _in(SWEEP_SECONDS), random) for _ in repeats]
        again = ledger.number(AGAIN)
    return Report("letter-storm", checks=[*_calm(calm), *_wild(wild, again)])


def _calm(storm: Storm) -> Sequence[Check]:
    note = f"{LETTERS} letters, {storm.mailed} mails in the folder by then"
    return [
        Check(name="all announced after", value=storm.seconds, unit="s", at_most=WITHIN, note=note),
        _none("announcements lost", storm.lost),
        _none("announcements doubled", storm.doubled),
        _none("announcements before their time", storm.early),
    ]


def _wild(storms: Sequence[Storm], again: int) -> Sequence[Check]:
    kills = sum(one.kills for one in storms)
    seconds = [one.seconds for one in storms]
    note = f"{len(storms)} times {LETTERS} letters, a sweep every {SWEEP_SECONDS} s"
    return [
        Check(name="workers killed", value=kills, at_least=len(storms), note=note),
        Check(name="sweeps that died with them and were begun again", value=again, at_least=1),
        Check(name="all announced, median", value=median(seconds), unit="s", note=f"slowest {max(seconds):.1f} s"),
        _none("announcements lost among kills", sum(one.lost for one in storms)),
        _none("announcements doubled among kills", sum(one.doubled for one in storms)),
        _none("announcements before their time among kills", sum(one.early for one in storms)),
    ]


def _none(name: str, value: float) -> Check:
    return Check(name=name, value=value, at_least=0, at_most=0)


@contextmanager
def _stormed(run: Run, **settings: str) -> Iterator[tuple[Fleet, "Ledger"]]:
    """Four workers on both cores and the letters, which are due at some time; and what the database says of them."""
    crew = Crew(servers=0, workers=WORKERS, cores=(SERVER_CORE, CLIENT_CORE))
    with fleet(run, run.servers, crew, **settings) as ours:
        asyncio.run(_fill(run))
        multiply(run.servers, DATABASE, TIMES)
        with run.servers.connect(DATABASE) as connection:
            connection.autocommit(True)
            yield ours, Ledger(connection)


async def _fill(run: Run) -> None:
    found, now = opened(url_of(run.servers, DATABASE)), datetime.now(UTC)
    sender, *recipients = await people(found, run.seed, 1 + PEOPLE)
    later = now + timedelta(days=1)
    await seal(
        found,
        [letter(sender, [recipients[number % PEOPLE]], sealed_at=now, unlocks_at=later) for number in range(SEEDED)],
    )
    await found.close()


def _in(interval: int) -> datetime:
    """A second that the schedule has no sweep for, shortly after one that it has."""
    now = int(time.time()) + 4
    return datetime.fromtimestamp(now - now % -interval + 2, UTC)


def _storm(ledger: "Ledger", ours: Fleet, due: datetime, random: Random | None) -> Storm:
    """Let all letters be due then, and wait until nobody is left who is to be told; kill meanwhile if told how."""
    ledger.reset(due)
    kills, next_kill = 0, due.timestamp()
    while ledger.number(LEFT):
        if random is not None and kills < KILLS and time.time() > next_kill:
            ours.kill(random.randrange(WORKERS))
            kills, next_kill = kills + 1, time.time() + random.uniform(*PAUSES)
        if time.time() > due.timestamp() + PATIENCE:
            break
        time.sleep(0.05)
    seconds = time.time() - due.timestamp()
    time.sleep(SETTLING)
    return ledger.told(due, seconds, kills)


class Ledger:
    """What the database says of the letters, without any adapter of ours."""

    def __init__(self, connection: pymysql.Connection) -> None:
        self._connection = connection

    def number(self, statement: str) -> int:
        """What is counted."""
        return self._row(statement)[0]

    def reset(self, due: datetime) -> None:
        """Nothing was announced, and everything is due then."""
        at = due.replace(tzinfo=None)
        self._change(f"DELETE {OF_KIND}")
        capsules, addressees = RESET
        self._change(capsules, at, due.isoformat())
        self._change(addressees, at, at)

    def told(self, due: datetime, seconds: float, kills: int) -> Storm:
        """What there is when it is over."""
        count, different, early = self._row(f"{ANNOUNCED} {OF_KIND}", due.replace(tzinfo=None))
        return Storm(
            seconds=seconds, lost=LETTERS - different, doubled=count - different, early=early,
            mailed=self.number(MAILED), kills=kills,
        )  # fmt: skip

    def _row(self, statement: str, *values: object) -> Sequence[int]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return [int(value) for value in cursor.fetchone() or ()]

    def _change(self, statement: str, *values: object) -> None:
        """As often as it takes: workers hold rows, too."""
        while True:
            try:
                with self._connection.cursor() as cursor:
                    cursor.execute(statement, values)
                    return
            except pymysql.OperationalError as error:
                if error.args[0] not in LOST:
                    raise

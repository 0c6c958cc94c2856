"""Statements that take long are logged with their text, however they are run, and never with their values."""

import logging
from typing import Any

import pytest
import sqlalchemy as sa

from asperguide.adapters.sql import store
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.prepared import Prepared
from asperguide.choosing import database as chosen
from asperguide.settings import Settings

WORK = (
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 900) "
    "SELECT count(*) AS total FROM c AS a CROSS JOIN c AS b WHERE {} = {}"
)
BOUND = sa.text(WORK.format(":word", ":word")).columns(total=sa.Integer)
VALUES = {"word": "hunter2"}


def slow_seconds(database: Database, seconds: float) -> None:
    database.engine.sync_engine.update_execution_options(slow_seconds=seconds)


@pytest.mark.parametrize(
    ("statement", "values"),
    [(BOUND, VALUES), (Prepared(BOUND), VALUES), (WORK.format(1, 1), None)],
    ids=["sqlalchemy", "prepared", "text"],
)
async def test_a_slow_statement_is_a_warning_without_values(
    database: Database, caplog: pytest.LogCaptureFixture, statement: Any, values: Any
) -> None:
    slow_seconds(database, 0.002)
    async with database.reading() as reading:
        assert (await reading.execute(statement, values)).scalar() == 810_000
    (record,) = (record for record in caplog.records if record.name == "asperguide.sql")
    assert (record.levelno, record.message) == (logging.WARNING, "slow query")
    assert record.__dict__["ms"] >= 2
    assert record.__dict__["statement"].startswith("WITH RECURSIVE c(n) AS")
    assert "hunter2" not in str(record.__dict__)


async def test_a_slow_statement_that_fails_is_told_as_well(
    database: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_seconds(database, 0.0)
    monkeypatch.setattr(store, "SLOW_AT_LEAST", 0.0)
    async with database.reading() as reading:
        with pytest.raises(sa.exc.SQLAlchemyError):
            await reading.execute(sa.text("SELECT :word FROM no_such_table"), VALUES)
    assert [record.__dict__["statement"] for record in caplog.records] == ["SELECT :word FROM no_such_table"]


async def test_an_ordinary_statement_leaves_no_line(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    slow_seconds(database, 30)
    async with database.reading() as reading:
        await reading.execute(BOUND, VALUES)
    assert [record for record in caplog.records if record.name == "asperguide.sql"] == []


def test_what_counts_as_slow_is_a_setting(tmp_path: Any) -> None:
    engine = chosen(Settings(data_dir=tmp_path, slow_query_ms=350)).engine
    assert engine.sync_engine.get_execution_options()["slow_seconds"] == 0.35
    engine = chosen(Settings(sql_host="db", slow_query_ms=350)).engine
    assert engine.sync_engine.get_execution_options()["slow_seconds"] == 0.35

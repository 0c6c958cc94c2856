"""Statements as spans: their text as it was sent, with placeholders and without a value."""

import re
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from asperguide.adapters.sql.measures import DatabaseMeasures
from asperguide.adapters.tracing import Tracer, is_recorded
from asperguide.shared.tracing import trace

TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|TABLE)\s+[`\"]?(\w+)", re.IGNORECASE)
LONGEST_TEXT = 4096

_text: ContextVar[str] = ContextVar("asperguide_sql_text", default="")


class TracedStatements(DatabaseMeasures):
    """Measures that also tell of each statement, BEGIN and COMMIT included."""

    def __init__(self, engine: AsyncEngine, tracer: Tracer) -> None:
        super().__init__(engine)
        self._tracer = tracer
        event.listen(engine.sync_engine, "before_cursor_execute", _remember)

    def ran(self, seconds: float, connection: AsyncConnection, failure: Exception | None) -> None:
        """The text is what was last on its way to the driver in this task."""
        super().ran(seconds, connection, failure)
        if not is_recorded(trace.get().traceparent):
            return
        text = _text.get()
        summary = _summary(text)
        dialect = connection.dialect
        attributes = {
            "db.system.name": "mariadb" if getattr(dialect, "is_mariadb", False) else dialect.name,
            "db.query.text": text[:LONGEST_TEXT],
            "db.query.summary": summary,
        }
        self._tracer.tell(summary, seconds, attributes, type(failure).__name__ if failure else "")


def _remember(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
    _text.set(" ".join(statement.split()))


@lru_cache(maxsize=1024)
def _summary(text: str) -> str:
    """The operation and the first table, which is what such a span is called."""
    operation, _, _ = text.partition(" ")
    table = TABLE.search(text)
    return f"{operation.upper()} {table[1]}" if table else operation.upper()

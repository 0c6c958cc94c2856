"""Queues that operators stopped: a row for each, which every claim looks at."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.types import KeyText, Uuid
from asperguide.shared.actor import UserId


class LedgerPause(Row):
    """A paused queue: since when, and by whom."""

    __tablename__ = "ledger_pauses"

    queue: Mapped[str] = mapped_column(KeyText(40), primary_key=True)
    paused_at: Mapped[datetime]
    by: Mapped[UserId] = mapped_column(Uuid())


pauses = LedgerPause.__table__.c
not_paused = ~sa.exists().where(pauses.queue == sa.bindparam("queue"))
"""That the queue of a claim goes on: one look by primary key, not one for each job."""

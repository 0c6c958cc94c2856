"""What the tables tell about the health of the whole."""

from datetime import UTC, datetime

import sqlalchemy as sa

from asperguide.adapters.sql import migrations
from asperguide.adapters.sql.analytics_rows import EventRow
from asperguide.adapters.sql.capsule_rows import AddresseeRow
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.identity_rows import SessionRow, UserRow
from asperguide.adapters.sql.ledger import jobs
from asperguide.adapters.sql.maintenance import MaintenanceRow
from asperguide.adapters.sql.media_rows import FileRow, UploadRow
from asperguide.adapters.sql.store import Store
from asperguide.identity.model import UserState
from asperguide.media.model import FileState
from asperguide.operations.model import Vitals
from asperguide.operations.ports import Watch
from asperguide.shared.ledger import JobState

_maintenance = sa.select(sa.func.count()).select_from(MaintenanceRow.__table__)
_oldest_lease = sa.select(sa.func.min(jobs.leased_until)).where(jobs.state == JobState.RUNNING)
_users, _sessions = UserRow.__table__.c, SessionRow.__table__.c
_stray_sessions = (
    sa.select(sa.func.count())
    .select_from(sa.join(UserRow.__table__, SessionRow.__table__, _sessions.user == _users.id))
    .where(
        _users.state.in_((UserState.SUSPENDED, UserState.CLOSED)),
        _sessions.over_at > sa.bindparam("now"),
        _sessions.ended_at.is_(None),
    )
)
_files = FileRow.__table__.c
_unchecked_since = sa.select(sa.func.min(_files.updated_at)).where(
    _files.state.in_((FileState.QUARANTINED, FileState.CHECKING))
)
_upload_over_since = sa.select(sa.func.min(UploadRow.__table__.c.expires_at))
_announcement_due_at = sa.select(sa.func.min(AddresseeRow.__table__.c.due_at))
# By company, so that of each one the index is looked at where its events begin, however many there are.
_events = EventRow.__table__.c
_oldest_events = sa.select(sa.func.min(_events.received_at).label("since")).where(_events.waiting == 1)
_event_waiting_since = sa.select(sa.func.min(_oldest_events.group_by(_events.company).subquery("oldest").c.since))


class SqlWatch(Watch):
    """Looks from outside of any transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def look(self, now: datetime) -> Vitals:
        """A statement for each thing, every one of them on an index."""
        status = await migrations.status(self._database)
        async with self._database.reading() as store:
            return Vitals(
                time=await self._time(store, now),
                oldest_lease=await store.scalar(_oldest_lease),
                stray_sessions=await store.scalar(_stray_sessions, now=now),
                schema_fits=status.is_current or status.is_ahead,
                maintenance=await store.scalar(_maintenance) > 0,
                unchecked_since=await store.scalar(_unchecked_since),
                upload_over_since=await store.scalar(_upload_over_since),
                announcement_due_at=await store.scalar(_announcement_due_at),
                event_waiting_since=await store.scalar(_event_waiting_since),
            )

    async def _time(self, store: Store, now: datetime) -> datetime:
        """An embedded database has no clock but ours."""
        if self._database.embedded:
            return now
        found: datetime = await store.scalar(sa.select(sa.func.utc_timestamp(6)))
        return found.replace(tzinfo=UTC)

"""What things in memory tell about the health of the whole."""

from datetime import datetime

from asperguide.adapters.memory.analytics import EVENTS
from asperguide.adapters.memory.capsules_tables import ANNOUNCEMENTS
from asperguide.adapters.memory.identity_tables import SESSIONS, USERS
from asperguide.adapters.memory.ledger import MemoryLedger
from asperguide.adapters.memory.media_tables import FILES, UPLOADS
from asperguide.adapters.memory.operations import MAINTENANCE
from asperguide.adapters.memory.tables import MemoryDatabase
from asperguide.identity.model import UserState
from asperguide.operations.model import Vitals
from asperguide.operations.ports import Watch
from asperguide.shared.ledger import JobState

WITHOUT_ACCESS = (UserState.SUSPENDED, UserState.CLOSED)


class MemoryWatch(Watch):
    """Looks at every row. There is no schema and no second clock that could be wrong."""

    def __init__(self, database: MemoryDatabase, ledger: MemoryLedger) -> None:
        self._database, self._ledger = database, ledger

    async def look(self, now: datetime) -> Vitals:
        """Counted anew each time."""
        users = {user.id for user in self._database.rows(USERS).all(lambda user: user.state in WITHOUT_ACCESS)}
        stray = self._database.rows(SESSIONS).all(lambda session: session.user in users and session.alive(now))
        unchecked = self._database.rows(FILES).all(lambda file: file.unchecked)
        waiting = self._database.rows(EVENTS).all(lambda row: row.waiting)
        leases = [row.leased_until for row in self._ledger.rows.values() if row.state is JobState.RUNNING]
        return Vitals(
            time=now,
            oldest_lease=min((lease for lease in leases if lease is not None), default=None),
            stray_sessions=len(stray),
            schema_fits=True,
            unchecked_since=min((file.updated_at for file in unchecked), default=None),
            upload_over_since=min((upload.expires_at for upload in self._database.rows(UPLOADS).all()), default=None),
            announcement_due_at=min((one.due_at for one in self._database.rows(ANNOUNCEMENTS).all()), default=None),
            event_waiting_since=min((row.event.received_at for row in waiting), default=None),
            maintenance=bool(self._database.rows(MAINTENANCE).all(lambda _: True)),
        )

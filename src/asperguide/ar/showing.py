"""Whether a print can be seen, and if not, why: one order of reasons for the public, for viewers and for members."""

import re
from collections.abc import Collection, Iterator
from datetime import datetime

from msgspec import Struct

from asperguide.ar.model import ContentState, MarkerState, PublicId
from asperguide.ar.unavailable import REFUSALS, Reason
from asperguide.ar.viewer_ports import Showing, Showings
from asperguide.shared.actor import Actor
from asperguide.shared.ports import Clock
from asperguide.shared.tenancy import Projects

PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
"""16 bytes in URL-safe base64: the last character has two bits of them."""
FOR_MEMBERS = frozenset({Reason.PROJECT_INACTIVE, Reason.NOT_PUBLISHED})
"""What does not keep a member from having a look beforehand."""


def as_public_id(text: str) -> PublicId | None:
    """The text as a public id, None when it cannot be one."""
    return PublicId(text) if PUBLIC_ID.fullmatch(text) else None


def reason_against(showing: Showing, now: datetime, waived: Collection[Reason] = ()) -> Reason | None:
    """Why it cannot be seen at this instant, apart from what is waived; None when it can."""
    return next((reason for reason in _reasons(showing, now) if reason not in waived), None)


def _reasons(showing: Showing, now: datetime) -> Iterator[Reason]:
    content = showing.content
    if not showing.project.company.active:
        yield Reason.COMPANY_INACTIVE
    if not showing.project.shows(now):
        yield Reason.PROJECT_INACTIVE
    if content.expired(now):
        yield Reason.EXPIRED
    if content.state is not ContentState.PUBLISHED:
        yield Reason.NOT_PUBLISHED
    if content.marker.state is MarkerState.REFUSED:
        yield Reason.MARKER_MISSING
    if content.marker.state is MarkerState.PENDING:
        yield Reason.MARKER_PENDING
    if not any(video.playable(now) for video in content.videos):
        yield Reason.NO_PLAYABLE_VIDEO


class LookAt(Struct, frozen=True, kw_only=True):
    """What is known of a print, and why it cannot be seen: nothing of it is known to whoever may not know it.

    A `member` of the project, whatever the role, is shown what is not published too.
    """

    showings: Showings
    projects: Projects
    clock: Clock

    async def __call__(self, public_id: str, member: Actor | None = None) -> Showing | Reason:
        id = as_public_id(public_id)
        if id is None:
            return Reason.INVALID_ID
        showing = await self.showings.find(id)
        if showing is None:
            return Reason.NOT_FOUND
        now = self.clock.now()
        reason = reason_against(showing, now)
        if reason in FOR_MEMBERS and member is not None and await self._knows(member, showing):
            reason = reason_against(showing, now, FOR_MEMBERS)
        return reason or showing

    async def _knows(self, member: Actor, showing: Showing) -> bool:
        return await self.projects.standing(member.user, showing.content.project) is not None


def demanded(found: Showing | Reason) -> Showing:
    """What was found. Raises the error that says the reason when it cannot be seen."""
    if isinstance(found, Reason):
        raise REFUSALS[found]
    return found

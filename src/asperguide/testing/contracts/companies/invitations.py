"""The law of invitations: no address is awaited twice, and a token finds its invitation and no other."""

import asyncio
from dataclasses import replace

from asperguide.companies.errors import AlreadyInvited
from asperguide.companies.invitations import LIFETIME, InvitationState
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyRole
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.identity.listing import everything
from asperguide.testing.contracts.incorporating import company, invitation
from asperguide.testing.contracts.people import DAY, HOUR, IDS, NOW
from asperguide.testing.contracts.persistence import Persistence


class InvitationsContract:
    """Invitations: round trip, versions, uniqueness, look-ups, lists, forgetting."""

    async def test_an_invitation_comes_back_as_it_went_in(self, persistence: Persistence) -> None:
        home, other = company(), company()
        full = invitation(
            home, "Großmutter.O'Neil@Straße.example", role=CompanyRole.OWNER, sendings=7, version=9,
            answer=InvitationState.DECLINED, answered_at=NOW + HOUR,
        )  # fmt: skip
        await persistence.keep_companies(home, other, full, plain := invitation(home, digest=None))
        for kept in (full, plain):
            for where, expected in ((home, kept), (other, None)):
                got = await persistence.change_companies(
                    lambda uow, one=kept, at=where: uow.invitations.get(at.id, one.id)  # type: ignore[misc]
                )
                assert got == expected

    async def test_of_two_answers_to_an_invitation_the_second_is_refused(self, persistence: Persistence) -> None:
        home = company()
        kept = invitation(home)
        await persistence.keep_companies(home, kept)
        accepted = kept.answered(InvitationState.ACCEPTED, NOW)
        saved = await persistence.change_companies(lambda uow: uow.invitations.save(accepted))
        assert saved == replace(accepted, version=2)
        with raises(EditedMeanwhile):
            await persistence.change_companies(lambda uow: uow.invitations.save(kept.revoked(NOW)))

    async def test_a_company_awaits_an_address_once(self, persistence: Persistence) -> None:
        home, other = company(), company()
        first = invitation(home, "Zoë@example.org")
        same = invitation(home, "ZOE\u0308@Example.org")
        await persistence.keep_companies(home, other, first, invitation(other, "zoë@example.org"))
        with raises(AlreadyInvited):
            await persistence.keep_companies(same)

        def awaiting(key: str) -> object:
            return persistence.change_companies(lambda uow: uow.invitations.awaiting(home.id, key))

        assert await awaiting(same.email_key) == first  # type: ignore[misc]
        assert await awaiting("zoe@example.org") is None  # type: ignore[misc]
        await persistence.change_companies(lambda uow: uow.invitations.save(first.revoked(NOW)))
        results = await asyncio.gather(
            *(persistence.keep_companies(replace(same, id=invitation(home).id, digest=None)) for _ in range(8)),
            return_exceptions=True,
        )
        assert sorted(type(result).__name__ for result in results) == [*["AlreadyInvited"] * 7, "NoneType"]

    async def test_what_waits_is_counted_until_it_is_answered_or_too_old(self, persistence: Persistence) -> None:
        home, other = company(), company()
        old = invitation(home, expires_at=NOW + HOUR)
        answered = invitation(home, answer=InvitationState.DECLINED, answered_at=NOW)
        waiting = [invitation(home) for _ in range(3)]
        await persistence.keep_companies(home, other, old, answered, *waiting, invitation(other))
        for at, expected in ((NOW, 4), (NOW + HOUR, 3), (NOW + LIFETIME, 0)):
            count = persistence.change_companies(lambda uow, at=at: uow.invitations.count_awaiting(home.id, at))  # type: ignore[misc]
            assert await count == expected

    async def test_a_digest_finds_its_invitation_to_the_byte(self, persistence: Persistence) -> None:
        home = company()
        kept = [invitation(home, digest=digest) for digest in (b"\x00" * 32, b"\x00" * 31 + b" ", b"a" * 32, None)]
        await persistence.keep_companies(home, *kept)
        for one in kept[:3]:
            assert one.digest is not None
            assert await persistence.company_reads.invitation(one.digest) == one
            assert await persistence.change_companies(lambda uow, one=one: uow.invitations.by_digest(one.digest)) == one  # type: ignore[misc]
        for strange in (b"A" * 32, b"\x00" * 31, b"", IDS.secret()):
            assert await persistence.company_reads.invitation(strange) is None

    async def test_invitations_are_listed_by_time_and_state_page_by_page(self, persistence: Persistence) -> None:
        home, other = company(), company()
        answers = (None, InvitationState.ACCEPTED, InvitationState.DECLINED, InvitationState.REVOKED, None)
        kept = [
            invitation(
                home, answer=answers[n % 5], created_at=NOW + n // 4 * HOUR, expires_at=NOW + (n % 2) * DAY + HOUR
            )
            for n in range(30)
        ]
        await persistence.keep_companies(home, other, *kept, invitation(other))
        for now in (NOW, NOW + HOUR, NOW + 2 * DAY):

            async def read(page: PageRequest, now: object = now) -> object:
                return await persistence.company_reads.invitations(home.id, page, now)  # type: ignore[arg-type]

            for state in (None, *InvitationState):
                filters = {} if state is None else {"state": state.value}
                expected = sorted(
                    (one for one in kept if state in (None, one.state(now))), key=lambda one: (one.created_at, one.id)
                )
                assert await everything(read, 4, filters=filters) == expected[::-1], state  # type: ignore[arg-type]
                assert await everything(read, 30, sort="created_at", filters=filters) == expected  # type: ignore[arg-type]

    async def test_invitations_are_forgotten_when_they_have_long_been_over(self, persistence: Persistence) -> None:
        home = company()
        kept = [invitation(home, expires_at=NOW + n * DAY) for n in range(6)]
        await persistence.keep_companies(home, *kept)
        before = NOW + 4 * DAY
        counts = [
            await persistence.change_companies(lambda uow: uow.invitations.remove_over(before, 3)) for _ in range(3)
        ]
        assert counts == [3, 1, 0]
        left = await persistence.company_reads.invitations(home.id, PageRequest(), NOW + LIFETIME)
        assert {one.id for one in left.items} == {kept[4].id, kept[5].id}

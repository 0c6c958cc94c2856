"""The law of what others ask of companies: where somebody stands, what is known, who can be written to."""

from dataclasses import replace

from asperguide.companies.model import CompanyState
from asperguide.companies.ports import Shown
from asperguide.companies.settings import CompanySettings
from asperguide.shared.tenancy import CompanyId, CompanyRole, Standing
from asperguide.testing.contracts.incorporating import company, member, owner, somebody
from asperguide.testing.contracts.people import IDS, NOW
from asperguide.testing.contracts.persistence import Persistence


class StandingsContract:
    """Standings, facts and members in some roles."""

    async def test_a_member_stands_in_their_role_and_a_stranger_nowhere(self, persistence: Persistence) -> None:
        kept, other, user = company(state=CompanyState.INACTIVE), company(), somebody()
        mine = member(kept, user, CompanyRole.MANAGER)
        await persistence.keep_companies(kept, other, mine, owner(other))
        settings = CompanySettings(
            id=kept.id, time_zone="Asia/Tokyo", locale="fr", accent="#123456", email="notices@example.org"
        )
        await persistence.change_companies(lambda uow: uow.companies.save_settings(settings))
        reads = persistence.company_reads
        standing = await reads.standing(user, kept.id)
        assert standing == Standing(company=kept.facts(settings), role=CompanyRole.MANAGER)
        assert standing is not None
        assert (standing.company.active, standing.company.time_zone) == (False, "Asia/Tokyo")
        assert standing.company.email == "notices@example.org"
        assert await reads.shown(user, kept.id) == Shown(company=kept, membership=mine)
        for who, where in ((user, other.id), (somebody(), kept.id), (user, CompanyId(IDS.new()))):
            assert await reads.standing(who, where) is None
            assert await reads.shown(who, where) is None

    async def test_facts_are_those_of_companies_that_there_are(self, persistence: Persistence) -> None:
        kept = [company() for _ in range(70)]
        await persistence.keep_companies(*kept)
        asked = [*(one.id for one in kept), kept[0].id, CompanyId(IDS.new())]
        found = await persistence.company_reads.known(asked)
        assert found == {one.id: one.facts(CompanySettings(id=one.id)) for one in kept}
        assert await persistence.company_reads.known(()) == {}

    async def test_in_a_company_that_is_closing_nobody_stands(self, persistence: Persistence) -> None:
        kept, user = company(), somebody()
        await persistence.keep_companies(kept, owner(kept, user))
        await persistence.change_companies(lambda uow: uow.companies.save(kept.closing(NOW)))
        assert await persistence.company_reads.standing(user, kept.id) is None
        assert await persistence.company_reads.shown(user, kept.id) is None

    async def test_members_in_some_roles_come_in_the_order_of_their_ids(self, persistence: Persistence) -> None:
        kept = company()
        members = [member(kept, role=role) for role in CompanyRole for _ in range(3)]
        await persistence.keep_companies(kept, *members[::-1], replace(members[0], id=member(kept).id, user=somebody()))
        reads = persistence.company_reads
        for roles in ((CompanyRole.MANAGER,), (CompanyRole.VIEWER, CompanyRole.EDITOR), ()):
            expected = sorted(one.user for one in members if one.role in roles)
            assert list(await reads.members_in(kept.id, roles)) == expected
        assert list(await reads.members_in(company().id, tuple(CompanyRole))) == []

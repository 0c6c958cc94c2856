"""The law of companies: they come back as they went in, no name and no slug is there twice, and they can go."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from asperguide.companies.activity import happening
from asperguide.companies.errors import CompanyNameTaken, CompanySlugTaken
from asperguide.companies.model import Company, CompanyState, Tier
from asperguide.companies.settings import CompanySettings
from asperguide.shared.actor import Origin
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyId
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.incorporating import client, company, happened, invitation, member, owner, somebody
from asperguide.testing.contracts.people import DAY, IDS, NOW
from asperguide.testing.contracts.persistence import Persistence

FULL = company(
    "東京 / O'Neil & Söhne 🦊 \\ % _",
    slug="a" * 80,
    state=CompanyState.INACTIVE,
    email="Büro@Straße.example",
    phone="+353123456789012",
    website="https://oneil.example.org/" + "x" * 229,
    address="1 Main Street\nDublin " + "ÿ" * 479,
    notes="\r\n\t\"'; DROP TABLE\x00" * 500,
    store="archive",
    tier=Tier.ENTERPRISE,
    storage_bytes=2**60,
    most_projects=1_000_000,
    created_at=datetime(2031, 1, 2, 3, 4, 5, 999999, UTC),
    updated_at=datetime(2031, 1, 2, 3, 4, 5, 1, UTC),
    version=7,
)


async def there(persistence: Persistence, id: CompanyId) -> Company | None:
    """What is committed."""
    return (await persistence.company_reads.companies((id,))).get(id)


class CompanyRecordsContract:
    """Companies: round trip, versions, uniqueness, settings, and their end."""

    async def test_a_company_comes_back_as_it_went_in(self, persistence: Persistence) -> None:
        plain = company()
        for kept in (FULL, plain):
            await persistence.keep_companies(kept)
            assert await there(persistence, kept.id) == kept
            assert await persistence.change_companies(lambda uow, one=kept: uow.companies.locked(one.id)) == kept  # type: ignore[misc]
        assert await there(persistence, CompanyId(IDS.new())) is None
        assert await persistence.change_companies(lambda uow: uow.companies.locked(CompanyId(IDS.new()))) is None
        assert await persistence.company_reads.companies(()) == {}

    async def test_of_two_changes_of_a_company_the_second_is_refused(self, persistence: Persistence) -> None:
        kept = company()
        await persistence.keep_companies(kept)
        changed = replace(kept, name="Other", tier=Tier.PRO, phone="+35312345678")
        saved = await persistence.change_companies(lambda uow: uow.companies.save(changed))
        assert saved == replace(changed, version=2)
        with raises(EditedMeanwhile):
            await persistence.change_companies(lambda uow: uow.companies.save(kept))
        with raises(EditedMeanwhile):
            await persistence.change_companies(lambda uow: uow.companies.remove(kept))
        assert await there(persistence, kept.id) == saved

    async def test_no_two_companies_have_one_name_whatever_the_case(self, persistence: Persistence) -> None:
        first, other = company("Straße Zoë", slug="a"), company("Strasse Zoe", slug="b")
        await persistence.keep_companies(first, other)
        for name in ("STRASSE ZOE\u0308", "straße  zoë", "Straße Zoë"):
            with raises(CompanyNameTaken):
                await persistence.keep_companies(company(name, slug="c"))
            with raises(CompanyNameTaken):
                await persistence.change_companies(
                    lambda uow, name=name: uow.companies.save(replace(other, name=name))  # type: ignore[misc]
                )
        await persistence.change_companies(lambda uow: uow.companies.save(replace(first, name="STRAßE ZOË")))

    async def test_no_two_companies_have_one_slug(self, persistence: Persistence) -> None:
        first, other = company(slug="oneil"), company(slug="oneil-2")
        await persistence.keep_companies(first, other, company(slug="oneil-and-sons"), company(slug="o"))
        with raises(CompanySlugTaken):
            await persistence.keep_companies(company(slug="oneil"))
        with raises(CompanySlugTaken):
            await persistence.change_companies(lambda uow: uow.companies.save(replace(other, slug="oneil")))
        found = await persistence.change_companies(lambda uow: uow.companies.slugs_like("oneil", 10))
        assert {"oneil", "oneil-2"} <= set(found)
        assert "o" not in found
        assert set(await persistence.change_companies(lambda uow: uow.companies.slugs_like("oneil", 1))) == {"oneil"}
        assert set(await persistence.change_companies(lambda uow: uow.companies.slugs_like("nobody", 10))) == set()

    async def test_of_many_that_take_one_name_at_once_one_does(self, persistence: Persistence) -> None:
        new = [company("Zoë", slug=f"zoe-{n}") for n in range(8)]
        results = await asyncio.gather(*map(persistence.keep_companies, new), return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == [*["CompanyNameTaken"] * 7, "NoneType"]

    async def test_settings_have_a_version_of_their_own(self, persistence: Persistence) -> None:
        kept = company()
        await persistence.keep_companies(kept)
        plain = CompanySettings(id=kept.id)
        assert await persistence.company_reads.settings(kept.id) == plain
        changed = replace(
            plain, time_zone="America/Argentina/ComodRivadavia", locale="fr", accent="#AbCdEf", expiry_notice_days=90,
            email="Büro@Straße.example",
        )  # fmt: skip
        saved = await persistence.change_companies(lambda uow: uow.companies.save_settings(changed))
        assert saved == replace(changed, version=2)
        assert await persistence.company_reads.settings(kept.id) == saved
        assert await persistence.change_companies(lambda uow: uow.companies.settings(kept.id)) == saved
        with raises(EditedMeanwhile):
            await persistence.change_companies(lambda uow: uow.companies.save_settings(plain))
        assert await there(persistence, kept.id) == kept
        assert await persistence.company_reads.settings(CompanyId(IDS.new())) is None

    async def test_a_company_that_is_closing_gives_up_its_name_and_slug(self, persistence: Persistence) -> None:
        kept = company("Zoë", slug="zoe")
        await persistence.keep_companies(kept, owner(kept))
        closing = await persistence.change_companies(lambda uow: uow.companies.save(kept.closing(NOW + DAY)))
        reads = persistence.company_reads
        assert (await there(persistence, kept.id), dict(await reads.known((kept.id,)))) == (None, {})
        assert await persistence.change_companies(lambda uow: uow.companies.locked(kept.id)) == closing
        await persistence.keep_companies(company("ZOË", slug="zoe"))
        assert [one.state for one in (await reads.all(PageRequest(filters={"state": "closing"}))).items] == ["closing"]

    async def test_a_company_is_forgotten_a_part_at_a_time(self, persistence: Persistence) -> None:
        kept, other = company(), company()
        hanging = [
            thing(one) for one in (kept, other) for thing in (member, invitation, client, happened) for _ in range(5)
        ]
        await persistence.keep_companies(kept, other, *hanging)
        counts = list[int]()
        while not counts or counts[-1]:
            counts.append(await persistence.change_companies(lambda uow: uow.companies.forget_some(kept.id, 2)))
        assert counts == [8, 8, 4, 0]
        reads = persistence.company_reads
        assert await reads.count_clients(kept.id) == 0
        assert (await reads.members(other.id, PageRequest(count=True))).total == 5
        assert (await reads.activity(other.id, PageRequest(count=True))).total == 5
        assert (await reads.invitations(other.id, PageRequest(count=True), NOW)).total == 5
        assert await reads.count_clients(other.id) == 5
        await persistence.change_companies(lambda uow: uow.companies.remove(kept))
        assert await persistence.change_companies(lambda uow: uow.companies.locked(kept.id)) is None
        assert (await reads.settings(kept.id), await there(persistence, other.id)) == (None, other)

    async def test_a_company_is_empty_without_clients_and_projects(self, persistence: Persistence) -> None:
        kept, other = company(), company()
        await persistence.keep_companies(kept, member(kept), invitation(kept), other, client(other))

        async def empty(of: Company) -> bool:
            return await persistence.change_companies(lambda uow: uow.companies.is_empty(of.id))

        assert (await empty(kept), await empty(other)) == (True, False)
        await persistence.change_projects(lambda uow: uow.counts.take(kept.id, 5))
        assert not await empty(kept)
        await persistence.change_projects(lambda uow: uow.counts.give_back(kept.id))
        assert await empty(kept)

    async def test_what_administrators_do_stands_in_the_security_log(self, persistence: Persistence) -> None:
        kept, boss = company(), somebody()
        done = happening(IDS.new(), kept.id, NOW, None, "company-administered", kept.id, "tier=pro")
        await persistence.change_companies(lambda uow: uow.deeds.add(done, boss, Origin(address="192.0.2.7")))
        (line,) = (await persistence.reads.events(PageRequest())).items
        assert (line.kind, line.by, line.user) == ("company-administered", boss, None)
        assert (line.address, line.at, line.detail) == ("192.0.2.7", NOW, f"{kept.id} tier=pro")

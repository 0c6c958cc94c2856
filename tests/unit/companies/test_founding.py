"""Founding companies, changing what is known of them, and how they want things."""

import asyncio
import re
from typing import Any

import pytest

from asperguide.companies import CompanyChange, CompanyState, NewCompany, SettingsChange, Tier, founding
from asperguide.companies.errors import CompanyNameTaken, CompanySlugTaken, InvalidCompany, InvalidCompanySettings
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyRole
from asperguide.testing import World
from tests.companies import found, told
from tests.unit.companies.conftest import Home


async def test_whoever_founds_a_company_owns_it(home: Home) -> None:
    company = home.company
    assert (company.name, company.slug, company.role) == ("O'Neil & Söhne", "oneil-and-sohne", CompanyRole.OWNER)
    assert (company.state, company.tier, company.storage_bytes, company.most_projects) == (
        CompanyState.ACTIVE, Tier.FREE, 10 * 1024**3, 50,
    )  # fmt: skip
    assert await home.world.container.get_company()(home.owner.actor, home.id) == company
    (mine,) = (await home.world.container.list_companies()(home.owner.actor)).items
    assert (mine.id, mine.name, mine.role, mine.since) == (
        company.id, company.name, CompanyRole.OWNER, company.created_at,
    )  # fmt: skip
    assert await told(home.world, home.id, home.owner) == ["company-created"]


async def test_names_that_look_the_same_in_latin_letters_get_numbers(world: World) -> None:
    siobhan = await world.person("siobhan")
    slugs = [(await found(world, siobhan, name)).slug for name in ("東京", "大阪", "😀", "Muller", "Müller")]
    assert slugs == ["company", "company-2", "company-3", "muller", "muller-2"]


async def test_many_founded_at_once_get_slugs_of_their_own(world: World) -> None:
    siobhan = await world.person("siobhan")
    made = await asyncio.gather(*(found(world, siobhan, "東" * n) for n in range(1, 9)))
    assert sorted(one.slug for one in made) == ["company", *(f"company-{n}" for n in range(2, 9))]


async def test_where_many_names_begin_alike_slugs_end_with_something_rare(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(founding, "MOST_NUMBERED", 2)
    siobhan = await world.person("siobhan")
    slugs = [(await found(world, siobhan, "東" * n)).slug for n in range(1, 5)]
    assert slugs[:2] == ["company", "company-2"]
    assert all(re.fullmatch("company-[0-9a-f]{12}", slug) for slug in slugs[2:])


async def test_a_slug_that_was_asked_for_is_refused_when_it_is_taken(home: Home) -> None:
    create = home.world.container.create_company()
    with pytest.raises(CompanySlugTaken):
        await create(home.owner.actor, NewCompany(name="Another", slug="oneil-and-sohne"))
    made = await create(home.owner.actor, NewCompany(name="Another", slug="another-one"))
    change = home.world.container.change_company()
    with pytest.raises(CompanySlugTaken):
        await change(home.owner.actor, made.id, CompanyChange(slug="oneil-and-sohne"))
    assert (await change(home.owner.actor, made.id, CompanyChange(slug="other"))).slug == "other"


async def test_a_company_may_be_renamed_and_keeps_its_slug(home: Home) -> None:
    c = home.world.container
    other = await found(home.world, home.owner, "Another")
    with pytest.raises(CompanyNameTaken):
        await c.change_company()(home.owner.actor, other.id, CompanyChange(name=" o'neil  & SÖHNE"))
    renamed = await c.change_company()(home.owner.actor, home.id, CompanyChange(name="  O'NEIL & Söhne "), 1)
    assert (renamed.name, renamed.slug, renamed.version) == ("O'NEIL & Söhne", "oneil-and-sohne", 2)
    with pytest.raises(EditedMeanwhile):
        await c.change_company()(home.owner.actor, home.id, CompanyChange(name="Late"), 1)
    await c.change_company()(home.owner.actor, home.id, CompanyChange(name="Zoë"))
    await found(home.world, home.stranger, "O'Neil & Söhne")
    mine = await c.list_companies()(home.owner.actor, PageRequest(sort="name"))
    assert [one.name for one in mine.items] == ["Another", "Zoë"]
    assert await told(home.world, home.id, home.owner) == ["company-created", "company-changed", "company-changed"]


async def test_a_patch_changes_what_it_names_and_nothing_else(home: Home) -> None:
    change = home.world.container.change_company()
    full = CompanyChange(
        email="office@example.org", phone="+35312345678", website="https://x.example", address="1 Main St\nDublin"
    )
    changed = await change(home.owner.actor, home.id, full)
    assert (changed.email, changed.phone, changed.version) == ("office@example.org", "+35312345678", 2)
    same = await change(home.owner.actor, home.id, full)
    assert same == changed
    cleared = await change(home.owner.actor, home.id, CompanyChange(phone=None, address=None))
    assert (cleared.phone, cleared.address, cleared.email) == (None, None, "office@example.org")


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""}, {"name": "x" * 256}, {"name": "\u200b"}, {"name": "   "}, {"name": "a\nb"}, {"name": "\ud800"},
        {"email": "a@b..c"}, {"email": "nobody"}, {"phone": "0353"}, {"phone": "+0123456789"}, {"phone": "+353 1 234"},
        {"phone": "+" + "1" * 16}, {"phone": "+35312345678\n"}, {"website": "javascript:alert(1)"},
        {"website": "https://"}, {"website": "https://a b"}, {"slug": "-a"}, {"slug": "A"}, {"slug": "a--b"},
        {"slug": ""}, {"slug": "a" * 81}, {"slug": "a\n"}, {"address": "\x00"}, {"address": ""},
        {"notes": "x" * 10_001},
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_from_python_too(home: Home, fields: dict[str, Any]) -> None:
    c = home.world.container
    with pytest.raises(InvalidCompany) as refused:
        await c.create_company()(home.owner.actor, NewCompany(**{"name": "New", **fields}))
    assert refused.value.fields[0].pointer in (f"#/{next(iter(fields))}", "#")
    with pytest.raises(InvalidCompany):
        await c.change_company()(home.owner.actor, home.id, CompanyChange(**fields))
    assert (await c.get_company()(home.owner.actor, home.id)).version == 1


async def test_settings_are_as_they_are_by_default_until_they_are_changed(home: Home) -> None:
    c = home.world.container
    settings = await c.get_company_settings()(home.viewer.actor, home.id)
    assert (settings.time_zone, settings.locale, settings.accent) == ("UTC", "en", None)
    assert (settings.expiry_notice_days, settings.email, settings.version) == (7, None, 1)
    change = SettingsChange(
        time_zone="Asia/Tokyo", locale="fr", accent="#2f6f4e", expiry_notice_days=90, email="a@b.example"
    )
    changed = await c.change_company_settings()(home.manager.actor, home.id, change, 1)
    assert changed.version == 2
    assert await c.change_company_settings()(home.manager.actor, home.id, change) == changed
    with pytest.raises(EditedMeanwhile):
        await c.change_company_settings()(home.manager.actor, home.id, SettingsChange(locale="en"), 1)
    cleared = await c.change_company_settings()(home.manager.actor, home.id, SettingsChange(accent=None, email=None))
    assert (cleared.accent, cleared.email, cleared.time_zone) == (None, None, "Asia/Tokyo")
    assert (await c.get_company()(home.owner.actor, home.id)).version == 1
    (facts,) = (await c.company_standings().known((home.id,))).values()
    assert (facts.time_zone, facts.locale, facts.expiry_notice_days) == ("Asia/Tokyo", "fr", 90)


@pytest.mark.parametrize(
    "fields",
    [
        {"time_zone": "Mars/Olympus"}, {"time_zone": ""}, {"time_zone": "../etc/passwd"}, {"locale": "de"},
        {"accent": "red"}, {"accent": "#12345"}, {"accent": "#1234567"}, {"accent": "#123456\n"},
        {"expiry_notice_days": 0}, {"expiry_notice_days": 91}, {"email": "a@b..c"},
    ],
)  # fmt: skip
async def test_settings_that_cannot_be_are_refused(home: Home, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidCompanySettings) as refused:
        await home.world.container.change_company_settings()(home.owner.actor, home.id, SettingsChange(**fields))
    assert [wrong.pointer for wrong in refused.value.fields] == [f"#/{next(iter(fields))}"]

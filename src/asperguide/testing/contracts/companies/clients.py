"""The law of clients: no phone number twice in a company, and each is found by how their name and ways begin."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from asperguide.companies.clients import Client, sought
from asperguide.companies.errors import ClientPhoneTaken
from asperguide.shared.errors import EditedMeanwhile, InvalidFields
from asperguide.shared.pages import PageRequest
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.identity.listing import everything
from asperguide.testing.contracts.incorporating import client, company
from asperguide.testing.contracts.people import HOUR, NOW
from asperguide.testing.contracts.persistence import Persistence

NAMES = [
    "bob",
    "Anna",
    "ÄNNE",
    "a\u0308nne 2",
    "a b",
    "Zoë",
    "0",
    "🦊",
    "張伟",
    "\u0390" * 255,
    "ﬃ" * 255,
    "%",
    "_",
    "\\",
]


class ClientsContract:
    """Clients: round trip, versions, uniqueness, search, lists."""

    async def test_a_client_comes_back_as_they_went_in(self, persistence: Persistence) -> None:
        home, other = company(), company()
        full = client(
            home, "Großmutter O'Neil 🦊 张伟 \\ % _", phone="+353123456789012", email="Großmutter@Straße.example",
            notes="\r\n\t\"'; DROP TABLE\x00" * 500, version=3,
            created_at=datetime(2031, 1, 2, 3, 4, 5, 999999, UTC), updated_at=datetime(2031, 1, 2, 3, 4, 5, 1, UTC),
        )  # fmt: skip
        await persistence.keep_companies(home, other, full, plain := client(home))
        reads = persistence.company_reads
        for kept in (full, plain):
            assert await reads.client(home.id, kept.id) == kept
            assert await persistence.change_companies(lambda uow, one=kept: uow.clients.get(home.id, one.id)) == kept  # type: ignore[misc]
            assert await reads.client(other.id, kept.id) is None
            assert await persistence.change_companies(lambda uow, one=kept: uow.clients.get(other.id, one.id)) is None  # type: ignore[misc]

    async def test_of_two_changes_of_a_client_the_second_is_refused(self, persistence: Persistence) -> None:
        home = company()
        kept = client(home)
        await persistence.keep_companies(home, kept)
        changed = replace(kept, name="Zoë", phone="+35312345678", email="zoe@example.org", notes="new")
        saved = await persistence.change_companies(lambda uow: uow.clients.save(changed))
        assert saved == replace(changed, version=2)
        for stale in (lambda uow: uow.clients.save(kept), lambda uow: uow.clients.remove(kept)):
            with raises(EditedMeanwhile):
                await persistence.change_companies(stale)
        await persistence.change_companies(lambda uow: uow.clients.remove(saved))
        assert await persistence.company_reads.client(home.id, kept.id) is None

    async def test_a_company_has_no_phone_number_twice(self, persistence: Persistence) -> None:
        home, other, phone = company(), company(), "+35312345678"
        first, second = client(home, phone=phone), client(home)
        await persistence.keep_companies(home, other, first, second, client(other, phone=phone), client(home))
        with raises(ClientPhoneTaken):
            await persistence.keep_companies(client(home, phone=phone))
        with raises(ClientPhoneTaken):
            await persistence.change_companies(lambda uow: uow.clients.save(replace(second, phone=phone)))
        new = [client(home, phone="+35387654321") for _ in range(8)]
        results = await asyncio.gather(*map(persistence.keep_companies, new), return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == [*["ClientPhoneTaken"] * 7, "NoneType"]

    async def test_clients_are_listed_by_name_and_by_time_page_by_page(self, persistence: Persistence) -> None:
        home, other = company(), company()
        kept = [client(home, NAMES[n % len(NAMES)], created_at=NOW + n // 4 * HOUR) for n in range(40)]
        await persistence.keep_companies(home, other, *kept, client(other))

        async def read(page: PageRequest) -> Any:
            return await persistence.company_reads.clients(home.id, page)

        for field, name in (("created_at", "created_at"), ("name_key", "name")):
            expected = sorted(kept, key=lambda one, field=field: (getattr(one, field), one.id))  # type: ignore[misc]
            assert await everything(read, 7, sort=name) == expected, name
            assert await everything(read, 40, sort=f"-{name}") == expected[::-1], name
        by_name = sorted(kept, key=lambda one: (one.name_key, one.id))
        assert [one async for one in _all(persistence, home.id)] == by_name
        assert await persistence.company_reads.count_clients(home.id) == 40
        for strange in (
            PageRequest(sort="email"),
            PageRequest(filters={"search": " "}),
            PageRequest(filters={"a": "b"}),
        ):
            with raises(InvalidFields):
                await read(strange)

    async def test_clients_are_found_by_how_name_phone_or_address_begin(self, persistence: Persistence) -> None:
        home, other = company(), company()
        kept = [client(home, name) for name in NAMES]
        kept += [
            client(home, "Éamon", phone="+35312345678", email="anna@example.org"),
            client(home, "Niamh", phone="+35387654321", email="Straße@example.org"),
        ]
        await persistence.keep_companies(home, other, *kept, client(other, "Anna"))

        async def found(text: str) -> set[Client]:
            page = await persistence.company_reads.clients(home.id, PageRequest(limit=100, filters={"search": text}))
            return set(page.items)

        for text in (
            "a", "AN", "Anna", "änn", "A\u0308N", "éa", "+353", "+353 1", "+353-87 (654)", "353", "strasse@", "STRASSE",
            "%", "_", "\\", "🦊", "張", "ﬃﬃ", "ffiff", "nobody", "anna@example.org", "'", "+", "-", "x" * 100,
            "12345678", "niamh 353", "b a", "1 2 3", "\u0301",
        ):  # fmt: skip
            expected = {one for one in kept if one.matches(sought(text))}
            assert await found(text) == expected, text
        assert {one.name for one in await found("an")} == {"Anna", "ÄNNE", "a\u0308nne 2", "Éamon"}
        assert {one.name for one in await found("+353 1")} == {"Éamon"}

    async def test_clients_are_found_by_every_word_of_their_names_in_any_order(self, persistence: Persistence) -> None:
        home, other = company(), company()
        names = ("Siobhán O'Neil", "Jean-Pierre d’Aragon", "Søren Æbeltoft", "Анна Петрова", "Γιώργος", "Ann Neilson")
        kept = [client(home, name) for name in names]
        await persistence.keep_companies(home, other, *kept, *(client(other, name) for name in names))

        async def found(text: str) -> list[str]:
            page = await persistence.company_reads.clients(home.id, PageRequest(filters={"search": text}, count=True))
            assert page.total == len(page.items)
            return [one.name for one in page.items]

        for text, expected in (
            ("O'Neil", [names[0]]), ("o’neil", [names[0]]), ("oneil", [names[0]]), ("siobhan", [names[0]]),
            ("neil", [names[5], names[0]]), ("ONEIL SIOB", [names[0]]), ("siobhan ann", []), ("pierre", [names[1]]),
            ("jean-p", [names[1]]), ("aragon jean", [names[1]]), ("SOREN", [names[2]]), ("aebel", [names[2]]),
            ("петр", [names[3]]), ("anna", [names[3]]), ("γιωργ", [names[4]]), ("ierre", []),
            ("a", [names[5], *names[1:4]]),
        ):  # fmt: skip
            assert sorted(await found(text)) == sorted(expected), text
        changed = replace(kept[0], name="Niamh Kelly", email="neil@example.org")
        await persistence.change_companies(lambda uow: uow.clients.save(changed))
        assert (await found("siobhan"), await found("kel"), await found("neil@ex")) == (
            [],
            [changed.name],
            [changed.name],
        )
        await persistence.change_companies(lambda uow: uow.clients.remove(replace(changed, version=2)))
        assert await found("kelly") == []


async def _all(persistence: Persistence, company: Any) -> AsyncIterator[Client]:
    async for one in persistence.company_reads.all_clients(company):
        yield one

"""Clients: added, found, changed, erased; and taken along as a table that no spreadsheet runs."""

import csv
import io
from typing import Any

import pytest

from asperguide.companies import Client, ClientChange, NewClient
from asperguide.companies.errors import ClientNotFound, ClientPhoneTaken, InvalidClient
from asperguide.companies.exporting import COLUMNS, harmless
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.pages import PageRequest
from tests.companies import told
from tests.unit.companies.conftest import Home

PHONE = "+35312345678"


async def add(home: Home, name: str = "Siobhán", **fields: Any) -> Client:
    """A client of the company."""
    return await home.world.container.add_client()(home.editor.actor, home.id, NewClient(name=name, **fields))


async def exported(home: Home) -> bytes:
    """The whole table."""
    export = await home.world.container.export_clients()(home.manager.actor, home.id)
    assert export.name == "oneil-and-sohne-clients.csv"
    return b"".join([some async for some in export.rows])


async def test_a_client_is_added_changed_and_erased(home: Home) -> None:
    c, id = home.world.container, home.id
    client = await add(home, "  Siobhán   O'Neil ", phone=PHONE, email="siobhan@example.org", notes="n")
    assert (client.name, client.phone, client.version) == ("Siobhán O'Neil", PHONE, 1)
    changed = await c.change_client()(home.editor.actor, id, client.id, ClientChange(phone=None, name=" Zoë "), 1)
    assert (changed.name, changed.phone, changed.email, changed.version) == ("Zoë", None, "siobhan@example.org", 2)
    assert await c.change_client()(home.editor.actor, id, client.id, ClientChange(name="Zoë")) == changed
    for call in (
        lambda: c.change_client()(home.editor.actor, id, client.id, ClientChange(name="Late"), 1),
        lambda: c.erase_client()(home.manager.actor, id, client.id, 1),
    ):
        with pytest.raises(EditedMeanwhile):
            await call()
    await c.erase_client()(home.manager.actor, id, client.id, 2)
    with pytest.raises(ClientNotFound):
        await c.get_client()(home.viewer.actor, id, client.id)
    assert (await told(home.world, id, home.owner))[1:] == ["client-added", "client-changed", "client-erased"]
    assert "Zoë" not in str(list(home.world.database.tables["company_activity"].values()))


async def test_no_two_clients_have_one_number(home: Home) -> None:
    await add(home, phone=PHONE)
    other = await add(home)
    with pytest.raises(ClientPhoneTaken):
        await add(home, phone=PHONE)
    with pytest.raises(ClientPhoneTaken):
        await home.world.container.change_client()(home.editor.actor, home.id, other.id, ClientChange(phone=PHONE))


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""}, {"name": "\u200b"}, {"name": "a\tb"}, {"name": "x" * 256}, {"phone": "12"}, {"phone": "+353 1"},
        {"email": "a@b..c"}, {"notes": "x" * 10_001},
    ],
)  # fmt: skip
async def test_a_client_who_cannot_be_is_refused(home: Home, fields: dict[str, Any]) -> None:
    client = await add(home)
    with pytest.raises(InvalidClient) as refused:
        await add(home, **fields)
    assert [wrong.pointer for wrong in refused.value.fields] == [f"#/{next(iter(fields))}"]
    with pytest.raises(InvalidClient):
        await home.world.container.change_client()(home.editor.actor, home.id, client.id, ClientChange(**fields))


async def test_clients_are_found_by_the_beginning_of_name_number_and_address(home: Home) -> None:
    await add(home, "Éamon", phone=PHONE)
    await add(home, "Zoë", email="ann@example.org")

    async def search(text: str) -> list[str]:
        page = PageRequest(filters={"search": text}, count=True)
        found = await home.world.container.list_clients()(home.viewer.actor, home.id, page)
        assert found.total == len(found.items)
        return [client.name for client in found.items]

    assert await search("E\u0301A") == ["Éamon"]
    assert await search("+353 (1) 234") == ["Éamon"]
    assert await search("ANN@") == ["Zoë"]
    assert await search("amon") == []


async def test_a_table_has_a_line_for_each_client_by_name(home: Home) -> None:
    names = [f"Client {n:03}" for n in range(250)]
    for name in reversed(names):
        await add(home, name)
    awkward = await add(home, 'Zoë "the\u2028one", O\'Neil', phone=PHONE, email="z@example.org", notes='a\r\nb\n"c"')
    content = await exported(home)
    assert content.startswith(b"id,name,phone,email,notes,created_at,updated_at\r\n")
    head, *rows = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
    assert (tuple(head), [row[1] for row in rows]) == (COLUMNS, [*names, awkward.name])
    assert rows[-1][0] == str(awkward.id)
    assert {at[-1] for row in rows for at in row[5:]} == {"Z"}
    assert rows[-1][2:5] == [PHONE, "z@example.org", 'a\r\nb\n"c"']
    assert (await told(home.world, home.id, home.owner))[-1] == "clients-exported"


async def test_a_table_without_clients_has_names_of_columns(home: Home) -> None:
    assert await exported(home) == b"id,name,phone,email,notes,created_at,updated_at\r\n"


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1", "\u00a0=1", "＝1", "＋1", "=cmd|' /C calc'!A0"],
)
def test_what_a_spreadsheet_would_run_has_an_apostrophe_in_front(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "Zoë", "1+1", "'=1", "O'Neil", " ", "\\", "張"])
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text

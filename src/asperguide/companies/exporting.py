"""Clients of a company as a table: CSV as RFC 4180 has it, in UTF-8, and harmless in spreadsheets."""

import csv
import io
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from asperguide.companies.activity import What, happening
from asperguide.companies.clients import Client
from asperguide.companies.model import Right
from asperguide.companies.ports import CompaniesUnitOfWork, CompanyReads
from asperguide.companies.standing import entered
from asperguide.shared.actor import Actor
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.tenancy import CompanyId

COLUMNS = ("id", "name", "phone", "email", "notes", "created_at", "updated_at")
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A table under the name that it is to be saved by; `rows` are its bytes, to be read once."""

    name: str
    rows: AsyncGenerator[bytes, None]


class ExportClients(Struct, frozen=True, kw_only=True):
    """All clients of a company of mine as CSV, by name. That it was taken is written down before the first byte.

    What a spreadsheet would take for a formula has an apostrophe in front. Phone numbers have none: all they can be
    is a plus sign and digits.
    """

    begin: Callable[[], CompaniesUnitOfWork]
    reads: CompanyReads
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: CompanyId) -> Export:
        now = self.clock.now()
        async with self.begin() as uow:
            company, _ = await entered(uow, actor, id, Right.EXPORT_CLIENTS)
            await uow.activity.add(happening(self.ids.new(), id, now, actor.user, What.CLIENTS_EXPORTED))
            await uow.commit()
        return Export(name=f"{company.slug}-clients.csv", rows=self._rows(id))

    async def _rows(self, id: CompanyId) -> AsyncGenerator[bytes, None]:
        waiting: list[Iterable[str]] = [COLUMNS]
        async for client in self.reads.all_clients(id):
            waiting.append(cells(client))
            if len(waiting) >= ROWS:
                yield written(waiting)
                waiting = []
        if waiting:
            yield written(waiting)


def cells(client: Client) -> tuple[str, ...]:
    """The row of a client."""
    return (
        str(client.id), harmless(client.name), client.phone or "", harmless(client.email or ""),
        harmless(client.notes), _instant(client.created_at), _instant(client.updated_at),
    )  # fmt: skip


def _instant(at: datetime) -> str:
    """As everywhere else in answers (RFC 3339)."""
    return at.isoformat().replace("+00:00", "Z")


def harmless(text: str) -> str:
    """The text as no spreadsheet takes it for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.lstrip(" \u00a0\ufeff").startswith(FORMULAS) else text


def written(rows: Iterable[Iterable[str]]) -> bytes:
    """The rows as lines."""
    lines = io.StringIO(newline="")
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return lines.getvalue().encode()

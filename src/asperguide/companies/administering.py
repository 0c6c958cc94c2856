"""What administrators of the service do to companies: see them all, and set what they may have."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from asperguide.companies.activity import What, happening
from asperguide.companies.errors import CompanyNotFound, InvalidCompany
from asperguide.companies.model import CompanyState, Tier
from asperguide.companies.ports import CompaniesUnitOfWork, CompanyPolicy, CompanyReads
from asperguide.companies.views import CompanyAccount, account_of
from asperguide.shared.actor import Actor, Origin, require_admin
from asperguide.shared.commands import checked
from asperguide.shared.errors import EditedMeanwhile, FieldError
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.tenancy import CompanyId

Bytes = Annotated[int, Meta(ge=0, le=2**60)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
StoreName = Annotated[str, Meta(min_length=1, max_length=32)]


class CompanyAdministration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: absent fields stay.

    `store`, the name of a store that there is, is kept with the company for those who run the service; no file moves.
    """

    state: Literal["active", "inactive"] | UnsetType = UNSET
    tier: Tier | UnsetType = UNSET
    store: StoreName | UnsetType = UNSET
    storage_bytes: Bytes | UnsetType = UNSET
    most_projects: Count | UnsetType = UNSET


class ListAllCompanies(Struct, frozen=True, kw_only=True):
    """All companies, the newest first, for administrators of the service."""

    reads: CompanyReads

    async def __call__(self, actor: Actor, page: PageRequest = PageRequest()) -> Page[CompanyAccount]:
        require_admin(actor)
        found = await self.reads.all(page)
        return Page(items=tuple(map(account_of, found.items)), next_cursor=found.next_cursor, total=found.total)


class ShowAnyCompany(Struct, frozen=True, kw_only=True):
    """One company, for administrators of the service."""

    reads: CompanyReads

    async def __call__(self, actor: Actor, id: CompanyId) -> CompanyAccount:
        require_admin(actor)
        if (company := (await self.reads.companies((id,))).get(id)) is None:
            raise CompanyNotFound
        return account_of(company)


class AdministerCompany(Struct, frozen=True, kw_only=True):
    """Set what a company pays for and may have, and whether what it shows to the public goes on.

    It stands in the security log, and in the company's activity without the name of the administrator.
    """

    begin: Callable[[], CompaniesUnitOfWork]
    clock: Clock
    ids: Ids
    policy: CompanyPolicy

    async def __call__(
        self,
        actor: Actor,
        id: CompanyId,
        change: CompanyAdministration,
        version: int | None = None,
        origin: Origin = Origin(),
    ) -> CompanyAccount:
        require_admin(actor)
        given, now = self._given(change), self.clock.now()
        async with self.begin() as uow:
            company = await uow.companies.locked(id)
            if company is None or company.is_closing:
                raise CompanyNotFound
            if version not in (None, company.version):
                raise EditedMeanwhile
            changed = replace(company, **given)
            if changed == company:
                return account_of(company)
            saved = await uow.companies.save(replace(changed, updated_at=now))
            told = ", ".join(f"{name}={getattr(saved, name)}" for name in sorted(given))
            done = happening(self.ids.new(), id, now, None, What.ADMINISTERED, id, told)
            await uow.activity.add(done)
            await uow.deeds.add(done, actor.user, origin)
            await uow.commit()
        return account_of(saved)

    def _given(self, change: CompanyAdministration) -> dict[str, Any]:
        change = checked(change, InvalidCompany)
        given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
        if given.get("store", next(iter(self.policy.stores))) not in self.policy.stores:
            wrong = FieldError(pointer="#/store", code="NOT_ALLOWED", detail="There is no such object store.")
            raise InvalidCompany(fields=(wrong,))
        if "state" in given:
            given["state"] = CompanyState(given["state"])
        return given

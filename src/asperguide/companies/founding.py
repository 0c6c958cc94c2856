"""Founding a company, seeing those one belongs to, and changing what is known of one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from asperguide.companies.activity import What, happening
from asperguide.companies.errors import CompanySlugTaken, InvalidCompany
from asperguide.companies.model import Company, Membership, MembershipId, Right
from asperguide.companies.ports import CompaniesUnitOfWork, CompanyReads
from asperguide.companies.settings import CompanySettings
from asperguide.companies.standing import entered, seen
from asperguide.companies.views import CompanySummary, CompanyView, company_view, summary
from asperguide.shared.actor import Actor
from asperguide.shared.commands import checked
from asperguide.shared.emails import Email, is_address
from asperguide.shared.errors import EditedMeanwhile, FieldError
from asperguide.shared.naming import LONGEST_SLUG, SLUG, free_slug, marked, slug_of, tidied, unfit
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.tenancy import CompanyId, CompanyRole

NAMELESS = "company"
MOST_TRIES = 50
"""Each time somebody else took the slug that was found free; one of those who try at once always gets theirs."""
MOST_NUMBERED = 200
"""Of so many slugs that begin alike one looks for a free number; where there are more, the id is as good."""
TEXT = r"^[^\x00-\x1f\x7f]+\Z"

Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=TEXT, examples=["O'Neil & Söhne"])]
Slug = Annotated[str, Meta(min_length=1, max_length=LONGEST_SLUG, pattern=SLUG + r"\Z", examples=["oneil-and-sohne"])]
Phone = Annotated[str, Meta(pattern=r"^\+[1-9][0-9]{6,14}\Z", examples=["+35312345678"], description="E.164.")]
Website = Annotated[
    str, Meta(max_length=255, pattern=r"^https?://[^\s\x00-\x20\x7f\"<>]+\Z", examples=["https://oneil.example.org"])
]
Address = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]+\Z")]
Notes = Annotated[str, Meta(max_length=10_000)]


class NewCompany(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A company to be founded. Without a slug one is made of the name."""

    name: Name
    slug: Slug | None = None
    email: Email | None = None
    phone: Phone | None = None
    website: Website | None = None
    address: Address | None = None
    notes: Notes = ""


class CompanyChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: absent fields stay, null takes a way of reaching the company away. The slug outlives the name."""

    name: Name | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    email: Email | UnsetType | None = UNSET
    phone: Phone | UnsetType | None = UNSET
    website: Website | UnsetType | None = UNSET
    address: Address | UnsetType | None = UNSET
    notes: Notes | UnsetType = UNSET


class CreateCompany(Struct, frozen=True, kw_only=True):
    """Found a company, of which I am the owner. Its name is its own, whatever the case.

    The slug that is made of the name gets a number behind it when it is taken; one that was asked for is refused.
    """

    begin: Callable[[], CompaniesUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, new: NewCompany) -> CompanyView:
        new = checked(new, InvalidCompany)
        check(new.name, new.email)
        company = self._founded(new)
        for _ in range(MOST_TRIES - 1):
            try:
                return await self._found(actor, company, asked=new.slug is not None)
            except CompanySlugTaken:
                if new.slug is not None:
                    raise
        return await self._found(actor, company, asked=new.slug is not None)

    def _founded(self, new: NewCompany) -> Company:
        name, now = tidied(new.name), self.clock.now()
        return Company(
            id=CompanyId(self.ids.new()), name=name, slug=new.slug or slug_of(name, NAMELESS), email=new.email,
            phone=new.phone, website=new.website, address=new.address, notes=new.notes, created_at=now, updated_at=now,
        )  # fmt: skip

    async def _found(self, actor: Actor, company: Company, *, asked: bool) -> CompanyView:
        now, owner = company.created_at, CompanyRole.OWNER
        async with self.begin() as uow:
            if not asked:
                taken = await uow.companies.slugs_like(company.slug, MOST_NUMBERED)
                free = (
                    free_slug(company.slug, taken) if len(taken) < MOST_NUMBERED else marked(company.slug, company.id)
                )
                company = replace(company, slug=free)
            await uow.companies.add(company, CompanySettings(id=company.id))
            membership = Membership(
                id=MembershipId(self.ids.new()), company=company.id, user=actor.user, role=owner, since=now
            )
            await uow.members.add(membership, company)
            await uow.activity.add(happening(self.ids.new(), company.id, now, actor.user, What.CREATED))
            view = company_view(company, owner)
            await uow.commit(view)
        return view


class GetCompany(Struct, frozen=True, kw_only=True):
    """A company that I am a member of."""

    reads: CompanyReads

    async def __call__(self, actor: Actor, id: CompanyId) -> CompanyView:
        shown = await seen(self.reads, actor, id, Right.SEE)
        return company_view(shown.company, shown.membership.role)


class ListCompanies(Struct, frozen=True, kw_only=True):
    """Companies that I am a member of, the latest joined first."""

    reads: CompanyReads

    async def __call__(self, actor: Actor, page: PageRequest = PageRequest()) -> Page[CompanySummary]:
        found = await self.reads.mine(actor.user, page)
        companies = await self.reads.companies([one.company for one in found.items])
        items = tuple(summary(one, companies[one.company]) for one in found.items if one.company in companies)
        return Page(items=items, next_cursor=found.next_cursor, total=found.total)


class ChangeCompany(Struct, frozen=True, kw_only=True):
    """Change what is known of a company. With `version`, only if it is still that one."""

    begin: Callable[[], CompaniesUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(
        self, actor: Actor, id: CompanyId, change: CompanyChange, version: int | None = None
    ) -> CompanyView:
        change, now = checked(change, InvalidCompany), self.clock.now()
        given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
        check(given.get("name"), given.get("email"))
        if "name" in given:
            given["name"] = tidied(given["name"])
        async with self.begin() as uow:
            company, membership = await entered(uow, actor, id, Right.EDIT)
            if version not in (None, company.version):
                raise EditedMeanwhile
            changed = replace(company, **given)
            if changed == company:
                return company_view(company, membership.role)
            saved = await uow.companies.save(replace(changed, updated_at=now))
            if saved.name != company.name:
                await uow.members.renamed(saved)
            fields = ", ".join(sorted(name for name in given if getattr(saved, name) != getattr(company, name)))
            await uow.activity.add(happening(self.ids.new(), id, now, actor.user, What.CHANGED, detail=fields))
            await uow.commit()
        return company_view(saved, membership.role)


def check(name: str | None, email: str | None) -> None:
    """Raises InvalidCompany for a name that cannot be shown, and for what is no address. None is as good as fine."""
    wrong: list[FieldError] = []
    if name is not None and (flaw := unfit(name, "#/name")) is not None:
        wrong.append(flaw)
    if email is not None and not is_address(email):
        wrong.append(FieldError(pointer="#/email", code="WRONG_FORMAT", detail="This is no mail address."))
    if wrong:
        raise InvalidCompany(fields=tuple(wrong))

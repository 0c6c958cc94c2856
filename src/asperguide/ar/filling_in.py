"""What is written down about a print: its title, for whom it is, and whatever else its company wants to remember."""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from asperguide.ar.errors import InvalidContent
from asperguide.ar.model import Customer
from asperguide.ar.terms import wrong
from asperguide.shared.emails import is_address
from asperguide.shared.tenancy import ClientId, Companies, CompanyId

LONGEST_TITLE = 255
MOST_METADATA = 20

Title = Annotated[str, Meta(min_length=1, max_length=LONGEST_TITLE, pattern=r"\S", examples=["Hochzeit O'Neil 张伟"])]
MetadataName = Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^[A-Za-z0-9_.\-]+$")]
MetadataValue = Annotated[str, Meta(max_length=500)]
Metadata = Annotated[dict[MetadataName, MetadataValue], Meta(max_length=MOST_METADATA)]
Name = Annotated[str, Meta(max_length=255, examples=["Siobhán O'Neil"])]
Phone = Annotated[str, Meta(max_length=40, pattern=r"^[0-9+()./ \-]*$", examples=["+49 30 123456"])]
Address = Annotated[str, Meta(max_length=254, examples=["siobhan.o'neil@example.org"])]


class For(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom a print is: a client of the company, or else what is known of them."""

    client: UUID | None = None
    name: Name = ""
    phone: Phone = ""
    email: Address = ""


class CustomerChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch too: what is absent stays. A client takes the place of what was written down, and the other way."""

    client: UUID | UnsetType | None = UNSET
    name: Name | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    email: Address | UnsetType = UNSET


def title_of(name: str) -> str:
    """What a print or video is called that has the name of a file: without what says its type."""
    return (name.rpartition(".")[0].strip() or name)[:LONGEST_TITLE]


async def customer_of(companies: Companies, company: CompanyId, told: For | None) -> Customer:
    """The customer that is meant. Raises InvalidContent."""
    if told is None:
        return Customer()
    if told.client is None:
        return _written_down(told)
    if told.name or told.phone or told.email:
        raise InvalidContent(fields=(wrong("#/customer/client", "Either a client, or what is known of somebody."),))
    if await companies.client(company, ClientId(told.client)) is None:
        raise InvalidContent(fields=(wrong("#/customer/client", "The company has no such client."),))
    return Customer(client=ClientId(told.client))


async def check_customer(companies: Companies, company: CompanyId, change: CustomerChange | UnsetType | None) -> None:
    """Raises InvalidContent for what cannot be a customer, whatever is known of them."""
    if isinstance(change, CustomerChange):
        await customer_of(companies, company, For(**_given(change)))


def amended(kept: Customer, change: CustomerChange | UnsetType | None) -> Customer:
    """The customer after a change that was checked; of None nobody."""
    if not isinstance(change, CustomerChange):
        return kept if change is UNSET else Customer()
    given = _given(change)
    if given.get("client") is not None:
        return Customer(client=ClientId(given["client"]))
    return replace(kept, **{"client": None, **given}) if given else kept


def _given(change: CustomerChange) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}


def _written_down(told: For) -> Customer:
    refuse_controls(told.name, "#/customer/name")
    if told.email and not is_address(told.email):
        raise InvalidContent(fields=(wrong("#/customer/email", "Mail cannot be sent there."),))
    return Customer(name=told.name, phone=told.phone, email=told.email)


def refuse_controls(text: str, pointer: str) -> None:
    """Raises InvalidContent for characters that nobody can see."""
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise InvalidContent(fields=(wrong(pointer, "Control characters cannot be printed."),))


def merged(kept: Mapping[str, str], change: Mapping[str, str | None]) -> dict[str, str]:
    """With entries set, and those of None taken away. Raises InvalidContent for too many."""
    both = {name: value for name, value in {**kept, **change}.items() if value is not None}
    if len(both) > MOST_METADATA:
        raise InvalidContent(fields=(wrong("#/metadata", f"At most {MOST_METADATA} entries."),))
    return both

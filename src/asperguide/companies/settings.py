"""How a company wants things: its clock, its language, its colour, and when it is told that something ends."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from asperguide.companies.errors import InvalidCompanySettings
from asperguide.shared.emails import is_address
from asperguide.shared.errors import FieldError
from asperguide.shared.tenancy import CompanyId
from asperguide.shared.zones import time_zones

TimeZone = Annotated[str, Meta(min_length=1, max_length=64, examples=["Europe/Dublin"])]
Language = Literal["en", "fr"]
Colour = Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}\Z", examples=["#2f6f4e"])]
Days = Annotated[int, Meta(ge=1, le=90)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanySettings:
    """What is set for the company of this id. `email` is where notices go beside to owners and managers."""

    id: CompanyId
    time_zone: str = "UTC"
    locale: Language = "en"
    accent: str | None = None
    expiry_notice_days: int = 7
    email: str | None = None
    version: int = 1

    def checked(self) -> "CompanySettings":
        """The same. Raises InvalidCompanySettings for a zone that there is not, and for what is no address."""
        wrong: list[FieldError] = []
        if self.time_zone not in time_zones():
            wrong.append(FieldError(pointer="#/time_zone", code="NOT_ALLOWED", detail="There is no such time zone."))
        if self.email is not None and not is_address(self.email):
            wrong.append(FieldError(pointer="#/email", code="WRONG_FORMAT", detail="This is no mail address."))
        if wrong:
            raise InvalidCompanySettings(fields=tuple(wrong))
        return self

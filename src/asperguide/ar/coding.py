"""Codes on prints: what leads from the paper to what it shows."""

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from asperguide.ar.content_views import ArPolicy
from asperguide.ar.desk import OpenContent
from asperguide.ar.marker_ports import QrCodes
from asperguide.ar.model import ContentId
from asperguide.shared.actor import Actor


class CodeFormat(StrEnum):
    """svg: to be scaled as one likes. png: 600 by 600 pixels, with the number and the company's name below."""

    SVG = "svg"
    PNG = "png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code as a file: the same print always has the same, unless its company is renamed."""

    name: str
    media_type: str
    content: bytes


class ShowCode(Struct, frozen=True, kw_only=True):
    """The QR code of a print, as SVG or as PNG to be printed; it leads to the print's page, whatever becomes of it.

    The PNG has 600 by 600 pixels, with the number and the company's name below the code.
    """

    open: OpenContent
    codes: QrCodes
    policy: ArPolicy

    async def __call__(self, actor: Actor, id: ContentId, format: CodeFormat) -> Code:
        company, content = await self.open.seen(actor, id)
        link, name = self.policy.link(content.public_id), f"{content.number}.{format}"
        if format is CodeFormat.SVG:
            return Code(name=name, media_type="image/svg+xml", content=await self.codes.svg(link, title=content.number))
        drawn = await self.codes.png(link, captions=(content.number, company.name))
        return Code(name=name, media_type="image/png", content=drawn)

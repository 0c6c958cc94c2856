"""Prints as members of their company see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from asperguide.ar.analyzing import MarkerReportView, report_view
from asperguide.ar.marker_advice import DEFAULT_LANGUAGE
from asperguide.ar.markers import MarkerReport
from asperguide.ar.model import Content, ContentId, ContentState, Customer, Marker, MarkerState, PublicId
from asperguide.ar.rotation import PlaybackMode
from asperguide.ar.video_views import FilmView, films_view
from asperguide.ar.videos import FileId, VideoId
from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import ClientId, CompanyId, ProjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class ArPolicy:
    """What operators decide about prints: where the public reaches them."""

    public_url: str = "http://127.0.0.1:5000"

    def link(self, id: PublicId) -> str:
        """Where a print leads."""
        return f"{self.public_url}/view/{id}"


class CustomerView(msgspec.Struct, frozen=True, kw_only=True):
    """For whom it is. Of a client the name is with the company's clients."""

    client: ClientId | None
    name: str
    phone: str
    email: str


class MarkerView(msgspec.Struct, frozen=True, kw_only=True):
    """The photo, and how well it does as a marker; nobody has looked while it is `pending`.

    `refusal` says why it can be none. It is `alike` when the photo of another content of the company looks so much like
    it that cameras may take one for the other; `twin` is that content, if it is in the same project.
    """

    photo: FileId
    state: MarkerState
    refusal: str | None
    report: MarkerReportView | None
    alike: bool
    twin: ContentId | None


class ContentView(msgspec.Struct, frozen=True, kw_only=True):
    """A print. What is `missing` keeps it from being published. Nobody outside is shown one that is `expired`.

    `link` is where its code leads. `source` is the content that it is a copy of.
    """

    id: ContentId
    company: CompanyId
    project: ProjectId
    number: str
    public_id: PublicId
    link: str
    title: str
    customer: CustomerView
    marker: MarkerView
    videos: tuple[FilmView, ...]
    mode: PlaybackMode
    chosen: VideoId | None
    rotates: bool
    state: ContentState
    expired: bool
    missing: tuple[str, ...]
    ends_at: datetime
    metadata: dict[str, str]
    created_by: UserId
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    source: ContentId | None
    version: int


def content_view(content: Content, now: datetime, policy: ArPolicy, language: str = DEFAULT_LANGUAGE) -> ContentView:
    """The content as it is at this instant, with advice in this language."""
    return ContentView(
        id=content.id, company=content.company, project=content.project, number=content.number,
        public_id=content.public_id, link=policy.link(content.public_id), title=content.title,
        customer=_customer(content.customer), marker=_marker(content.marker, language),
        videos=films_view(content, now).items, mode=content.mode, chosen=content.chosen,
        rotates=content.rotation is not None, state=content.state, expired=content.expired(now),
        missing=content.missing(), ends_at=content.ends_at, metadata=dict(content.metadata),
        created_by=content.created_by, created_at=content.created_at, updated_at=content.updated_at,
        published_at=content.published_at, source=content.source, version=content.version,
    )  # fmt: skip


def packed(report: MarkerReport) -> Mapping[str, Any]:
    """The report as it is kept."""
    kept: Mapping[str, Any] = msgspec.to_builtins(report)
    return kept


def _customer(customer: Customer) -> CustomerView:
    return CustomerView(client=customer.client, name=customer.name, phone=customer.phone, email=customer.email)


def _marker(marker: Marker, language: str) -> MarkerView:
    report = None if marker.report is None else msgspec.convert(marker.report, MarkerReport)
    return MarkerView(
        photo=marker.photo, state=marker.state, refusal=marker.refusal,
        report=None if report is None else report_view(report, language), alike=marker.alike, twin=marker.near,
    )  # fmt: skip

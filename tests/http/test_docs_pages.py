"""The documentation pages, the front page and the mails: everything from this machine, under strict policies."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest

from asperguide.adapters.http.dev_mails import DevMails
from asperguide.adapters.http.docs_pages import TOOLS, DocsPages, Front, FrontPage
from asperguide.adapters.http.openapi import About
from asperguide.adapters.http.openapi_serving import OpenApi, OpenApiDocument
from asperguide.adapters.http.pages import STYLE, hash_of
from asperguide.adapters.system import SystemIds
from asperguide.operations import MailArchive
from tests.http.sample import World

EVIL = "<script>alert(1)</script>"
NAMES = [tool.name for tool in TOOLS]


@dataclass(frozen=True)
class KeptMail:
    """A mail with hostile words."""

    id: str = "m1"
    to: str = f'"{EVIL}" <ann@example.org>'
    subject: str = f"Hello {EVIL}"
    sent_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    headers: Sequence[tuple[str, str]] = (("Subject", f"Hello {EVIL}"),)
    text: str = f"Hello {EVIL}"
    html: str = f"<p>Hello</p>{EVIL}"


@dataclass
class Archive(MailArchive):
    """Some mails."""

    mails: list[KeptMail] = field(default_factory=lambda: [KeptMail()])

    async def list(self, limit: int = 100) -> Sequence[KeptMail]:
        """All of them."""
        return self.mails

    async def read(self, id: str) -> KeptMail | None:
        """One of them."""
        return next((mail for mail in self.mails if mail.id == id), None)


def site() -> World:
    """An application with all pages."""
    document = OpenApiDocument(lambda: About(title="Sample", version="1"))
    archive = Archive()
    return World(
        more_routes=[DocsPages, FrontPage, DevMails, OpenApi],
        use_cases={
            "ids": SystemIds,
            "openapi_document": lambda: document,
            "front": lambda: Front(title="Asperguide", text="An <API>.", docs=True, mails=True),
            "mails": lambda: archive,
        },
    )


def directives(answer: httpx.Response) -> dict[str, str]:
    """The content security policy of an answer."""
    parts = (part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    return dict(parts)


def test_there_are_six_pages() -> None:
    assert NAMES == ["docs", "redoc", "rapidoc", "scalar", "elements", "rapipdf"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_page_names_only_files_that_we_serve_and_starts_under_its_nonce(name: str) -> None:
    async with site().client() as client:
        page, again = await client.get(f"/{name}"), await client.get(f"/{name}")
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        files = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert len(files) >= 2
        for file in files:
            asset = await client.get(file)
            assert file.startswith("/docs-assets/")
            assert asset.status_code == 200
            assert asset.headers["content-type"].split(";")[0] in ("text/javascript", "text/css", "image/svg+xml")
    nonces = set(re.findall(r'nonce="([0-9a-f]{64})"', page.text))
    policy = directives(page)
    assert len(nonces) == 1
    assert policy["script-src"].startswith(f"'nonce-{nonces.pop()}'")
    assert page.text.count("<script") == page.text.count("<script nonce=")
    assert directives(again)["script-src"] != policy["script-src"]
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert "unsafe-inline" not in policy["script-src"]
    assert ("unsafe-eval" in policy["script-src"]) == (name == "rapipdf")
    assert "http" not in page.headers["content-security-policy"]
    assert "http" not in re.sub(r"initial-scale", "", page.text)


async def test_files_are_cached_by_their_etag_and_nothing_else_is_served() -> None:
    async with site().client() as client:
        asset = await client.get("/docs-assets/swagger/css/swagger-ui.css")
        assert asset.headers["cache-control"] == "public, max-age=86400"
        again = await client.get(
            "/docs-assets/swagger/css/swagger-ui.css", headers={"if-none-match": asset.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")
        for path in ("swagger/js/other.js", "swagger/../__init__.py", "swagger/..%2f/__init__.py", "x/y/z"):
            assert (await client.get(f"/docs-assets/{path}")).status_code == 404


async def test_the_foreign_logo_in_redoc_is_one_of_ours() -> None:
    async with site().client() as client:
        script = await client.get("/docs-assets/redoc/js/redoc.standalone.js")
    assert b"cdn.redoc.ly" not in script.content


async def test_without_the_controllers_there_are_no_pages() -> None:
    async with World().client() as client:
        for name in (*NAMES, "openapi.json", "dev/mails", ""):
            assert (await client.get(f"/{name}")).status_code == 404


async def test_the_front_page_links_to_everything_and_runs_nothing() -> None:
    async with site().client() as client:
        page = await client.get("/")
        links = re.findall(r'href="([^"]+)"', page.text)
        missing = [link for link in links if link != "/health/ready" and (await client.get(link)).status_code != 200]
    assert missing == []
    assert {f"/{name}" for name in NAMES} < set(links)
    assert "An &lt;API&gt;." in page.text
    assert directives(page)["style-src"] == hash_of(STYLE)
    assert "script-src" not in directives(page)


async def test_mails_are_listed_and_shown_without_running_a_word_of_them() -> None:
    async with site().client() as client:
        listing, mail, html = [await client.get(f"/dev/mails{path}") for path in ("", "/m1", "/m1/html")]
    for page in (listing, mail):
        assert page.status_code == 200
        assert EVIL not in page.text
        assert "&lt;script&gt;" in page.text
        assert directives(page)["default-src"] == "'none'"
    assert '<iframe title="HTML" sandbox="allow-popups" src="/dev/mails/m1/html">' in mail.text
    assert EVIL in html.text
    policy = directives(html)
    assert "script-src" not in policy
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert "allow-scripts" not in policy["sandbox"]
    assert html.headers["x-frame-options"] == "SAMEORIGIN"
    assert mail.headers["x-frame-options"] == "DENY"


async def test_a_mail_that_is_not_there_is_404() -> None:
    async with site().client() as client:
        for path in ("/dev/mails/m2", "/dev/mails/m2/html", "/dev/mails/..%2f..%2fetc"):
            assert (await client.get(path)).status_code == 404


async def test_no_mails_yet_is_said() -> None:
    world = World(more_routes=[DevMails], use_cases={"mails": lambda: Archive(mails=[])})
    async with world.client() as client:
        assert "No mail was sent yet." in (await client.get("/dev/mails")).text

"""`/view/{public_id}`: the page that the code on a print opens, for people without any viewer. Works without script."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from litestar import Response
from litestar.params import FromPath

from asperguide.adapters.http.ar.viewer_parts import member_of
from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import get
from asperguide.adapters.http.languages import preferred
from asperguide.adapters.http.pages import html_response
from asperguide.adapters.http.problems import RouteNotFound
from asperguide.adapters.http.routes import Given, public
from asperguide.ar.unavailable import Reason
from asperguide.ar.viewing import PrintPage, SeePrint
from asperguide.shared.ports import Ids

ASSETS = Path(__file__).parent / "assets"
TYPES = MappingProxyType(
    {"view.css": "text/css; charset=utf-8", "view.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml"}
)
LANGUAGES = ("en", "fr")
FOR_EVER = "public, max-age=31536000, immutable"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
EXPIRED, ABSENT = 410, 404


class ViewPages(Protocol):
    """Writes the page of a print."""

    def write(self, page: PrintPage, language: str, *, nonce: str, url: str, assets: Mapping[str, str]) -> str:
        """HTML in this language, with a style of this nonce; `url` is its address, `assets` are those of its parts."""
        ...


@get("/view/assets/{name:str}", opt=public(budget="views", apart=True), include_in_schema=False)
async def asset(name: FromPath[str]) -> Response[bytes]:
    """What the page is made with; its address changes with it."""
    if name not in TYPES:
        raise RouteNotFound
    headers = {"content-type": TYPES[name], "cache-control": FOR_EVER}
    return Response(_content(name), headers=headers, media_type=TYPES[name])


@get("/view/{public_id:str}", opt=public(budget="views", apart=True), include_in_schema=False)
async def view(
    public_id: FromPath[str],
    request: ApiRequest,
    see_print: Given[SeePrint],
    view_pages: Given[ViewPages],
    view_url: Given[str],
    ids: Given[Ids],
) -> Response[str]:
    """The print, or why there is none: 410 when its time is over, else 404. Kept by no cache."""
    page = await see_print(public_id, member_of(request))
    nonce = b64encode(ids.secret()).decode()
    language = preferred(request.call.header(b"accept-language"), LANGUAGES, page.locale)
    url = "" if page.manifest is None else f"{view_url}/view/{page.manifest.unique_id}"
    html = view_pages.write(page, language, nonce=nonce, url=url, assets=addresses())
    response = html_response(html, POLICY.format(nonce=nonce))
    response.headers |= {"x-robots-tag": "noindex", "content-language": language}
    response.status_code = _status(page.reason)
    return response


def _status(reason: Reason | None) -> int:
    if reason is None:
        return 200
    return EXPIRED if reason is Reason.EXPIRED else ABSENT


@cache
def addresses() -> Mapping[str, str]:
    """Where each asset is, for as long as it is as it is."""
    return {name: f"/view/assets/{name}?v={hashlib.sha256(_content(name)).hexdigest()[:12]}" for name in TYPES}


@cache
def _content(name: str) -> bytes:
    return (ASSETS / name).read_bytes()


ROUTES = (asset, view)

"""Six ways to read and try the API, and a front page. Every byte comes from this machine, every script has a nonce.

The tools are static files inside wheels named `flask_openapi3_*`; the files are found without importing those packages,
which would import Flask.
"""

import asyncio
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.util import find_spec
from pathlib import Path

from litestar import Controller, Response
from litestar.params import FromPath

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import get
from asperguide.adapters.http.pages import html_response, page
from asperguide.adapters.http.preconditions import UNCHANGED, is_current
from asperguide.adapters.http.problems import RouteNotFound
from asperguide.adapters.http.routes import Given, public
from asperguide.shared.ports import Ids

ASSETS = "/docs-assets"
DOCUMENT = "/openapi.json"
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
ONE_DAY = "public, max-age=86400"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One documentation tool: its files, the markup and script that start it, and what its policy must allow beyond
    scripts with our nonce, images of ours and calls to ourselves.

    `evaluates` is for the one tool that makes functions from text. `replaces` takes foreign addresses out of its files.
    """

    name: str
    title: str
    folder: str
    scripts: tuple[str, ...]
    markup: str
    start: str = ""
    styles: tuple[str, ...] = ()
    allows: tuple[tuple[str, str], ...] = ()
    evaluates: bool = False
    replaces: tuple[tuple[bytes, bytes], ...] = ()


INLINE_STYLE = ("style-src", "'self' 'unsafe-inline'")
DATA_IMAGES = ("img-src", "'self' data: blob:")

TOOLS: tuple[Tool, ...] = (
    Tool(
        name="docs",
        title="Swagger UI",
        folder="swagger",
        styles=("css/swagger-ui.css",),
        scripts=("js/swagger-ui-bundle.js",),
        markup='<div id="tool"></div>',
        start="window.ui = SwaggerUIBundle({url: DOCUMENT, dom_id: '#tool', deepLinking: true, validatorUrl: null, "
        "presets: [SwaggerUIBundle.presets.apis], layout: 'BaseLayout', persistAuthorization: false});",
        allows=(INLINE_STYLE, DATA_IMAGES),
    ),
    Tool(
        name="redoc",
        title="ReDoc",
        folder="redoc",
        scripts=("js/redoc.standalone.js",),
        markup='<div id="tool"></div>',
        start="Redoc.init(DOCUMENT, {disableSearch: false, hideLogo: true, nonce: NONCE}, "
        "document.getElementById('tool'));",
        allows=(INLINE_STYLE, DATA_IMAGES, ("worker-src", "blob:")),
        replaces=((b"https://cdn.redoc.ly/redoc/logo-mini.svg", b"/docs-assets/redoc/images/redoc.svg"),),
    ),
    Tool(
        name="rapidoc",
        title="RapiDoc",
        folder="rapidoc",
        scripts=("js/rapidoc-min.js",),
        markup=f'<rapi-doc spec-url="{DOCUMENT}" load-fonts="false" render-style="read" allow-spec-url-load="false" '
        'allow-spec-file-load="false" allow-server-selection="false"></rapi-doc>',
        allows=(INLINE_STYLE, DATA_IMAGES),
    ),
    Tool(
        name="scalar",
        title="Scalar",
        folder="scalar",
        scripts=("js/scalar.standalone.js",),
        markup='<div id="tool"></div>',
        start="Scalar.createApiReference('#tool', {url: DOCUMENT, withDefaultFonts: false, telemetry: false, "
        "hideClientButton: true, showDeveloperTools: 'never', agent: {disabled: true}, mcp: {disabled: true}});",
        allows=(INLINE_STYLE, DATA_IMAGES),
    ),
    Tool(
        name="elements",
        title="Elements",
        folder="elements",
        styles=("css/styles.min.css",),
        scripts=("js/web-components.min.js",),
        markup=f'<elements-api style="display:block;height:100vh" apiDescriptionUrl="{DOCUMENT}" router="hash" '
        'hideInternal="true"></elements-api>',
        allows=(INLINE_STYLE, DATA_IMAGES, ("font-src", "data:")),
    ),
    Tool(
        name="rapipdf",
        title="RapiPDF",
        folder="rapipdf",
        scripts=("js/rapipdf-min.js",),
        markup='<main style="font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem">'
        "<h1>The API on paper</h1><p>The PDF is made in your browser and opens in a new tab.</p>"
        f'<rapi-pdf spec-url="{DOCUMENT}" hide-input="true" button-label="Make a PDF of the API" '
        'button-color="#fff" button-bg="#2457a6"></rapi-pdf></main>',
        allows=(INLINE_STYLE, DATA_IMAGES, ("frame-src", "blob:")),
        evaluates=True,
    ),
)


class DocsPages(Controller):
    """The pages and their files. Wants `ids` for nonces."""

    include_in_schema = False

    @get([f"/{tool.name}" for tool in TOOLS], opt=public())
    async def show(self, request: ApiRequest, ids: Given[Ids]) -> Response[str]:
        """One tool, started on our document."""
        name = request.scope["path"].strip("/")
        tool = next(tool for tool in TOOLS if tool.name == name)
        nonce = ids.secret().hex()
        return html_response(_html(tool, nonce), _policy(tool, nonce))

    @get(f"{ASSETS}/{{folder:str}}/{{kind:str}}/{{name:str}}", opt=public(exempt=True))
    async def asset(
        self, folder: FromPath[str], kind: FromPath[str], name: FromPath[str], request: ApiRequest
    ) -> Response[bytes]:
        """One file of a tool; only files that a page names exist."""
        found = _files().get(f"{folder}/{kind}/{name}")
        if found is None:
            raise RouteNotFound
        path, tool = found
        etag = f'"{path.stat().st_size:x}"'
        headers = {"etag": etag, "cache-control": ONE_DAY}
        if is_current(request, etag):
            return Response(b"", status_code=UNCHANGED, headers=headers)
        content = await asyncio.to_thread(path.read_bytes)
        for theirs, ours in tool.replaces:
            content = content.replace(theirs, ours)
        return Response(content, media_type=MEDIA_TYPES[path.suffix], headers=headers)


class FrontPage(Controller):
    """The address that people type first. Wants `front`: what to show."""

    include_in_schema = False

    @get("/", opt=public())
    async def show(self, front: Given["Front"]) -> Response[str]:
        """Name and links."""
        links = [("/health/ready", "Health")]
        if front.docs:
            links += [(f"/{tool.name}", tool.title) for tool in TOOLS]
            links += [(DOCUMENT, "OpenAPI (JSON)"), ("/openapi.yaml", "OpenAPI (YAML)")]
        if front.mails:
            links.append(("/dev/mails", "Mails"))
        items = " ".join(f'<a href="{address}">{escape(title)}</a>' for address, title in links)
        return page(front.title, f"<p>{escape(front.text)}</p><nav>{items}</nav>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What the front page says and links to."""

    title: str
    text: str
    docs: bool
    mails: bool = False


def _html(tool: Tool, nonce: str) -> str:
    base = f"{ASSETS}/{tool.folder}"
    styles = "".join(f'<link rel="stylesheet" href="{base}/{name}">' for name in tool.styles)
    scripts = "".join(f'<script nonce="{nonce}" src="{base}/{name}"></script>' for name in tool.scripts)
    start = f"<script nonce=\"{nonce}\">const DOCUMENT = '{DOCUMENT}', NONCE = '{nonce}'; {tool.start}</script>"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(tool.title)}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="{base}/images/{tool.folder}.svg">{styles}</head>'
        f'<body style="margin:0">{tool.markup}{scripts}{start if tool.start else ""}</body></html>\n'
    )


def _policy(tool: Tool, nonce: str) -> str:
    rules = {
        "default-src": "'none'",
        "script-src": f"'nonce-{nonce}'" + (" 'unsafe-eval'" if tool.evaluates else ""),
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        **dict(tool.allows),
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


@cache
def _files() -> dict[str, tuple[Path, Tool]]:
    """Where each file that a page may name lies, and whose it is."""
    found: dict[str, tuple[Path, Tool]] = {}
    for tool in TOOLS:
        spec = find_spec(f"flask_openapi3_{tool.folder}")
        if spec is None or spec.origin is None:
            continue
        root = Path(spec.origin).parent / "templates" / tool.folder
        for name in (*tool.styles, *tool.scripts, f"images/{tool.folder}.svg"):
            found[f"{tool.folder}/{name}"] = root / name, tool
    return found

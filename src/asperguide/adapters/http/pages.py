"""HTML that we write ourselves: a frame for small pages, and policies that let it do nothing but look plain."""

import hashlib
from base64 import b64encode
from html import escape

from litestar import Response

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #8881; padding: 1rem; border-radius: .5rem; }
iframe { width: 100%; height: 60vh; border: 1px solid #8884; border-radius: .5rem; background: #fff; }
nav a { margin-right: 1rem; }
video { width: 100%; background: #000; border-radius: .5rem; }
"""


def hash_of(content: str) -> str:
    """A CSP source that allows exactly this inline content."""
    return f"'sha256-{b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


POLICY = f"default-src 'none'; style-src {hash_of(STYLE)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def page(title: str, body: str, *, policy: str = POLICY, language: str = "en") -> Response[str]:
    """A small page; `body` is HTML whose every foreign part is already escaped."""
    html = (
        "<!doctype html>\n"
        f'<html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )
    return html_response(html, policy)


def html_response(html: str, policy: str) -> Response[str]:
    """HTML under a content security policy of its own, kept by no cache."""
    headers = {"content-security-policy": policy, "cache-control": "no-store"}
    return Response(html, media_type="text/html", headers=headers)

"""The OpenAPI document as files: `/openapi.json` and `/openapi.yaml`, made once, with ETags."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Controller, Litestar, Response

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import get
from asperguide.adapters.http.openapi import About, build
from asperguide.adapters.http.preconditions import UNCHANGED, is_current
from asperguide.adapters.http.routes import Given, public


class OpenApiDocument:
    """The document of an application, made on the first call and kept."""

    def __init__(self, about: Callable[[], About]) -> None:
        self._about = about
        self._kept: dict[str, tuple[bytes, str]] = {}

    def json(self, app: Litestar) -> tuple[bytes, str]:
        """The document as JSON, and its ETag."""
        if "json" not in self._kept:
            self._keep("json", msgspec.json.encode(build(app, self._about())))
        return self._kept["json"]

    def yaml(self, app: Litestar) -> tuple[bytes, str]:
        """The document as YAML, and its ETag. Any JSON is YAML 1.2 already, so no YAML library is needed."""
        if "yaml" not in self._kept:
            self._keep("yaml", as_yaml(msgspec.json.decode(self.json(app)[0])).encode())
        return self._kept["yaml"]

    def _keep(self, name: str, content: bytes) -> None:
        self._kept[name] = content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def as_yaml(value: Any, depth: int = 0) -> str:
    """YAML in block style whose keys and scalars are written as JSON: safe, readable, and without a library."""
    pad = "  " * depth
    if isinstance(value, dict) and value:
        lines = (f"{pad}{_scalar(name)}:{_below(item, depth)}" for name, item in value.items())
        return "".join(lines)
    if isinstance(value, list) and value:
        return "".join(f"{pad}-{_below(item, depth)}" for item in value)
    return f"{pad}{_scalar(value)}\n"


def _below(value: Any, depth: int) -> str:
    nested = isinstance(value, dict | list) and bool(value)
    return f"\n{as_yaml(value, depth + 1)}" if nested else f" {_scalar(value)}\n"


def _scalar(value: Any) -> str:
    return msgspec.json.encode(value).decode()


class OpenApi(Controller):
    """Wants `openapi_document`: an OpenApiDocument, the same one for all requests."""

    include_in_schema = False

    @get("/openapi.json", opt=public())
    async def as_json(self, request: ApiRequest, openapi_document: Given[OpenApiDocument]) -> Response[bytes]:
        return _answer(request, "application/json", *openapi_document.json(request.app))

    @get("/openapi.yaml", opt=public())
    async def as_yaml(self, request: ApiRequest, openapi_document: Given[OpenApiDocument]) -> Response[bytes]:
        return _answer(request, "application/yaml", *openapi_document.yaml(request.app))


def _answer(request: ApiRequest, media_type: str, content: bytes, etag: str) -> Response[bytes]:
    headers = {"etag": etag, "cache-control": "no-cache"}
    if is_current(request, etag):
        return Response(b"", status_code=UNCHANGED, headers=headers)
    return Response(content, media_type=media_type, headers=headers)

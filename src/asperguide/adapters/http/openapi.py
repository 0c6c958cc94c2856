"""The OpenAPI 3.1 document: Litestar reads the signatures, we add errors, examples, security and the conventions.

Built when somebody first asks for it, never at start, and kept as bytes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Litestar
from litestar._openapi.plugin import OpenAPIPlugin
from litestar.config.app import AppConfig
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Server, Tag
from litestar.routes import HTTPRoute

from asperguide.adapters.http.openapi_examples import example_of
from asperguide.adapters.http.openapi_parts import (
    EVERYWHERE,
    EXAMPLE_ID,
    HEADERS,
    IDEMPOTENCY_KEY,
    IF_NONE_MATCH,
    REQUEST_ID,
    SECURITY_SCHEMES,
    list_parameters,
    parameter,
    streamed,
)
from asperguide.adapters.http.openapi_schemas import describe, may_be_empty, media_type_of
from asperguide.adapters.http.problems import (
    PROBLEM,
    BodyTooSlow,
    CrossSiteRequest,
    InternalError,
    MalformedBody,
    MalformedRequest,
    PayloadTooLarge,
    PreconditionFailed,
    PreconditionRequired,
    RouteNotFound,
    TokenNeeded,
    UnsupportedMediaType,
    problem_of,
    status_of,
    title_of,
)
from asperguide.adapters.http.routes import ANYTHING, Declared, declared_by, is_strict
from asperguide.shared.errors import (
    DomainError,
    FieldError,
    IdempotencyKeyReused,
    InvalidFields,
    StillRunning,
    Throttled,
    Unavailable,
)

EXAMPLE_MOMENT = datetime(2026, 1, 19, 10, 30, tzinfo=UTC)
EXAMPLE_FIELD = FieldError(pointer="#/title", code="TOO_LONG", detail="At most 255 characters.")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the document says of the product itself, and whether it takes the password grant."""

    title: str
    version: str
    description: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    servers: tuple[str, ...] = field(default=("/",))
    password_grant: bool = True

    @property
    def schemes(self) -> dict[str, Any]:
        """How requests may say who they are from."""
        return {name: scheme for name, scheme in SECURITY_SCHEMES.items() if name != "password" or self.password_grant}


def build(app: Litestar, about: About) -> dict[str, Any]:
    """The whole document of an application as plain values."""
    config = OpenAPIConfig(
        title=about.title,
        version=about.version,
        description=about.description or None,
        tags=[Tag(name=name, description=description) for name, description in about.tags],
        servers=[Server(url=url) for url in about.servers],
    )
    plugin = OpenAPIPlugin(app)
    # The scratch configuration catches the pages that Litestar would mount.
    plugin.on_app_init(AppConfig(openapi_config=config))
    routes = [found for found in app.routes if isinstance(found, HTTPRoute)]
    for found in routes:
        plugin.receive_route(found)
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(plugin.provide_openapi_schema()))
    handlers = {
        (found.path_format, method.lower()): handler
        for found in routes
        for handler in found.route_handlers
        for method in handler.http_methods
    }
    schemas, bodies = describe(handlers.values())
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            handler = handlers[path, method]
            _embody(operation, handler, *bodies[handler])
            _enrich(operation, declared_by(handler), method, path)
            _secure(operation, declared_by(handler), about.schemes)
            _exemplify(operation, schemas)
    theirs = document.get("components", {}).get("schemas", {})
    document["components"] = {
        "securitySchemes": about.schemes,
        "headers": HEADERS,
        "schemas": dict(sorted({**_still_wanted(theirs, document), **schemas}.items())),
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    return plain


def _embody(operation: dict[str, Any], handler: HTTPRouteHandler, asked: Any, told: Any) -> None:
    """Describe the bodies by the types that are really checked."""
    declared = declared_by(handler)
    if asked is not None:
        empty = may_be_empty(handler)
        content = {media_type_of(handler): {"schema": {"anyOf": [asked, {"type": "null"}]} if empty else asked}}
        content = {**streamed(declared), **content} if declared.streams else content
        operation["requestBody"] = {"required": not empty, "content": content}
    elif declared.streams:
        operation["requestBody"] = {"required": declared.stream_required, "content": streamed(declared)}
    for status, response in operation["responses"].items():
        if status.startswith("2") and told is None:
            response.pop("content", None)
        elif status.startswith("2"):
            for content in response.get("content", {}).values():
                content["schema"] = told


def _secure(operation: dict[str, Any], declared: Declared, schemes: Iterable[str]) -> None:
    signed_in: list[dict[str, list[str]]] = [{name: []} for name in schemes]
    operation["security"] = [] if declared.public else [{}, *signed_in] if declared.optional else signed_in


def _exemplify(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Give every body without an example one, and every path parameter without words some."""
    for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
        for media_type, content in holder.get("content", {}).items():
            if media_type not in (PROBLEM, "text/plain", "text/html") and "schema" in content:
                example = content.get("example", example_of(content["schema"], schemas))
                content.update({} if example is None else {"example": example})
    for found in operation["parameters"]:
        found.setdefault("description", f"The {found['name'].replace('_', ' ')}.")


def _still_wanted(schemas: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Those of Litestar's components that parameters still refer to."""
    text = msgspec.json.encode(document["paths"]).decode()
    return {name: schema for name, schema in schemas.items() if f'schemas/{name}"' in text}


def _enrich(operation: dict[str, Any], declared: Declared, method: str, path: str) -> None:
    parameters = operation.setdefault("parameters", [])
    parameters.extend(_parameters(declared, method))
    responses = operation["responses"]
    responses.pop("400", None)
    for code, answer in declared.answers.items():
        responses[str(code)] = {**responses.get(str(code), {}), **msgspec.to_builtins(answer)}
    if declared.versioned and method == "get":
        responses["304"] = {"description": "What you have is still current."}
    for status, response in responses.items():
        _complete(response, declared, int(status))
    if body := operation.get("requestBody"):
        _with_example(body, declared.example)
    if declared.retired:
        operation["deprecated"] = True
    errors: dict[int, list[type[DomainError]]] = {}
    for kind in _errors(declared, operation, method, path):
        errors.setdefault(status_of(kind), []).append(kind)
    for code, kinds in sorted(errors.items()):
        responses[str(code)] = _problem_response(code, kinds, path)
    if declared.refusal:
        responses["400"]["content"].update(declared.refusal)


def _parameters(declared: Declared, method: str) -> Iterable[dict[str, Any]]:
    yield REQUEST_ID
    if declared.idempotent:
        yield IDEMPOTENCY_KEY
    if declared.versioned and method == "get":
        yield IF_NONE_MATCH
    elif declared.versioned:
        required = declared.versioned == "required"
        yield parameter("header", "If-Match", "The ETag of the version you mean to change.", required=required)
    if declared.listing:
        yield from list_parameters(declared.listing)
    yield from map(dict, declared.parameters)


def _complete(response: dict[str, Any], declared: Declared, status: int) -> None:
    names = ["X-Request-ID"] if declared.exempt else list(EVERYWHERE)
    names += ["ETag"] if declared.versioned and status < 400 else []
    names += ["Link"] if declared.listing else []
    names += ["Idempotency-Replayed"] if declared.idempotent else []
    names += ["Location", "Retry-After"] if declared.long and status == 202 else []
    names += ["Retry-After"] if declared.polled and status < 300 else []
    names += ["Deprecation", "Sunset"] if declared.retired else []
    response.setdefault("headers", {}).update(_references(names))
    if declared.answer_example is not None and status < 300:
        _with_example(response, declared.answer_example)


def _with_example(holder: dict[str, Any], example: Any) -> None:
    if example is not None:
        for content in holder.get("content", {}).values():
            content["example"] = msgspec.to_builtins(example)


def _references(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _errors(declared: Declared, operation: dict[str, Any], method: str, path: str) -> Iterable[type[DomainError]]:
    """What the route declared and what the conventions add, each once."""
    body = "requestBody" in operation
    places = {parameter["in"] for parameter in operation["parameters"]}
    asks = ("query" in places and not declared.forgiving) or is_strict(declared, path)
    implied = (
        (TokenNeeded, not declared.public),
        (MalformedBody, body and not declared.streams),
        (BodyTooSlow, bool(declared.streams)),
        (UnsupportedMediaType, body and ANYTHING not in declared.streams),
        (PayloadTooLarge, body),
        (InvalidFields, body or asks or _chooses_in_its_path(operation)),
        (RouteNotFound, "path" in places),
        (CrossSiteRequest, method not in ("get", "head", "options")),
        (MalformedRequest, not declared.exempt),
        (IdempotencyKeyReused, declared.idempotent),
        (StillRunning, declared.idempotent),
        (PreconditionFailed, bool(declared.versioned) and "If-Match" in str(operation["parameters"])),
        (PreconditionRequired, declared.versioned == "required"),
        (Throttled, not declared.exempt),
        (Unavailable, not declared.exempt),
        (InternalError, True),
    )
    return dict.fromkeys((*declared.raises, *(kind for kind, applies in implied if applies)))


def _chooses_in_its_path(operation: dict[str, Any]) -> bool:
    """Whether a part of the address is one of several words, or of a form; an id that is none leads nowhere instead."""
    told = {"$ref", "enum", "pattern"}
    return any(found["in"] == "path" and told & found["schema"].keys() for found in operation["parameters"])


def _problem_response(status: int, kinds: list[type[DomainError]], path: str) -> dict[str, Any]:
    examples = {kind.slug: {"summary": kind.sentence, "value": _example(kind, path)} for kind in kinds}
    names = ["X-Request-ID"]
    names += ["Retry-After"] if status in (429, 503) or StillRunning in kinds else []
    names += ["WWW-Authenticate"] if status == 401 else []
    return {
        "description": f"{title_of(status)}: {', '.join(kind.slug for kind in kinds)}.",
        "headers": _references(names),
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}},
    }


def _example(kind: type[DomainError], path: str) -> Any:
    fields = (EXAMPLE_FIELD,) if issubclass(kind, InvalidFields) else ()
    return msgspec.to_builtins(problem_of(kind(fields=fields), EXAMPLE_MOMENT, path, EXAMPLE_ID))

"""What a controller declares about a route, and what the edge makes of it once at start.

    @post("/users", **route("register", Register, raises=(UsernameTaken,), public=True, idempotent=True))
    async def register(self, data: NewUser, register: Given[Register], once: Given[Once]) -> Response[UserView]: ...

A route is closed to strangers unless it says `public=True`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
from litestar._kwargs.kwargs_model import KwargsModel
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import BodyKwarg, SkipValidationMarker

from asperguide.adapters.http.fields import ANYWHERE
from asperguide.adapters.http.paging import Listing
from asperguide.adapters.http.retiring import Retired
from asperguide.shared.errors import DomainError

T = TypeVar("T")
Given: TypeAlias = Annotated[NamedDependency[T], SkipValidationMarker()]
"""A parameter that `create_app` fills by its name: a use case, `actor`, `origin`, `page` or `once`."""

JSON = b"application/json"
API = "/api/v1/"
ADMINISTRATION = f"{API}admin/"
FORM = b"application/x-www-form-urlencoded"
ANYTHING = "*/*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A route in its controller's words; the edge obeys it and the OpenAPI document repeats it.

    `signed` requests carry their own right, which the handler looks at: no token is looked at, and they count against
    no rate limit. `exempt` routes neither count against a rate limit nor look at tokens. `budget` names one more rate
    limit, per client address or, where strangers are refused, per user; `apart` calls count against that one only.
    What `anywhere` routes answer may be read by pages of every origin, without credentials. `lenient` routes ignore
    names in a query that they do not know, which are refused on all others below `/api/v1`: their addresses are handed
    on by people, who do not see what is added on the way, or a standard wants it so. `form` is the type that the
    handler reads with `form_as`. `refusal` is what a 400 may be beside a problem, by media type as OpenAPI writes it.
    `versioned` is whether If-Match is understood (`optional`) or demanded (`required`). `long` is whether it answers
    202 while the work goes on in a job, `polled` whether it may say when to ask again. A `forgiving` route refuses no
    query: what cannot be read counts as absent.

    `json` is the type of a JSON body that a handler takes beside others of its `streams`, which it reads itself.

    `optional` routes are open to strangers, but a token that is no good is refused there. `streams` are the media types
    of a body that the handler takes as it comes (`streaming.body_of`, which caps it), `*/*` for any; `stream_schema` is
    what OpenAPI says of it. `overridable` methods may be named in X-HTTP-Method-Override. `always` are header fields of
    every answer, refusals too. `parameters`, and `answers` by status, are what OpenAPI is to tell beside, as it writes
    it.
    """

    public: bool = False
    optional: bool = False
    exempt: bool = False
    signed: bool = False
    budget: str = ""
    apart: bool = False
    anywhere: bool = False
    lenient: bool = False
    form: type[msgspec.Struct] | None = None
    json: type[msgspec.Struct] | None = None
    raises: tuple[type[DomainError], ...] = ()
    example: Any = None
    answer_example: Any = None
    refusal: Mapping[str, Any] | None = None
    streams: tuple[str, ...] = ()
    stream_schema: Any = None
    stream_required: bool = True
    overridable: bool = False
    always: tuple[tuple[bytes, bytes], ...] = ()
    parameters: tuple[Mapping[str, Any], ...] = ()
    answers: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    listing: Listing | None = None
    idempotent: bool = False
    versioned: str = ""
    retired: Retired | None = None
    long: bool = False
    polled: bool = False
    forgiving: bool = False


DENIED = Declared()


def route(
    operation_id: str,
    story: Any = None,
    *,
    summary: str = "",
    description: str = "",
    body_limit: int | None = None,
    **declared: Any,
) -> dict[str, Any]:
    """Keyword arguments for a Litestar route decorator; `declared` are the fields of `Declared`.

    The description is the docstring of the use case `story` unless given, the summary its first sentence.
    """
    description = description or _docstring(story)
    settings: dict[str, Any] = {
        "operation_id": operation_id,
        "summary": summary or operation_id.replace("_", " ").capitalize(),
        "description": description,
        "opt": {"declared": Declared(**declared)},
    }
    if body_limit is not None or declared.get("streams"):
        settings["request_max_body_size"] = body_limit
    return settings


def public(**declared: Any) -> dict[str, Any]:
    """The `opt` of a small handler outside the API document that anybody may call."""
    return {"declared": Declared(public=True, **declared)}


def declared_by(handler: HTTPRouteHandler) -> Declared:
    """What the handler's controller declared; closed to strangers when it declared nothing."""
    found = handler.opt.get("declared", DENIED)
    return found if isinstance(found, Declared) else DENIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that the edge needs to know about a route, looked up once per request.

    `queried` are the names that its query may have, each once; None when that is the handler's to say. `sent_as` is how
    clients know the parameters of its handler that go by another name there.
    """

    declared: Declared
    public: bool
    exempt: bool
    administrative: bool
    body_limit: int
    media_type: bytes | None = None
    streams: frozenset[bytes] = frozenset()
    queried: frozenset[str] | None = None
    sent_as: Mapping[str, str] = field(default_factory=dict)
    fixed: tuple[tuple[bytes, bytes], ...] = field(default=())


UNKNOWN = Plan(declared=DENIED, public=True, exempt=False, administrative=False, body_limit=0)


def plan_of(handler: HTTPRouteHandler, path: str, asks: KwargsModel) -> Plan:
    """The plan of a handler at this path, which asks for these parameters.

    Raises ValueError when its body type would let unknown fields pass.
    """
    declared = declared_by(handler)
    named = (*asks.expected_query_params, *asks.expected_header_params, *asks.expected_cookie_params)
    return Plan(
        declared=declared,
        public=declared.public or declared.optional,
        exempt=declared.exempt,
        administrative=path.startswith(ADMINISTRATION),
        body_limit=handler.resolve_request_max_body_size() or 0,
        media_type=_media_type(handler),
        streams=frozenset(kind.encode() for kind in declared.streams),
        queried=_queried(declared, asks) if is_strict(declared, path) and declared.listing is None else None,
        sent_as={one.field_name: one.field_alias for one in named if one.field_name != one.field_alias},
        fixed=(
            *declared.always,
            *(ANYWHERE if declared.anywhere else ()),
            *(declared.retired.headers if declared.retired else ()),
        ),
    )


def is_strict(declared: Declared, path: str) -> bool:
    """Whether a query may say there only what the route knows."""
    return path.startswith(API) and not declared.lenient


def _queried(declared: Declared, asks: KwargsModel) -> frozenset[str]:
    told = (str(parameter["name"]) for parameter in declared.parameters if parameter["in"] == "query")
    return frozenset((*(one.field_alias for one in asks.expected_query_params), *told))


def _media_type(handler: HTTPRouteHandler) -> bytes | None:
    """The only media type that the body may have; None when the handler takes no parsed body."""
    data = handler.parsed_fn_signature.parameters.get("data")
    if data is None:
        return FORM if declared_by(handler).form else None
    for struct in _structs(data.annotation):
        if not struct.__struct_config__.forbid_unknown_fields:
            raise ValueError(f"{struct.__name__} must set forbid_unknown_fields: it is the body of {handler}.")
    if isinstance(data.kwarg_definition, BodyKwarg):
        return str(getattr(data.kwarg_definition.media_type, "value", data.kwarg_definition.media_type)).encode()
    return JSON


def _structs(kind: Any) -> Iterable[type[msgspec.Struct]]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
    for member in getattr(kind, "__args__", ()):
        yield from _structs(member)


def _docstring(story: Any) -> str:
    return "\n\n".join(" ".join(part.split()) for part in (getattr(story, "__doc__", "") or "").split("\n\n"))

"""A small application behind the real edge, with fakes for what other adapters bring."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import httpx
import msgspec
from litestar import Response, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, UnsetType

from asperguide.adapters.http.app import application, create_app
from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.credentials import Authentication
from asperguide.adapters.http.edge import Edge
from asperguide.adapters.http.gate import EdgeRules
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.preconditions import required_version, single
from asperguide.adapters.http.retiring import Retired
from asperguide.adapters.http.routes import Given, public, route
from asperguide.adapters.memory.rate_limiter import MemoryRateLimiter
from asperguide.adapters.system import SystemIds
from asperguide.shared.actor import Actor, Origin, Role, SessionId, UserId
from asperguide.shared.errors import (
    Conflict,
    DatabaseUnavailable,
    DomainError,
    EditedMeanwhile,
    Forbidden,
    IdempotencyKeyReused,
    NotFound,
    StillRunning,
    Throttled,
    Unauthenticated,
)
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.ports import Budget, Idempotency
from asperguide.testing import MovableClock

BASE = "http://api.example"
MINUTE = timedelta(minutes=1)
ANN = Actor(
    user=UserId(UUID(int=1)),
    session=SessionId(UUID(int=2)),
    roles=(Role.USER,),
    proved_at=datetime(2031, 1, 1, tzinfo=UTC),
)
SIGNED_IN = {"authorization": "Bearer ann"}
THING = UUID("0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10")


class TokenRefused(Unauthenticated, code=49901):
    """The access token is "no" good."""


class Owner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nested, to see pointers into depth."""

    name: Annotated[str, Meta(min_length=2)]
    born: datetime | None = None


class NewThing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body with all kinds of fields."""

    title: Annotated[str, Meta(min_length=1, max_length=20)]
    count: Annotated[int, Meta(ge=0, le=10)] = 0
    weight: float = 0.0
    role: Role = Role.USER
    owner: Owner | None = None
    tags: list[Annotated[str, Meta(max_length=5)]] = []
    owners: tuple[Owner, ...] = ()


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: `title` may not be null, `note` may."""

    title: Annotated[str, Meta(max_length=20)] | UnsetType = UNSET
    note: str | UnsetType | None = UNSET


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown."""

    id: UUID
    title: str


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A form."""

    login: str
    times: int = 1


@dataclass
class Store:
    """Stands for a use case: counts how often it really ran."""

    made: list[str] = field(default_factory=list)
    error: Exception | None = None

    async def __call__(self, title: str) -> Thing:
        """Make a thing, or raise what the test wants."""
        if self.error:
            raise self.error
        self.made.append(title)
        return Thing(id=THING, title=title)


NEXT = {None: "a/b", "a/b": "c"}
LISTING = Listing(
    sort=("created_at", "title"), filters=("state", "before"), instants={"before": "Made before."}, also=("q",)
)
RETIRED = Retired(since=datetime(2030, 1, 1, tzinfo=UTC), sunset=datetime(2032, 1, 1, tzinfo=UTC), successor="/things")


@post("/things", **route("make", Store, idempotent=True))
async def make(
    data: JSONBody[NewThing], actor: Given[Actor], store: Given[Store], once: Given[Once]
) -> Response[Thing]:
    """Make one."""
    thing = await once(Thing, lambda: store(data.title))
    return Response(thing, headers={"location": f"/things/{thing.id}"})


@get("/things", **route("list", Store, listing=LISTING))
async def list_them(request: ApiRequest, page: Given[PageRequest], actor: Given[Actor]) -> Response[Items[Thing]]:
    """Show what was asked, as a thing."""
    asked = f"{page.cursor} {page.limit} {page.sort} {dict(page.filters)} {page.count}"
    page_ = Page(items=(Thing(id=THING, title=asked),), next_cursor=NEXT.get(page.cursor))
    return listed(request, page_, lambda thing: thing)


@get("/things/{id:uuid}", **route("show", Store, versioned="optional"))
async def show(id: FromPath[UUID], request: ApiRequest, actor: Given[Actor]) -> Response[Thing]:
    """One at version 3."""
    return single(request, Thing(id=id, title="Tour"), 3)


@patch("/things/{id:uuid}", **route("change", Store, versioned="required"))
async def change(
    id: FromPath[UUID], data: JSONBody[Change], request: ApiRequest, actor: Given[Actor]
) -> dict[str, Any]:
    """Say what was understood; version 3 is current."""
    if required_version(request) not in (None, 3):
        raise EditedMeanwhile
    return {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}


@put("/things/{id:uuid}", **route("replace", Store))
async def replace(id: FromPath[UUID], actor: Given[Actor], store: Given[Store]) -> Thing:
    """Raise whatever the store raises."""
    return await store("replaced")


@delete("/things/{id:uuid}", **route("remove", Store))
async def remove(id: FromPath[UUID], actor: Given[Actor]) -> None:
    """Nothing comes back."""


@get("/who", opt=public())
async def who(request: ApiRequest, origin: Given[Origin]) -> dict[str, Any]:
    """Who the edge thinks it is."""
    actor = request.call.actor
    return {"user": str(actor.user) if actor else None, "address": origin.address, "agent": origin.user_agent}


@post("/open", status_code=200, opt=public())
async def open_post(data: JSONBody[dict[str, Any]]) -> dict[str, Any]:
    """Any JSON object."""
    return data


@post("/sign-in", status_code=200, **route("sign_in", public=True, budget="credentials"))
async def sign_in() -> str:
    """A route with a budget of its own."""
    return "hello"


@post("/form", status_code=200, **route("form", public=True, form=Form))
async def form(request: ApiRequest) -> Form:
    """A urlencoded form."""
    return await request.form_as(Form)


@post("/large", status_code=200, **route("large", public=True, body_limit=4 * 1024 * 1024))
async def large(data: JSONBody[dict[str, str]]) -> int:
    """A route with a larger limit."""
    return len(data["text"])


@get("/old", **route("old", public=True, retired=RETIRED))
async def old() -> Thing | Owner:
    """A retired route with two kinds of answers."""
    return Thing(id=THING, title="old")


@get("/query", opt=public())
async def query(number: FromQuery[int], word: FromQuery[str] = "") -> int:
    """A required and an optional query parameter."""
    return number


@get("/exempt", opt=public(exempt=True))
async def exempt() -> str:
    """Never counted."""
    return "ok"


@get("/forgotten")
async def forgotten() -> str:
    """A route whose author declared nothing."""
    return "secret"


@get("/boom", opt=public())
async def boom() -> str:
    """A bug."""
    raise RuntimeError("password=hunter2 in /etc/secret SELECT *")


ROUTES: Sequence[Any] = (
    *(make, list_them, show, change, replace, remove, who, open_post, sign_in, form, large, old, query, exempt),
    *(forgotten, boom),
)


class OnceFake(Idempotency):
    """Keeps answers in a dictionary, which the unit of work does in its transaction."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[bytes, Any]] = {}
        self.running: set[tuple[str, str]] = set()

    @asynccontextmanager
    async def claim(self, scope: str, key: str, fingerprint: bytes, answer: type[Any]) -> AsyncIterator[Any]:
        """The kept answer, or None."""
        place = scope, key
        if place in self.running:
            raise StillRunning
        if place in self.kept and self.kept[place][0] != fingerprint:
            raise IdempotencyKeyReused
        yield self.kept[place][1] if place in self.kept else None
        self.kept.setdefault(place, (fingerprint, Thing(id=THING, title="Tour")))

    async def prune(self, limit: int = 1000) -> int:
        """Nothing is forgotten."""
        return 0


@dataclass
class World:
    """The application and everything around it that a test may move."""

    clock: MovableClock = field(default_factory=MovableClock)
    store: Store = field(default_factory=Store)
    once: OnceFake = field(default_factory=OnceFake)
    tokens: dict[str, Actor] = field(default_factory=lambda: {"ann": ANN})
    slow_tokens: dict[str, Actor] = field(default_factory=dict)
    database_is_down: bool = False
    more_routes: Sequence[Any] = ()
    use_cases: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    peer: str = "192.0.2.1"
    rules: dict[str, Any] = field(default_factory=dict)
    edge: Callable[..., Edge] = Edge
    app: Edge = field(init=False)

    def __post_init__(self) -> None:
        budgets = {
            "anonymous": Budget(name="default", limit=60, window=MINUTE),
            "user": Budget(name="default", limit=300, window=MINUTE),
            "budgets": {"credentials": Budget(name="credentials", limit=3, window=MINUTE)},
            "public_url": "https://api.example",
        }
        use_cases = {"store": lambda: self.store, **self.use_cases}
        self.app = create_app(
            application([*ROUTES, *self.more_routes], use_cases),
            use_cases=use_cases,
            rules=EdgeRules(**{**budgets, **self.rules}),
            authentication=Authentication(
                now=self.tokens.get, later=self.look_up, csrf_matches=lambda actor, token: token == f"csrf-{actor.user}"
            ),
            limiter=MemoryRateLimiter(self.clock),
            idempotency=self.once,
            clock=self.clock,
            ids=SystemIds(),
            edge=self.edge,
        )

    async def look_up(self, token: str) -> Actor | None:
        """The slow way of authentication."""
        if self.database_is_down:
            raise DatabaseUnavailable
        if token not in self.slow_tokens:
            raise TokenRefused
        return self.slow_tokens[token]

    def client(self, **options: Any) -> httpx.AsyncClient:
        """An HTTP client on the application; exceptions that pass the edge reach the test."""
        transport = httpx.ASGITransport(self.app, client=(self.peer, 1234))
        return httpx.AsyncClient(transport=transport, base_url=BASE, **options)


async def raw(app: Any, **scope: Any) -> tuple[int, dict[bytes, bytes], bytes]:
    """Send what an HTTP client would refuse to send: bare ASGI. `body` is a list of chunks."""
    chunks = list(scope.pop("body", [b""]))
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        if not chunks:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message: Any) -> None:
        sent.append(message)

    defaults: dict[str, Any] = {"type": "http", "method": "GET", "path": "/who", "query_string": b"", "headers": []}
    defaults.update(client=("192.0.2.1", 1), server=("api.example", 80), scheme="http", http_version="1.1")
    await app({**defaults, **scope}, receive, send)
    if not sent:
        return 0, {}, b""
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(part["body"] for part in sent[1:])


Answer = Callable[[], Awaitable[httpx.Response]]
KINDS: tuple[tuple[DomainError, int], ...] = (
    (NotFound(), 404),
    (Conflict(), 409),
    (Forbidden(), 403),
    (Unauthenticated(), 401),
    (Throttled(retry_after=timedelta(seconds=7)), 429),
    (DatabaseUnavailable(), 503),
)

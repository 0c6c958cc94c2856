"""From controllers to the ASGI application: Litestar with everything of its own switched off, behind the edge."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any, Self

from litestar import Litestar, Router
from litestar.config.app import AppConfig
from litestar.di import Provide
from litestar.enums import HttpMethod
from litestar.events import BaseEventEmitterBackend
from litestar.handlers import HTTPRouteHandler
from litestar.plugins.core import MsgspecDIPlugin
from litestar.routes import HTTPRoute

from asperguide.adapters.http.answers import Plain
from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.credentials import Authentication
from asperguide.adapters.http.edge import Edge
from asperguide.adapters.http.gate import EdgeRules
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.paging import page_request
from asperguide.adapters.http.routes import declared_by
from asperguide.operations.model import Maintenance
from asperguide.shared.pages import PageRequest
from asperguide.shared.ports import Clock, Idempotency, Ids, RateLimiter

BODY_LIMIT = 1024 * 1024
IDEMPOTENCY = "idempotency"

Factory = Callable[[], object]
PerRequest = Callable[[ApiRequest], object]


class LeanLitestar(Litestar):
    """Litestar with msgspec only: its default plugins import pydantic, attrs and others when they lie around."""

    @staticmethod
    def _get_default_plugins(plugins: list[Any]) -> list[Any]:
        return [*plugins, MsgspecDIPlugin()]

    @staticmethod
    def _patch_opentelemetry_middleware(config: AppConfig) -> AppConfig:
        return config

    def register(self, value: Any) -> None:  # type: ignore[override]  # as in Litestar itself
        """Take routes in, without the handlers that Litestar adds for OPTIONS: the edge tells of methods itself."""
        for route in Router.register(self, value):
            if isinstance(route, HTTPRoute):
                route.route_handlers = [handler for handler in route.route_handlers if not _is_added(handler)]
                for handler in route.route_handlers:
                    handler.on_registration(self)
                route.create_handler_map()
        self.asgi_router.construct_routing_trie()


class Prefix(Router):
    """Routes below a path, made for one application: it is taken as it is, where Litestar copies every route first."""

    def __deepcopy__(self, _: Any) -> Self:
        return self


def _is_added(handler: HTTPRouteHandler) -> bool:
    return handler.http_methods == {HttpMethod.OPTIONS} and "declared" not in handler.opt


class NoEvents(BaseEventEmitterBackend):
    """None, as ours are announced in the ledger: Litestar's emitter would import anyio's loop for its queue."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing was begun."""

    def emit(self, event_id: str, *args: Any, **kwargs: Any) -> None:
        """Raises RuntimeError: whoever calls this believes that somebody listens."""
        raise RuntimeError(f"nobody listens to {event_id}: announce it in a unit of work")


def application(
    controllers: Sequence[Any], names: Iterable[str], *, lifespan: Sequence[Any] = (), body_limit: int = BODY_LIMIT
) -> Litestar:
    """Routes whose handlers ask for use cases by these names; whichever edge a request came through has them.

    Making one takes a while, and it holds nothing of any edge: many edges may share it.
    """
    app = LeanLitestar(
        route_handlers=list(controllers),
        dependencies={name: _stand_in() for name in (*names, *PER_REQUEST)},
        request_class=ApiRequest,
        response_class=Plain,
        request_max_body_size=body_limit,
        lifespan=list(lifespan),
        openapi_config=None,
        logging_config=None,
        event_emitter_backend=NoEvents,
        debug=False,
    )
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            _bridge(route, frozenset(names))
    return app


def create_app(
    app: Litestar,
    *,
    use_cases: Mapping[str, Factory],
    rules: EdgeRules,
    authentication: Authentication,
    limiter: RateLimiter,
    idempotency: Idempotency,
    clock: Clock,
    ids: Ids,
    maintenance: Callable[[], Maintenance | None] = lambda: None,
    edge: Callable[..., Edge] = Edge,
) -> Edge:
    """The whole HTTP application. `use_cases` are factories by the parameter name under which handlers ask for them.

    `edge` is Edge, or a kind of it that does more.
    """
    return edge(
        app,
        given={**use_cases, IDEMPOTENCY: lambda: idempotency},
        rules=rules,
        authentication=authentication,
        limiter=limiter,
        clock=clock,
        ids=ids,
        maintenance=maintenance,
    )


def _bridge(route: HTTPRoute, names: Set[str]) -> None:
    """Fill the route's dependencies by plain calls.

    Litestar would start a task group for them on every request, which costs more than the whole of a cached read.
    """
    for handler, model in route.route_handler_map.values():
        wanted = handler.parsed_fn_signature.parameters.keys()
        plain = [name for name in wanted if name in names]
        asking = {name: ask for name, ask in PER_REQUEST.items() if name in wanted}
        model.dependency_batches = []
        if plain or asking:
            model.extractors.append(_filler(plain, asking))


def _filler(plain: Sequence[str], asking: Mapping[str, PerRequest]) -> Any:
    async def fill(values: dict[str, Any], request: Any) -> None:
        given = request.scope["given"]
        for name in plain:
            values[name] = given[name]()
        for name, ask in asking.items():
            values[name] = ask(request)

    return fill


def _once(request: ApiRequest) -> Once:
    return Once(request=request, idempotency=request.scope["given"][IDEMPOTENCY]())  # type: ignore[typeddict-item]


def _page(request: ApiRequest) -> PageRequest:
    listing = declared_by(request.route_handler).listing
    if listing is None:
        raise RuntimeError(f"{request.route_handler} takes a page but declares no listing.")
    return page_request(request.scope["query_string"], listing)


PER_REQUEST: Mapping[str, PerRequest] = {
    "actor": lambda request: request.actor,
    "origin": lambda request: request.origin,
    "page": _page,
    "once": _once,
}


def _stand_in() -> Provide:
    """A dependency that Litestar sees in signatures and never calls; it wants a different function for each name."""

    def never() -> None:
        raise RuntimeError("dependencies are filled by the bridge")

    return Provide(never, sync_to_thread=False)

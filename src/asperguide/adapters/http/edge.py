"""The edge: one ASGI application around Litestar that every request passes and every answer leaves through.

It replaces Litestar's outer shell on purpose: the route is looked up once, and what applies to it (who may call it, how
often, how large a body) is decided before any handler runs. Everything that raises ends here as a problem.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from litestar import Litestar
from litestar.exceptions import MethodNotAllowedException, NotFoundException

from asperguide.adapters.http import fields
from asperguide.adapters.http.access import Passage
from asperguide.adapters.http.addresses import client_address, is_host
from asperguide.adapters.http.bodies import ClientGone, check_announced
from asperguide.adapters.http.calls import Call, continued, current_call, sane_request_id
from asperguide.adapters.http.credentials import Authentication
from asperguide.adapters.http.gate import EdgeRules, Gate
from asperguide.adapters.http.intake import Intake
from asperguide.adapters.http.measures import RequestMeasures
from asperguide.adapters.http.paging import check_names
from asperguide.adapters.http.problems import (
    AddressTooLong,
    HeadersTooLarge,
    MalformedRequest,
    MethodNotAllowed,
    RouteNotFound,
    log,
    render,
)
from asperguide.adapters.http.routes import UNKNOWN, Plan, plan_of
from asperguide.adapters.http.translating import translated
from asperguide.adapters.measuring import Family, Measured
from asperguide.operations.errors import UnderMaintenance
from asperguide.operations.model import Maintenance
from asperguide.shared.ports import Clock, Ids, RateLimiter
from asperguide.shared.tracing import Trace, trace

MOST_FIELDS = 100
LONGEST_FIELDS = 32 * 1024
LONGEST_ADDRESS = 8 * 1024
LONGEST_TRACE = 64
OWN_ONLY = b"cross-origin-resource-policy"
SINGLE = frozenset({b"authorization", b"content-length", b"content-type", b"host", b"if-match", b"idempotency-key"})

Scope = Any
Receive = Any
Send = Any


class Edge(Measured):
    """Litestar behind our front door. `app` is the application inside, for documentation and route walks.

    `given` makes what handlers ask for by name.
    """

    def __init__(
        self,
        app: Litestar,
        *,
        given: Mapping[str, Callable[[], object]],
        rules: EdgeRules,
        authentication: Authentication,
        limiter: RateLimiter,
        clock: Clock,
        ids: Ids,
        maintenance: Callable[[], Maintenance | None] = lambda: None,
    ) -> None:
        self.app = app
        self._given = given
        self._gate = Gate(rules, authentication, limiter)
        self._measures = RequestMeasures()
        self._clock = clock
        self._ids = ids
        self._maintenance = maintenance
        self._routing = app.asgi_router.handle_routing
        self._slow_seconds = rules.slow_seconds
        self._address: Callable[..., str] = client_address(rules.trusted_proxies)
        self._always = fields.always(https=rules.public_url.startswith("https://"))
        self._elsewhere = tuple(pair for pair in self._always if pair[0] != OWN_ONLY)
        self._cors = {origin.encode(): fields.cors(origin.encode()) for origin in rules.cors_origins}
        self._plans: dict[Any, Plan] = {}
        self._allowed: dict[str, bytes] = {}
        self._own_options: set[str] = set()
        self._anywhere: set[str] = set()
        self.learn_routes()

    def learn_routes(self) -> None:
        """Make the plan of every route. Raises ValueError for a route that is declared unsafely."""
        methods: dict[str, set[str]] = {}
        for found in self.app.routes:
            for handler, asks in getattr(found, "route_handler_map", {}).values():
                self._plans[handler] = plan_of(handler, found.path_format, asks)
                methods.setdefault(found.path_format, {"OPTIONS"}).update(handler.http_methods)
                if self._plans[handler].declared.anywhere:
                    self._anywhere.add(found.path_format)
                if "OPTIONS" in handler.http_methods:
                    self._own_options.add(found.path_format)
        for path, names in methods.items():
            self._allowed[path] = ", ".join(sorted(names | ({"HEAD"} if "GET" in names else set()))).encode()

    def unreadable(self) -> tuple[int, Sequence[tuple[bytes, bytes]], bytes]:
        """Status, fields and body for what is no HTTP, of which nothing is known; the connection ends with it."""
        call = Call({}, "", str(self._ids.new()))
        status, headers, body = render(MalformedRequest("This is not HTTP/1.1."), call, self._clock.now())
        answer: dict[str, Any] = {"status": status, "headers": headers}
        self._finish(call, answer)
        return status, list(dict.fromkeys((*answer["headers"], fields.CLOSE))), body

    def close_connections(self) -> None:
        """From here on every answer ends its connection, so that clients go elsewhere before this process is gone."""
        self._always = (*self._always, fields.CLOSE)
        self._elsewhere = (*self._elsewhere, fields.CLOSE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or hand start-up and shutdown to the application. There are no WebSocket routes."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    def measure(self) -> Iterator[Family]:
        """Requests, and those that were too many."""
        yield from self._measures.measure()
        yield self._gate.refused.family()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        passage = Passage(scope)
        self._measures.begin()
        headers = dict(scope["headers"])
        request_id = sane_request_id(headers.get(b"x-request-id")) or str(self._ids.new())
        scope["call"] = call = Call(headers, scope["path"], request_id)
        current_call.set(call)
        _trace(call)
        call.bodiless = scope["method"] == "HEAD"

        async def reply(message: Any) -> None:
            if message["type"] == "http.response.start":
                passage.status = message["status"]
                self._finish(call, message)
            elif call.bodiless:
                message = {**message, "body": b""}
            else:
                passage.size += len(message.get("body", b""))
            if call.intake is None:
                await send(message)
            else:
                await call.intake.answer(message, send)

        try:
            await self._pass(scope, receive, reply, call, passage)
        except ClientGone:
            return
        except Exception as error:
            if passage.status:
                passage.status = 500
                log.error("answer broke off", exc_info=error, extra={"route": passage.template})
                raise
            await _refuse(error, call, passage, self._clock.now(), reply)
        finally:
            self._measures.end(passage)
            passage.tell(call, self._slow_seconds)

    async def _pass(self, scope: Scope, receive: Receive, reply: Send, call: Call, passage: Passage) -> None:
        headers, method = call.headers, scope["method"]
        self._check_size(scope, headers)
        if traceparent := self._traceparent(call, passage):
            call.traceparent = traceparent
            _trace(call)
        if b"x-http-method-override" in headers:
            method = self._meant(scope["path"], headers[b"x-http-method-override"]) or method
        if method == "OPTIONS" and not self._answers_options(scope["path"], headers):
            await self._tell_options(scope, reply, call, passage)
            return
        # A scope of its own: the server goes by the method in its one to know whether an answer may have a body.
        scope = {**scope, "method": "GET" if method == "HEAD" else method}
        method = scope["method"]
        route = self._route(scope["path"], method, call)
        plan = UNKNOWN if isinstance(route, Exception) else self._plans[route[1]]
        call.extra += plan.fixed
        call.anywhere = plan.declared.anywhere
        passage.is_check = plan.exempt
        if plan.streams:
            receive = call.intake = Intake(receive, headers)
        if not isinstance(route, Exception):
            passage.template = route[4]
            if method == "OPTIONS":
                call.extra.append((b"allow", self._allowed[passage.template]))
        if not plan.exempt:
            if (maintenance := self._maintenance()) is not None and not plan.administrative:
                raise UnderMaintenance(maintenance.message, retry_after=timedelta(seconds=maintenance.retry_after))
            call.address = self._client(scope)
            if not plan.declared.signed:
                await self._gate.admit(plan, call, method)
            if call.actor is not None:
                _trace(call)
        if isinstance(route, Exception):
            raise route
        check_announced(plan, headers)
        if scope["query_string"] and plan.queried is not None:
            check_names(scope["query_string"], plan.queried)
        passage.sent_as = plan.sent_as
        scope["app"] = scope["litestar_app"] = self.app
        scope["given"] = self._given
        scope.setdefault("state", {})
        application, scope["route_handler"], scope["path"], scope["path_params"], scope["path_template"] = route
        await application(scope, receive, reply)

    def _traceparent(self, call: Call, passage: Passage) -> str:
        """What names our part of the caller's trace; empty when the caller has none."""
        given = call.headers.get(b"traceparent")
        return continued(given, self._ids.new().bytes[8:]) if given else ""

    def _client(self, scope: Scope) -> str:
        client = scope.get("client")
        forwarded = (value for name, value in scope["headers"] if name == b"x-forwarded-for")
        return self._address(client[0] if client else "", forwarded)

    def _check_size(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        raw = scope["headers"]
        if len(raw) > MOST_FIELDS:
            raise HeadersTooLarge
        if len(headers) != len(raw):
            names = [name for name, _ in raw]
            if any(names.count(name) > 1 for name in SINGLE):
                raise MalformedRequest("A header field that may come once came twice.")
            if sum(len(name) + len(value) for name, value in raw) > LONGEST_FIELDS:
                raise HeadersTooLarge
        elif sum(map(len, headers)) + sum(map(len, headers.values())) > LONGEST_FIELDS:
            raise HeadersTooLarge
        if len(scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            raise AddressTooLong
        if not is_host(headers.get(b"host", b"")) or not scope["query_string"].isascii():
            raise MalformedRequest

    def _route(self, path: str, method: str, call: Call) -> Any:
        """Where the request goes, or the error that says why it goes nowhere: strangers pay for those too."""
        try:
            return self._find(path, method)
        except NotFoundException:
            return RouteNotFound()
        except MethodNotAllowedException:
            if not (template := self._template(path)):
                return RouteNotFound()
            call.extra.append((b"allow", self._allowed[template]))
            return MethodNotAllowed()

    def _find(self, path: str, method: str) -> Any:
        if path[-1:] == "/" or "//" in path:
            path = "/" + "/".join(part for part in path.split("/") if part)
        return self._routing(path=path, method=method)

    def _template(self, path: str, method: str = "OPTIONS") -> str:
        """Which route an address belongs to, whatever its methods; empty when to none."""
        try:
            return str(self._find(path, method)[4])
        except NotFoundException:
            return ""
        except MethodNotAllowedException as refused:
            return self._template(path, (refused.headers or {})["allow"].split(", ")[0])

    def _meant(self, path: str, method: bytes) -> str:
        """The method that X-HTTP-Method-Override names, if the route of that method listens to it."""
        name = method.decode("latin-1")
        route = self._route(path, "GET" if name == "HEAD" else name, Call({}, path, ""))
        return name if not isinstance(route, Exception) and self._plans[route[1]].declared.overridable else ""

    def _answers_options(self, path: str, headers: Mapping[bytes, bytes]) -> bool:
        """Whether a handler tells of this address itself; pages that ask before they send are none of its business."""
        return b"access-control-request-method" not in headers and self._template(path) in self._own_options

    async def _tell_options(self, scope: Scope, reply: Send, call: Call, passage: Passage) -> None:
        """The methods of an address; with CORS fields when a page of an admitted origin asks."""
        headers, out = call.headers, [(b"allow", fields.METHODS + b", OPTIONS")]
        if scope["path"] != "*":
            passage.template = self._template(scope["path"])
            if not passage.template:
                raise RouteNotFound
            out = [(b"allow", self._allowed[passage.template])]
        call.anywhere = passage.template in self._anywhere
        call.extra += fields.ANYWHERE if call.anywhere else ()
        if b"access-control-request-method" in headers and (call.anywhere or headers.get(b"origin") in self._cors):
            out.extend(fields.PREFLIGHT)
        await reply({"type": "http.response.start", "status": 204, "headers": out})
        await reply({"type": "http.response.body", "body": b""})

    def _finish(self, call: Call, message: Any) -> None:
        """Put our fields on an answer; what its handler declared itself stays."""
        given = message["headers"]
        names = {name for name, _ in given}
        out = [pair for pair in given if pair[0] != b"server"] if b"server" in names else list(given)
        if fields.API_CSP[0] not in names:
            out.append(fields.API_CSP)
        if fields.NO_FRAMES[0] not in names:
            out.append(fields.NO_FRAMES)
        if b"cache-control" not in names and (call.actor is not None or message["status"] >= 400):
            out.append(fields.NO_STORE)
        out.extend(self._always if OWN_ONLY not in names and not call.anywhere else self._elsewhere)
        out.extend(call.extra)
        out.append((b"x-request-id", call.request_id.encode("ascii")))
        if call.traceparent:
            out.append((b"traceparent", call.traceparent.encode("ascii")))
        origin = call.headers.get(b"origin")
        if origin is not None and origin in self._cors and not call.anywhere:
            out.extend(self._cors[origin])
        message["headers"] = out


def _trace(call: Call) -> None:
    """Let log lines, jobs and mails say which request they belong to, as far as it is known."""
    trace.set(
        Trace(
            request_id=call.request_id[:LONGEST_TRACE],
            traceparent=call.traceparent or None,
            user=None if call.actor is None else _text(call.actor.user),
        )
    )


@lru_cache(maxsize=1024)
def _text(user: UUID) -> str:
    return str(user)


async def _refuse(error: Exception, call: Call, passage: Passage, now: datetime, reply: Send) -> None:
    status, headers, body = render(translated(error, passage.template, passage.sent_as), call, now)
    await reply({"type": "http.response.start", "status": status, "headers": headers})
    await reply({"type": "http.response.body", "body": body})

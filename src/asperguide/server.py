"""The HTTP server: the container's use cases behind the edge, and the life of a process that serves them."""

import asyncio
import gc
import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext, suppress
from datetime import timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import uvicorn

from asperguide.adapters.http import (
    ar,
    capsules,
    companies,
    invitation_pages,
    litestar,
    media,
    operations,
    projects,
)
from asperguide.adapters.http.account_pages import AccountPages
from asperguide.adapters.http.app import Prefix, application, create_app
from asperguide.adapters.http.credentials import Authentication
from asperguide.adapters.http.dev_mails import DevMails
from asperguide.adapters.http.dev_player import DevPlayer
from asperguide.adapters.http.docs_pages import DocsPages, Front, FrontPage
from asperguide.adapters.http.edge import Edge
from asperguide.adapters.http.ending import REQUESTS_SECONDS, Supervisor, end_well, quiet_after
from asperguide.adapters.http.gate import EdgeRules
from asperguide.adapters.http.health import Health, RememberedReadiness
from asperguide.adapters.http.identity import ROUTES, WELL_KNOWN, OAuthServer, SessionCookies
from asperguide.adapters.http.metrics import Metrics, MetricsPage
from asperguide.adapters.http.openapi import About
from asperguide.adapters.http.openapi_serving import OpenApi, OpenApiDocument
from asperguide.adapters.http.protocol import Protocol
from asperguide.adapters.http.storage import StorageDoor
from asperguide.adapters.http.tracing import TracedEdge
from asperguide.adapters.logs import configuring
from asperguide.adapters.opentelemetry.collector import INSTALL
from asperguide.adapters.security.derive import derive
from asperguide.adapters.sql import migrations
from asperguide.adapters.sql.retrying import retrying
from asperguide.adapters.system import SystemClock, keep_one_heap
from asperguide.adapters.tracing import Tracer, traced
from asperguide.choosing import error_reports, log_rules
from asperguide.container import Container
from asperguide.injector import Factory, Object
from asperguide.monitoring import monitored
from asperguide.settings import Settings, SettingsRefused, load
from asperguide.shared.ports import Budget, Clock, Ids

APPLICATION = "asperguide.server:create"
MINUTE = timedelta(minutes=1)
READS_ONLY = {"reads", "clock"}
"""The ports of use cases that change nothing."""
STREAMS = ("chunks", "parts")
"""What use cases call the bytes that they take as they come: nobody can give them a second time."""

log = logging.getLogger("asperguide.server")


def about(*, password_grant: bool = True) -> About:
    """What the OpenAPI document says of itself. Its version costs time and memory: not at each start."""
    from importlib.metadata import version

    return About(
        title="Asperguide",
        version=version("asperguide"),
        password_grant=password_grant,
        description="Accounts, sessions, files, time capsules, and companies with their projects and prints over which "
        "videos play, of a publishing platform. Errors are problems (RFC 9457): see `docs/errors.md`.",
        tags=(
            ("accounts", "Becoming a user, finding people, getting back in."),
            ("my account", "What is mine to see and change."),
            ("long work", "How far is what goes on in the background, and ending it."),
            ("sessions", "Signing in and out, and on which devices."),
            ("administration", "For administrators only."),
            ("uploads", "Sending files: by signed requests to the storage, in parts, or by tus."),
            ("files", "Files: finding, showing, sharing and deleting them."),
            ("videos", "Videos: playing them, having pieces of them made; other formats of files."),
            ("drafts", "Letters that are being written."),
            ("recipients", "My address book: those whom I write to."),
            ("capsules", "Letters that open when their time has come, and not a moment before."),
            ("companies", "Companies, how they want things, and what happened in them."),
            ("members", "Who belongs to a company.\n\n" + companies.roles()),
            ("clients", "End customers of a company."),
            ("projects", "What a company does for its clients, and until when.\n\n" + projects.roles()),
            ("project access", "Who may see a project, if not everybody in the company."),
            (
                "contents",
                "Prints of a project: a photo as marker, videos that play over it, and a code that leads there.",
            ),
            ("viewer", "What everybody who has the code of a print may see of it, without signing in."),
            ("analytics", "What viewers do with prints: taken in, counted, shown to the company."),
            ("markers", "Pictures that prints are recognised by."),
            ("scenes", "What stands over a print beside its video."),
            ("packed projects", "Projects as archives: taking them along, and making projects of them."),
            ("content videos", "Videos of a print: which there are, which of them plays, and what plays when."),
            ("content schedules", "Spans in which one of the videos of a print is to play."),
            ("content rotation", "Rules by which the video of a print changes with the calendar."),
            ("operations", "Jobs and queues, for administrators only."),
            ("oauth", "For standard OAuth 2.0 clients."),
            ("health", "For load balancers and people who look."),
        ),
    )


def build(container: Container, lifespan: Sequence[Any] = ()) -> Edge:
    """The whole application over the container's use cases."""
    settings, ids, tracer = container.settings(), container.ids(), container.tracer()
    cookies = SessionCookies(derive(settings.oauth_secret_key, "csrf"))
    use_cases = {**_use_cases(container, ids, tracer), **_shared(container, settings, cookies)}
    make = partial(_application, lifespan=lifespan) if lifespan else _shared_application
    edge = create_app(
        make(_pages(settings), tuple(use_cases)),
        use_cases=use_cases,
        rules=rules_of(settings),
        authentication=Authentication(later=container.authenticate(), csrf_matches=cookies.csrf_matches),
        limiter=container.limiter(),
        idempotency=container.idempotency(),
        clock=container.clock(),
        ids=ids,
        maintenance=container.maintenance().now,
        edge=Edge if tracer is None else partial(TracedEdge, tracer=tracer),
    )
    container.monitor().watch(edge)
    return edge


def rules_of(settings: Settings) -> EdgeRules:
    """Limits and addresses as the operators set them."""
    return EdgeRules(
        anonymous=Budget(name="anonymous", limit=settings.rate_limit_anonymous, window=MINUTE),
        user=Budget(name="user", limit=settings.rate_limit_user, window=MINUTE),
        budgets={
            "credentials": Budget(name="credentials", limit=settings.rate_limit_credentials, window=MINUTE),
            "views": Budget(name="views", limit=settings.rate_limit_views, window=MINUTE),
            "markers": Budget(name="markers", limit=settings.rate_limit_markers, window=MINUTE),
        },
        public_url=settings.url,
        cors_origins=settings.cors_origins,
        trusted_proxies=settings.trusted_proxies,
        slow_seconds=settings.slow_request_ms / 1000,
    )


def _application(pages: Sequence[Any], names: Sequence[str], lifespan: Sequence[Any] = ()) -> litestar.Litestar:
    ours = (
        *ROUTES,
        *media.ROUTES,
        *capsules.ROUTES,
        *companies.ROUTES,
        *projects.ROUTES,
        *ar.ROUTES,
        *operations.ROUTES,
    )
    shown = (*WELL_KNOWN, Health, FrontPage, OpenApi, AccountPages, *invitation_pages.PAGES, *ar.PAGES, *pages)
    return application([Prefix("/api/v1", route_handlers=ours), *shown], names, lifespan=lifespan)


_shared_application = lru_cache(maxsize=8)(_application)
"""Worlds, of which each test makes a new one, have the same routes: they are made once a process."""


def _pages(settings: Settings) -> tuple[Any, ...]:
    """What is there only where operators want it."""
    wanted = {
        StorageDoor: not settings.bucket_endpoint,
        MetricsPage: settings.shows_metrics,
        DocsPages: settings.shows_docs,
        DevMails: settings.shows_mails,
        DevPlayer: settings.debug,
    }
    return tuple(page for page, is_wanted in wanted.items() if is_wanted)


def _use_cases(container: Container, ids: Ids, tracer: Tracer | None) -> dict[str, Callable[[], object]]:
    """Every use case by its name; those that write are repeated when the database undid them in favour of others.

    With a tracer each call of one is a span.
    """
    found = {name: provider for name, provider in container.providers.items() if isinstance(provider, Factory)}
    made: dict[str, Callable[[], object]] = {
        name: provider if _runs_once(provider) else partial(_retried, provider, ids) for name, provider in found.items()
    }
    return made if tracer is None else {name: partial(_traced, tracer, name, make) for name, make in made.items()}


def _runs_once(provider: "Factory[Any]") -> bool:
    """Whether there is no sense in running it again, or no way to."""
    changes_nothing = READS_ONLY.issuperset(provider.kwargs)
    taken = getattr(provider.cls.__call__, "__annotations__", ())
    return changes_nothing or any(stream in taken for stream in STREAMS)


def _traced(tracer: Tracer, name: str, make: Callable[[], Any]) -> object:
    return traced(tracer, name, make())


def _retried(provider: Callable[[], Any], ids: Ids) -> object:
    return retrying(provider(), ids)


def _shared(container: Container, settings: Settings, cookies: SessionCookies) -> Mapping[str, Callable[[], object]]:
    """What all requests share."""
    readiness = RememberedReadiness(container.check_readiness())
    document = OpenApiDocument(partial(about, password_grant=settings.oauth_password_grant))
    oauth = OAuthServer(issuer=settings.url, tokens=container.tokens(), password_grant=settings.oauth_password_grant)
    metrics = Metrics(text=container.exposition().text, token=settings.metrics_token)
    front = Front(title="Asperguide", text="It runs.", docs=settings.shows_docs, mails=settings.shows_mails)
    return {
        "session_cookies": lambda: cookies,
        "readiness": lambda: readiness,
        "openapi_document": lambda: document,
        "server": lambda: oauth,
        "metrics": lambda: metrics,
        "front": lambda: front,
        "object_store": container.storage,
        "ids": container.ids,
        "media_policy": container.media_policy,
        "mails": container.sent_mails,
        "clock": container.clock,
        "view_pages": container.view_pages,
        "view_url": lambda: settings.url,
        "country_header": lambda: settings.edge_country_header.lower().encode(),
    }


@asynccontextmanager
async def living(container: Container, *, with_worker: bool) -> AsyncIterator[None]:
    """What a process needs beside requests: news of caches and maintenance, perhaps a worker; closed in good order."""
    work: AbstractAsyncContextManager[object] = nullcontext()
    if with_worker:
        from asperguide.worker import working

        work = working(container)
    async with AsyncExitStack() as stack:
        stack.enter_context(error_reports(container.settings()))
        stack.push_async_callback(close, container)
        await _open_traces(container)
        maintenance = container.maintenance()
        await maintenance.look()
        for listening, name in (
            (container.cache().listen(), "cache invalidations"),
            (maintenance.watch(), "maintenance"),
        ):
            stack.push_async_callback(_stop, asyncio.create_task(listening, name=name))
        # The first token imports what signs it; nobody should wait for that.
        await asyncio.to_thread(container.tokens)
        # The collector stops everything while it walks, 90 ms through full caches, and finds next to nothing: it need
        # not walk through what is there now, and through all that has survived only after 2 million objects more.
        gc.freeze()
        gc.set_threshold(2_000, 10, 100)
        await stack.enter_async_context(monitored(container))
        await stack.enter_async_context(work)
        yield


async def close(container: Container) -> None:
    """Give back whatever the container's adapters hold."""
    for held in (container.limiter(), container.doorbell(), container.mailer(), *container.stores().values()):
        if (end := getattr(held, "aclose", None)) is not None:
            await end()
    for pool in (container.hasher(), container.strength(), container.images(), container.image_threads()):
        if (stop := getattr(pool, "close", None)) is not None:
            stop()
    if (redis := container.redis()) is not None:
        await redis.client.aclose()
    await container.database().close()
    if (tracer := container.tracer()) is not None:
        await asyncio.to_thread(tracer.close)


async def _open_traces(container: Container) -> None:
    """Import what makes spans before anybody waits for it."""
    if (tracer := container.tracer()) is not None:
        await asyncio.to_thread(tracer.open)
    elif container.settings().sends_traces:
        log.warning("no traces are sent: %s", INSTALL)


async def _stop(task: "asyncio.Task[Any]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def prepare(container: Container) -> None:
    """Make sure that the schema fits: an embedded database is migrated, any other only looked at.

    Raises SchemaOutdated.
    """
    status = await migrations.status(container.database())
    if container.settings().embedded and not (status.is_current or status.is_ahead):
        await migrations.up(container.database())
    else:
        migrations.demand_current(status)


def create(settings: Settings | None = None, clock: Clock | None = None) -> Edge:
    """The application of one process, by this clock if one is given; what uvicorn calls in each of its workers."""
    keep_one_heap()
    if settings is None:
        settings = load()
        configuring.start(log_rules(settings), SystemClock())
    container = Container(settings=settings)
    if clock is not None:
        container.clock.override(Object(clock))

    def drain() -> None:
        container.draining().set()
        edge.close_connections()

    @asynccontextmanager
    async def life(_: Any) -> AsyncIterator[None]:
        await prepare(container)
        async with living(container, with_worker=settings.serves_jobs):
            end_well(drain, pause=settings.drain_seconds)
            yield
        await asyncio.to_thread(configuring.flush)

    edge = build(container, [life])
    return edge


def serve(
    settings: Settings, *, workers: int = 1, reload: bool = False, announce: Callable[[], None] = lambda: None
) -> None:
    """Serve until told to stop; `announce` is called when nothing stands in the way of it any more.

    Raises SettingsRefused when several processes would share what is embedded, and SchemaOutdated.
    """
    if workers > 1 and reload:
        raise SettingsRefused("--reload: is for one process; leave --workers out.")
    if workers > 1 and (settings.embedded or not settings.uses_redis):
        raise SettingsRefused(
            "--workers: more than one needs a database server and Redis. Set SQL_HOST and REDIS_HOST."
        )
    options: dict[str, Any] = {
        "host": settings.host,
        "port": settings.server_port,
        "http": Protocol,
        "loop": "auto",
        "ws": "none",
        "lifespan": "on",
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "date_header": True,
        "proxy_headers": False,
        "timeout_graceful_shutdown": REQUESTS_SECONDS,
        # Longer than proxies keep idle connections, so that they never send on one that is just being closed.
        "timeout_keep_alive": 75,
        "h11_max_incomplete_event_size": 65536,
    }
    asyncio.run(_prepared(settings))
    announce()
    if reload:
        os.environ["DRAIN_SECONDS"] = "0"
        uvicorn.run(APPLICATION, factory=True, reload=True, reload_dirs=[str(Path(__file__).parent)], **options)
    elif workers > 1:
        config = uvicorn.Config(APPLICATION, factory=True, workers=workers, **options)
        Supervisor(config, [config.bind_socket()]).run()
    else:
        server = uvicorn.Server(uvicorn.Config(create(settings), **options))
        quiet_after(server)
        server.run()


async def _prepared(settings: Settings) -> None:
    """`prepare` before anything listens, so that a refusal is one message and not the end of a started server."""
    container = Container(settings=settings)
    try:
        await prepare(container)
    finally:
        await container.database().close()

"""Which technology answers a port: decided by which of the settings are there, each port by itself.

Modules of a server's technology are imported when it is chosen, so that the embedded service starts without them.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from socket import gethostname
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from asperguide.adapters.counting import CountedMailer, StorageCalls
from asperguide.adapters.logs.rules import Collector, LogRules
from asperguide.adapters.memory.cache import MemoryCache
from asperguide.adapters.memory.doorbell import MemoryDoorbell
from asperguide.adapters.memory.rate_limiter import MemoryRateLimiter
from asperguide.adapters.opentelemetry.collector import OtlpCollector, sdk_is_installed
from asperguide.adapters.security.derive import derive
from asperguide.adapters.security.probe import VaultProbe
from asperguide.adapters.signing import Door
from asperguide.adapters.sql.engine import Database, open_mysql, open_sqlite
from asperguide.adapters.sql.probe import MaintenanceProbe, SchemaProbe, SqlProbe
from asperguide.adapters.tracing import NOTHING, TracedMailer, Tracer
from asperguide.capsules import ClaimTokens
from asperguide.capsules.ports import Vault
from asperguide.operations.buckets import Buckets
from asperguide.operations.ports import MailArchive
from asperguide.operations.stores import StoreProbe
from asperguide.settings import Settings
from asperguide.settings.capsule_keys import entries
from asperguide.settings.model import SECRET_NAMES
from asperguide.settings.stores import DEFAULT, Store
from asperguide.shared.ports import Cache, Clock, Doorbell, Ids, Mailer, Probe, RateLimiter
from asperguide.shared.storage import BucketAdmin, Storage

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from asperguide.adapters.ffmpeg.tools import FfmpegTools
    from asperguide.adapters.opentelemetry.figures import FigureSender
    from asperguide.adapters.redis.connection import Breaker


LIKE_A_TOKEN = 16
"""Header values with so many characters are taken for secrets; shorter ones name tenants and the like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisServer:
    """The one client of this process, and the breaker that all its users share."""

    client: "Redis"
    breaker: "Breaker"
    prefix: str


def log_rules(settings: Settings, usual: int = logging.INFO) -> LogRules:
    """What is logged and where to; the level is the `usual` one unless somebody set another.

    Every secret among the settings is masked by its value.
    """
    level = settings.log_level or ("debug" if settings.debug else None)
    collectors = tuple(_collectors(settings))
    sent = (value for collector in collectors for value in collector.headers.values() if len(value) >= LIKE_A_TOKEN)
    return LogRules(
        level=logging.getLevelNamesMapping()[level.upper()] if level else usual,
        format=settings.log_format,
        file=Path(settings.log_file) if settings.log_file else None,
        file_bytes=settings.log_file_max_mb * 1024 * 1024,
        file_keep=timedelta(days=settings.log_file_keep_days),
        collectors=collectors,
        secrets=(
            *(getattr(settings, name) for name in sorted(SECRET_NAMES)),
            *(store.secret_key for store in settings.stores.values()),
            *entries(settings.capsule_keys).values(),
            *sent,
        ),
    )


def _collectors(settings: Settings) -> Iterator[Collector]:
    """OpenObserve when `OPENOBSERVE_URL` is set, whatever speaks OTLP when `OTEL_EXPORTER_OTLP_ENDPOINT` is."""
    if settings.openobserve_url:
        token = settings.openobserve_token
        org, stream = (quote(name, safe="") for name in (settings.openobserve_org, settings.openobserve_stream))
        yield Collector(
            url=f"{settings.openobserve_url.rstrip('/')}/api/{org}/{stream}/_json",
            headers={"Authorization": token if " " in token else f"Basic {token}"},
            batch_size=settings.openobserve_batch_size,
            every=settings.openobserve_flush_interval,
        )
    if settings.otel_exporter_otlp_endpoint:
        collector = otlp_collector(settings)
        yield Collector(url=collector.url("logs"), headers=collector.headers, otlp=True)


def otlp_collector(settings: Settings) -> OtlpCollector:
    """Where `OTEL_EXPORTER_OTLP_ENDPOINT` is, and what it is told about this process."""
    from importlib.metadata import version

    pairs = (pair.partition("=") for pair in settings.otel_exporter_otlp_headers.split(",") if pair.strip())
    return OtlpCollector(
        endpoint=settings.otel_exporter_otlp_endpoint,
        headers={unquote(name.strip()): unquote(value.strip()) for name, _, value in pairs},
        about={
            "service.name": "asperguide",
            "service.version": version("asperguide"),
            "deployment.environment.name": settings.environment,
            "host.name": gethostname(),
            "process.pid": str(os.getpid()),
        },
    )


def tracer(settings: Settings, clock: Clock) -> Tracer | None:
    """OpenTelemetry when there is a collector for spans and its SDK is installed.

    Without the SDK the service goes on without spans, and says so in its log: see docs/adr/0032.
    """
    if not settings.sends_traces or not sdk_is_installed():
        return None
    from asperguide.adapters.opentelemetry.tracer import OpenTelemetryTracer

    return OpenTelemetryTracer(otlp_collector(settings), ratio=settings.traced_share, clock=clock)


def figure_sender(settings: Settings, clock: Clock) -> "FigureSender | None":
    """What sends metrics, when there is a collector for them."""
    if not settings.sends_metrics:
        return None
    from asperguide.adapters.opentelemetry.figures import FigureSender

    return FigureSender(otlp_collector(settings), clock)


def error_reports(settings: Settings) -> AbstractContextManager[object]:
    """Sentry when `SENTRY_DSN` is set, else nothing."""
    if not settings.sentry_dsn:
        return nullcontext()
    from importlib.metadata import version

    from asperguide.adapters.logs.masking import Masking
    from asperguide.adapters.sentry import SentryReports

    release = f"asperguide@{version('asperguide')}"
    mask = Masking(log_rules(settings).secrets).text
    return SentryReports(settings.sentry_dsn, environment=settings.environment, release=release, mask=mask)


def database(settings: Settings, tracer: Tracer | None = None) -> Database:
    """A MySQL or MariaDB server when `SQL_HOST` is set, else SQLite in the data folder."""
    if settings.embedded:
        path = settings.data_dir / "asperguide.sqlite3"
        return open_sqlite(path, slow=settings.slow_query_ms / 1000, tracer=tracer)
    return open_mysql(
        host=settings.sql_host,
        port=settings.sql_port,
        username=settings.sql_username,
        password=settings.sql_password,
        database=settings.sql_database,
        pool_size=settings.sql_pool_size,
        slow=settings.slow_query_ms / 1000,
        tracer=tracer,
    )


def redis_server(settings: Settings, tracer: Tracer | None = None) -> RedisServer | None:
    """Redis when `REDIS_HOST` or `REDIS_SOCKET_PATH` is set."""
    if not settings.uses_redis:
        return None
    from asperguide.adapters.redis.connection import Breaker, connect

    client = connect(
        host=settings.redis_host,
        port=settings.redis_port,
        socket_path=settings.redis_socket_path,
        username=settings.redis_username,
        password=settings.redis_password,
        database=settings.redis_database,
        tracer=tracer,
    )
    return RedisServer(client=client, breaker=Breaker(), prefix=settings.redis_prefix)


def cache(redis: RedisServer | None, clock: Clock) -> Cache:
    """Shared through Redis, else in this process."""
    if redis is None:
        return MemoryCache(clock)
    from asperguide.adapters.redis.cache import RedisCache

    return RedisCache(redis.client, redis.breaker, redis.prefix)


def limiter(redis: RedisServer | None, clock: Clock) -> RateLimiter:
    """Shared through Redis, which is also what it falls back from; else in this process."""
    local = MemoryRateLimiter(clock)
    if redis is None:
        return local
    from asperguide.adapters.redis.rate_limiter import RedisRateLimiter

    return RedisRateLimiter(redis.client, redis.breaker, local, redis.prefix)


def doorbell(redis: RedisServer | None) -> Doorbell:
    """Heard by every process through Redis, else in this process."""
    if redis is None:
        return MemoryDoorbell()
    from asperguide.adapters.redis.doorbell import RedisDoorbell

    return RedisDoorbell(redis.client, redis.breaker, MemoryDoorbell(), redis.prefix)


def mailer(settings: Settings, clock: Clock, tracer: Tracer | None = None) -> CountedMailer:
    """An SMTP server when `SMTP_HOST` is set, else `.eml` files in the data folder."""
    inner = _mailer(settings, clock)
    if tracer is not None:
        protocol = {"network.protocol.name": "smtp", "server.address": settings.smtp_host}
        inner = TracedMailer(inner, tracer, protocol if settings.smtp_host else NOTHING)
    return CountedMailer(inner)


def claim_tokens(settings: Settings) -> ClaimTokens:
    """Links to letters hang on the same keys as letters: they are to work for as long, whatever signs other tokens."""
    return ClaimTokens(tuple(derive(key.hex(), "claim") for key in settings.vault_keys.values()))


def sent_mails(settings: Settings) -> MailArchive:
    """What was sent to the folder, when there is no SMTP server."""
    from asperguide.adapters.filesystem.mails import SentMails

    return SentMails(settings.mail_folder)


def _mailer(settings: Settings, clock: Clock) -> Mailer:
    domain = urlsplit(settings.url).hostname or parseaddr(settings.mail_from)[1].rpartition("@")[2]
    if not settings.smtp_host:
        from asperguide.adapters.filesystem.mails import FileMailer

        return FileMailer(folder=settings.mail_folder, sender=settings.mail_from, domain=domain, clock=clock)
    from asperguide.adapters.smtp.mailer import SmtpMailer

    return SmtpMailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username,
        password=settings.smtp_password,
        security=settings.mail_security,
        ca_file=settings.smtp_ca_file,
        sender=settings.mail_from,
        timeout=timedelta(seconds=settings.smtp_timeout_seconds),
        domain=domain,
        clock=clock,
    )


def door(settings: Settings, clock: Clock) -> Door:
    """What signs requests to the stores inside this service."""
    return Door(derive(settings.oauth_secret_key, "storage"), settings.url, clock)


def vault(settings: Settings, ids: Ids) -> Vault:
    """AES with the keys of `CAPSULE_KEYS`."""
    from asperguide.adapters.security.vault import AesVault

    return AesVault(settings.vault_keys, ids)


def video_tools(settings: Settings) -> "FfmpegTools":
    """FFmpeg where the settings say, else on PATH, else the one of the wheel."""
    from asperguide.adapters.ffmpeg.finding import find_tools
    from asperguide.adapters.ffmpeg.tools import FfmpegTools

    return FfmpegTools(
        lambda: find_tools(settings.ffmpeg_path, settings.ffprobe_path),
        settings.scratch_folder,
        concurrency=settings.media_concurrency,
        largest=settings.media_max_mb * 1024 * 1024,
    )


def storage(settings: Settings, door: Door, clock: Clock, ids: Ids, tracer: Tracer | None = None) -> Storage:
    """An S3 server when `BUCKET_ENDPOINT` is set, else a folder in the data folder."""
    if (store := settings.stores.get(DEFAULT)) is not None:
        return _s3(store, clock, ids, StorageCalls(DEFAULT, tracer))
    from asperguide.adapters.filesystem.objects import FolderStorage

    return FolderStorage(settings.object_folder, door, clock, ids, StorageCalls(DEFAULT, tracer))


def stores(
    settings: Settings, storage: Storage, clock: Clock, ids: Ids, tracer: Tracer | None = None
) -> Mapping[str, Storage]:
    """Every store by its name, the default first."""
    further = {name: store for name, store in settings.stores.items() if name != DEFAULT}
    return {
        DEFAULT: storage,
        **{name: _s3(store, clock, ids, StorageCalls(name, tracer)) for name, store in further.items()},
    }


def buckets(stores: Mapping[str, Storage]) -> Buckets:
    """Who looks after the buckets of each store; nobody where it is no server."""
    return {name: _admin(store) for name, store in stores.items()}


def _admin(store: Storage) -> BucketAdmin | None:
    if (bucket := getattr(store, "bucket", None)) is None:
        return None
    from asperguide.adapters.minio.buckets import MinioBuckets

    return MinioBuckets(bucket.connection)


def _s3(store: Store, clock: Clock, ids: Ids, calls: StorageCalls) -> Storage:
    from asperguide.adapters.minio.connection import S3, Connection
    from asperguide.adapters.minio.objects import MinioStorage

    server = S3(
        endpoint=store.endpoint,
        access_key=store.access_key,
        secret_key=store.secret_key,
        secure=store.secure,
        region=store.region,
        bucket=store.bucket,
        prefix=store.prefix,
        public_endpoint=store.public_endpoint,
        make_bucket=store.create,
    )
    return MinioStorage(Connection(server), clock, ids, calls)


def probes(
    settings: Settings, database: Database, redis: RedisServer | None, stores: Mapping[str, Storage]
) -> tuple[Probe, ...]:
    """One probe for each dependency that these settings name."""
    found: list[Probe] = [SqlProbe(database)]
    if redis is not None:
        from asperguide.adapters.redis.probe import RedisProbe

        found.append(RedisProbe(redis.client))
    if settings.smtp_host:
        from asperguide.adapters.smtp.probe import SmtpProbe

        found.append(
            SmtpProbe(
                host=settings.smtp_host,
                port=settings.smtp_port,
                username=settings.smtp_username,
                password=settings.smtp_password,
                security=settings.mail_security,
                ca_file=settings.smtp_ca_file,
            )
        )
    if not (settings.smtp_host and settings.bucket_endpoint):
        from asperguide.adapters.filesystem.probe import FolderProbe

        found.append(FolderProbe(settings.data_dir, "folder" if settings.bucket_endpoint else "storage"))
    for name in settings.stores:
        from asperguide.adapters.minio.probe import StorageReach

        found.append(StorageReach(stores[name], _probe_name(name)))
    return tuple(found)


def _probe_name(store: str) -> str:
    return "storage" if store == DEFAULT else f"storage {store}"


def examined(
    settings: Settings,
    database: Database,
    probes: tuple[Probe, ...],
    stores: Mapping[str, Storage],
    ids: Ids,
    invariants: Probe,
    vault: Callable[[], Vault],
) -> tuple[Probe, ...]:
    """What a doctor asks beside the dependencies: maintenance; with a server also the schema and what must hold.

    Stores have to show that they keep something, not only that they answer.
    """
    kept = {_probe_name(name): name for name in settings.stores}
    found = (
        *(probe for probe in probes if probe.name not in kept),
        *_store_probes(stores, kept, ids),
        *_collector_probes(settings),
        *_video_probes(settings),
        VaultProbe(vault, [*settings.vault_keys]),
        MaintenanceProbe(database),
    )
    return found if settings.embedded else (*found, SchemaProbe(database), invariants)


def _store_probes(stores: Mapping[str, Storage], names: Mapping[str, str], ids: Ids) -> Iterator[Probe]:
    for probe_name, name in names.items():
        yield StoreProbe(storage=stores[name], ids=ids, name=probe_name)


def _video_probes(settings: Settings) -> Iterator[Probe]:
    from asperguide.adapters.ffmpeg.probe import JailProbe, ToolsProbe

    tools = video_tools(settings)
    yield ToolsProbe(tools)
    yield JailProbe(tools)


def _collector_probes(settings: Settings) -> Iterator[Probe]:
    if settings.otel_exporter_otlp_endpoint:
        from asperguide.adapters.opentelemetry.probe import CollectorProbe

        wanted = {"logs": True, "metrics": settings.sends_metrics, "traces": settings.sends_traces}
        yield CollectorProbe(otlp_collector(settings), wanted)

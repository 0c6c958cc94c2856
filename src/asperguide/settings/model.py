"""Every setting, its type and its default."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from asperguide.settings.capsule_keys import decoded, entries
from asperguide.settings.stores import DEFAULT, Store, parse

Port = Annotated[int, Meta(ge=1, le=65535)]
Positive = Annotated[int, Meta(ge=1)]
Environment = Literal["local", "dev", "staging", "production"]
LogLevel = Literal["debug", "info", "warning", "error"]

LOOPBACK = ("localhost", "127.0.0.1", "::1")
KEY_NAMES = frozenset({"oauth_secret_key", "oauth_private_key", "oauth_retired_keys", "capsule_keys"})
"""These may have several lines."""
SECRET_NAMES = KEY_NAMES | {
    "sql_password",
    "redis_password",
    "smtp_password",
    "bucket_secret_key",
    "bucket_stores",
    "metrics_token",
    "openobserve_token",
    "otel_exporter_otlp_headers",
    "sentry_dsn",
}


class SettingsRefused(Exception):
    """A setting is unknown, malformed or unsafe; the message names it and says what to do."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting with its default. The empty environment is a complete, embedded, local service."""

    environment: Environment = "local"
    debug: bool = False
    data_dir: Path = Path("var")
    public_url: str = ""
    server_host: str = ""
    server_port: Port = 5000
    drain_seconds: Annotated[int, Meta(ge=0, le=60)] = 5
    cors_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    docs_enabled: bool | None = None
    metrics_enabled: bool | None = None
    metrics_token: str = ""

    sql_host: str = ""
    sql_port: Port = 3306
    sql_username: str = "asperguide"
    sql_password: str = ""
    sql_database: str = "asperguide"
    sql_pool_size: Positive = 10

    redis_socket_path: str = ""
    redis_host: str = ""
    redis_port: Port = 6379
    redis_username: str = ""
    redis_password: str = ""
    redis_database: Annotated[int, Meta(ge=0)] = 0
    redis_prefix: str = "asperguide:"

    bucket_endpoint: str = ""
    bucket_access_key: str = ""
    bucket_secret_key: str = ""
    bucket_secure: bool = True
    bucket_name: str = "asperguide"
    bucket_region: str = "us-east-1"
    bucket_prefix: str = ""
    bucket_public_endpoint: str = ""
    bucket_create: bool = True
    bucket_stores: str = ""

    oauth_secret_key: str = ""
    oauth_algorithm: Literal["HS256", "HS384", "HS512", "EdDSA", "ES256", "RS256"] = "HS256"
    oauth_private_key: str = ""
    oauth_retired_keys: str = ""
    oauth_token_expire_minutes: Annotated[int, Meta(ge=1, le=60)] = 15
    oauth_password_grant: bool = True

    smtp_host: str = ""
    smtp_port: Port = 587
    smtp_username: str = ""
    smtp_password: str = ""
    smtp_security: Literal["starttls", "tls", "none"] | None = None
    smtp_ca_file: str = ""
    smtp_timeout_seconds: Positive = 20
    mail_from: str = "Asperguide <no-reply@localhost>"

    password_min_length: Annotated[int, Meta(ge=1, le=64)] = 8
    require_verified_email: bool = True
    session_idle_days: Annotated[int, Meta(ge=1, le=90)] = 14
    session_absolute_days: Annotated[int, Meta(ge=1, le=365)] = 60
    session_staleness_seconds: Annotated[int, Meta(ge=0, le=30)] = 5
    rate_limit_anonymous: Positive = 60
    rate_limit_user: Positive = 300
    rate_limit_credentials: Positive = 30
    rate_limit_markers: Positive = 30

    media_max_mb: Positive = 500
    media_quota_mb: Positive = 10_240
    media_quota_files: Positive = 100_000
    media_scratch_dir: str = ""
    ffmpeg_path: str = ""
    ffprobe_path: str = ""

    capsule_keys: str = ""
    capsule_sweep_seconds: Annotated[int, Meta(ge=1, le=3600)] = 60
    capsule_max_years: Annotated[int, Meta(ge=1, le=50)] = 5

    analytics_keep_days: Annotated[int, Meta(ge=1, le=3650)] = 90
    edge_country_header: Annotated[str, Meta(pattern=r"^[A-Za-z0-9\-]*$", max_length=64)] = ""
    rate_limit_views: Positive = 6000

    enable_crons: bool = True
    db_cleanup_interval: Positive = 30
    token_renewal_interval: Positive = 15
    worker_concurrency: Positive = 4
    media_concurrency: Positive = 1
    worker_queues: tuple[str, ...] = ("default", "media")
    worker_embedded: bool | None = None

    log_level: LogLevel | None = None
    log_format: Literal["auto", "console", "json"] = "auto"
    log_file: str = ""
    log_file_max_mb: Positive = 10
    log_file_keep_days: Positive = 90
    openobserve_url: str = ""
    openobserve_token: str = ""
    openobserve_org: str = "default"
    openobserve_stream: str = "asperguide"
    openobserve_batch_size: Annotated[int, Meta(ge=1, le=10_000)] = 10
    openobserve_flush_interval: Annotated[float, Meta(gt=0, le=60)] = 5.0
    otel_exporter_otlp_endpoint: str = ""
    otel_exporter_otlp_headers: str = ""
    otel_traces_exporter: Literal["otlp", "none"] = "otlp"
    otel_traces_sampler_arg: Annotated[float, Meta(ge=0, le=1)] | None = None
    otel_metrics_exporter: Literal["otlp", "none"] = "otlp"
    otel_metric_export_interval: Annotated[int, Meta(ge=1000)] = 60_000
    sentry_dsn: str = ""
    slow_request_ms: Positive = 1000
    slow_query_ms: Positive = 200

    @property
    def host(self) -> str:
        """The address to listen on: every interface with a database server, this machine only when embedded."""
        return self.server_host or ("0.0.0.0" if self.sql_host else "127.0.0.1")  # noqa: S104

    @property
    def url(self) -> str:
        """Where people reach the service, without a trailing slash."""
        return (self.public_url or f"http://127.0.0.1:{self.server_port}").rstrip("/")

    @property
    def uses_redis(self) -> bool:
        """Whether cache, limits and doorbell are shared through Redis."""
        return bool(self.redis_host or self.redis_socket_path)

    @property
    def embedded(self) -> bool:
        """Whether the database lives inside this process, so that there can be only one."""
        return not self.sql_host

    @property
    def shows_docs(self) -> bool:
        """Whether the documentation pages are served."""
        return self.environment != "production" if self.docs_enabled is None else self.docs_enabled

    @property
    def shows_metrics(self) -> bool:
        """Whether `/metrics` is served: locally, and elsewhere with a token, unless told otherwise."""
        by_default = self.environment == "local" or bool(self.metrics_token)
        return by_default if self.metrics_enabled is None else self.metrics_enabled

    @property
    def sends_traces(self) -> bool:
        """Whether spans are to be sent to a collector."""
        return bool(self.otel_exporter_otlp_endpoint) and self.otel_traces_exporter == "otlp"

    @property
    def traced_share(self) -> float:
        """Of how many of the traces that begin here spans are made: of all locally, else of one in ten."""
        by_default = 1.0 if self.environment == "local" else 0.1
        return by_default if self.otel_traces_sampler_arg is None else self.otel_traces_sampler_arg

    @property
    def sends_metrics(self) -> bool:
        """Whether figures are to be sent to a collector."""
        return bool(self.otel_exporter_otlp_endpoint) and self.otel_metrics_exporter == "otlp"

    @property
    def scratch_folder(self) -> Path:
        """Where videos lie while they are worked on: on a disk with room, not in memory."""
        return Path(self.media_scratch_dir) if self.media_scratch_dir else self.data_dir / "scratch"

    @property
    def metrics_folder(self) -> Path:
        """Where the processes of a machine find one another to tell their figures."""
        return self.data_dir / "metrics"

    @property
    def serves_jobs(self) -> bool:
        """Whether `serve` works on jobs too: with an embedded database and on a laptop, unless told otherwise."""
        return self.embedded or self.environment == "local" if self.worker_embedded is None else self.worker_embedded

    @property
    def queues(self) -> dict[str, int]:
        """The queues that workers of this process serve, and how many jobs of each at once."""
        places = {"default": self.worker_concurrency, "media": self.media_concurrency}
        return {name: places[name] for name in places if name in self.worker_queues}

    @property
    def mail_security(self) -> Literal["starttls", "tls", "none"]:
        """How mails travel: TLS from the start on port 465, else STARTTLS, unless told otherwise."""
        return self.smtp_security or ("tls" if self.smtp_port == 465 else "starttls")

    @property
    def mail_folder(self) -> Path:
        """Where mails lie when there is no SMTP server."""
        return self.data_dir / "mails"

    @property
    def stores(self) -> dict[str, Store]:
        """The S3 stores by name, the default first if it is one. Raises ValueError when BUCKET_STORES is malformed."""
        further = dict(parse(self.bucket_stores))
        return {DEFAULT: self._default_store(), **further} if self.bucket_endpoint else further

    def _default_store(self) -> Store:
        return Store(
            endpoint=self.bucket_endpoint,
            access_key=self.bucket_access_key,
            secret_key=self.bucket_secret_key,
            secure=self.bucket_secure,
            bucket=self.bucket_name,
            region=self.bucket_region,
            prefix=self.bucket_prefix,
            public_endpoint=self.bucket_public_endpoint,
            create=self.bucket_create,
        )

    @property
    def vault_keys(self) -> dict[str, bytes]:
        """The keys that capsules hang on by name, the current one first. ValueError when CAPSULE_KEYS is malformed."""
        return {name: decoded(key) for name, key in entries(self.capsule_keys).items()}

    @property
    def object_folder(self) -> Path:
        """Where objects lie when there is no S3 server."""
        return self.data_dir / "objects"

    @property
    def shows_mails(self) -> bool:
        """Whether `/dev/mails` is served."""
        return self.debug and not self.smtp_host

    @property
    def access_token_lifetime(self) -> timedelta:
        """How long an access token is good for."""
        return timedelta(minutes=self.oauth_token_expire_minutes)

    def redacted(self) -> dict[str, str]:
        """All settings as text, secrets masked."""
        return {
            name: "******" if name in SECRET_NAMES and value else str(value)
            for name, value in msgspec.structs.asdict(self).items()
        }

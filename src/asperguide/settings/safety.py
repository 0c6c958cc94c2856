"""What no setting may be: every refusal names the setting and says what to do."""

import contextlib
import ipaddress
import secrets
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import msgspec

from asperguide.settings.capsule_keys import entries
from asperguide.settings.keeping import kept
from asperguide.settings.model import KEY_NAMES, LOOPBACK, Settings, SettingsRefused
from asperguide.settings.store_safety import unsafe_stores, unsafe_stores_in_public

SAMPLE_WORDS = ("changeme", "change-me", "secret", "sample", "example", "insecure", "password")
SYMMETRIC = frozenset({"HS256", "HS384", "HS512"})


def check(settings: Settings) -> Settings:
    """Refuse what is unsafe outside `local`, and make the embedded secrets that are not there yet."""
    problems = [*_unsafe_edge(settings), *_unsafe_keys(settings), *_unsafe_text(settings), *unsafe_stores(settings)]
    if settings.environment != "local":
        problems += [*_unsafe_in_public(settings), *unsafe_stores_in_public(settings)]
    if problems:
        raise SettingsRefused("\n".join(problems))
    return msgspec.structs.replace(
        settings,
        oauth_secret_key=settings.oauth_secret_key or _kept_secret(settings.data_dir),
        capsule_keys=settings.capsule_keys or _kept_capsule_keys(settings.data_dir),
    )


def _unsafe_edge(settings: Settings) -> Iterator[str]:
    for origin in settings.cors_origins:
        parts = _url(origin)
        if "*" in origin or origin == "null":
            yield "CORS_ORIGINS: list exact origins; `*`, patterns and `null` would hand cookies to strangers."
        elif parts is None or origin != f"{parts.scheme}://{parts.netloc}" or "@" in origin:
            yield f"CORS_ORIGINS: {origin!r} is not an origin such as https://app.example.org."
    for network in settings.trusted_proxies:
        try:
            if ipaddress.ip_network(network).prefixlen == 0:
                yield "TRUSTED_PROXIES: trusting everybody lets anybody forge addresses; list your proxies."
        except ValueError:
            yield f"TRUSTED_PROXIES: {network!r} is not a network such as 10.0.0.0/8."
    if settings.openobserve_url and (_url(settings.openobserve_url) is None or not settings.openobserve_token):
        yield "OPENOBSERVE_URL: must be an address such as https://logs.example.org, with OPENOBSERVE_TOKEN beside it."
    if settings.otel_exporter_otlp_endpoint and _url(settings.otel_exporter_otlp_endpoint) is None:
        yield "OTEL_EXPORTER_OTLP_ENDPOINT: must be an address such as http://collector:4318."
    if settings.sentry_dsn and not _is_dsn(settings.sentry_dsn):
        yield "SENTRY_DSN: must be an address such as https://key@sentry.example.org/42, as Sentry shows it."
    elif settings.sentry_dsn and find_spec("sentry_sdk") is None:
        yield "SENTRY_DSN: needs a package that is not installed: pip install 'asperguide[telemetry]'."
    if any("=" not in pair for pair in settings.otel_exporter_otlp_headers.split(",") if pair.strip()):
        yield "OTEL_EXPORTER_OTLP_HEADERS: must be a list such as authorization=Basic%20abc,x-tenant=guides."
    if settings.public_url and _url(settings.public_url) is None:
        yield "PUBLIC_URL: must be an address such as https://guides.example.org."


def _unsafe_keys(settings: Settings) -> Iterator[str]:
    if settings.oauth_secret_key and not _is_random(settings.oauth_secret_key):
        yield "OAUTH_SECRET_KEY: needs at least 32 random bytes; make one with `asperguide keys new`."
    if settings.metrics_token and not (settings.metrics_token.isascii() and _is_random(settings.metrics_token)):
        yield "METRICS_TOKEN: needs at least 32 random bytes; make one with `asperguide keys new`."
    if settings.oauth_algorithm not in SYMMETRIC and not settings.oauth_private_key:
        yield f"OAUTH_PRIVATE_KEY: {settings.oauth_algorithm} needs a private key (PEM)."
    try:
        if settings.capsule_keys and not entries(settings.capsule_keys):
            yield "CAPSULE_KEYS: there is no key in it."
    except ValueError as error:
        yield f"CAPSULE_KEYS: {error}; make one with `asperguide keys new --capsule NAME`."


def _unsafe_text(settings: Settings) -> Iterator[str]:
    for name, value in msgspec.structs.asdict(settings).items():
        if name not in KEY_NAMES and isinstance(value, str) and value and not value.isprintable():
            yield f"{name.upper()}: must not contain line breaks or control characters."
    if not settings.queues or not {"default", "media"}.issuperset(settings.worker_queues):
        yield "WORKER_QUEUES: must be default, media or both, such as default,media."
    if "@" not in settings.mail_from:
        yield "MAIL_FROM: must hold an address such as Asperguide <no-reply@example.org>."


def _unsafe_in_public(settings: Settings) -> Iterator[str]:
    if not settings.oauth_secret_key:
        yield "OAUTH_SECRET_KEY: must be set outside the local environment; make one with `asperguide keys new`."
    if not settings.capsule_keys:
        yield (
            "CAPSULE_KEYS: must be set outside the local environment, and kept apart from backups; "
            "make one with `asperguide keys new --capsule NAME`."
        )
    if settings.debug and settings.environment == "production":
        yield "DEBUG: must be off in production; it shows mails to everybody."
    if settings.password_min_length < 8:
        yield "PASSWORD_MIN_LENGTH: at least 8."
    if settings.smtp_host and settings.smtp_security == "none":
        yield "SMTP_SECURITY: mails carry links that open accounts; use starttls or tls."
    if not settings.public_url:
        yield "PUBLIC_URL: must be set outside the local environment; links in mails start with it."
    elif (url := _url(settings.public_url)) and url.scheme == "http" and url.hostname not in LOOPBACK:
        yield "PUBLIC_URL: must start with https://; links and cookies that open accounts travel there."


def _url(text: str) -> SplitResult | None:
    """The parts of an http(s) address with a host, else None."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None


def _is_dsn(text: str) -> bool:
    parts = _url(text)
    return parts is not None and bool(parts.username) and parts.path.rpartition("/")[2].isdigit()


def _is_random(key: str) -> bool:
    return len(key.encode()) >= 32 and len(set(key)) >= 8 and not any(word in key.lower() for word in SAMPLE_WORDS)


def _kept_secret(data_dir: Path) -> str:
    path = data_dir / "secret"
    key = kept(path, lambda: secrets.token_urlsafe(48))
    if not _is_random(key):
        raise SettingsRefused(f"DATA_DIR: {path} is damaged; restore it, or remove it and everybody signs in again.")
    return key


def _kept_capsule_keys(data_dir: Path) -> str:
    """One entry a line. A name that no other file has tells, one day, which file is missing."""
    path = data_dir / "capsule-keys"
    keys = kept(path, lambda: f"{secrets.token_hex(4)}:{secrets.token_urlsafe(32)}\n")
    with contextlib.suppress(ValueError):
        if entries(keys):
            return keys
    raise SettingsRefused(f"DATA_DIR: {path} is damaged; restore it: without its keys sealed capsules stay closed.")

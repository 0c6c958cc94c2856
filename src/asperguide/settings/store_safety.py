"""What no setting of an object store may be."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from asperguide.settings.model import LOOPBACK, Settings
from asperguide.settings.stores import Store

ENDPOINT = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
BUCKET = re.compile(r"[a-z0-9][a-z0-9\-]{1,61}[a-z0-9]")
PREFIX = re.compile(r"(?:[A-Za-z0-9_\-][A-Za-z0-9_.\-]*/)*")
SAMPLES = {"minioadmin", "minio", "minio123", "minio-admin", "password", "changeme", "secret", "admin"}
LEAST_SECRET = 12


def unsafe_stores(settings: Settings) -> Iterator[str]:
    """What is wrong anywhere."""
    try:
        stores = settings.stores
    except ValueError as error:
        yield f"BUCKET_STORES: {error}."
        return
    if settings.bucket_endpoint and not (settings.bucket_access_key and settings.bucket_secret_key):
        yield "BUCKET_ACCESS_KEY, BUCKET_SECRET_KEY: must be set with BUCKET_ENDPOINT."
    for name, store in stores.items():
        yield from _malformed(_where(name), store)


def unsafe_stores_in_public(settings: Settings) -> Iterator[str]:
    """What is wrong where others can reach it."""
    try:
        stores = settings.stores
    except ValueError:  # told already
        return
    for name, store in stores.items():
        yield from _unsafe(_where(name), store)


def _where(name: str) -> str:
    return "BUCKET" if name == "default" else f"BUCKET_STORES: {name}"


def _malformed(where: str, store: Store) -> Iterator[str]:
    if ENDPOINT.fullmatch(store.endpoint) is None:
        yield f"{where}_ENDPOINT: must be a host and a port such as s3.example.org or minio:9000, without https://."
    if BUCKET.fullmatch(store.bucket) is None:
        yield f"{where}_NAME: a bucket has a name of 3 to 63 characters out of a-z 0-9 -."
    if PREFIX.fullmatch(store.prefix) is None or len(store.prefix) > 200:
        yield f"{where}_PREFIX: must be like folder/ or folder/folder/."
    if store.public_endpoint and not _is_origin(store.public_endpoint):
        yield f"{where}_PUBLIC_ENDPOINT: must be an address without a path such as https://files.example.org."


def _unsafe(where: str, store: Store) -> Iterator[str]:
    if len(store.secret_key) < LEAST_SECRET or store.secret_key.lower() in SAMPLES:
        yield f"{where}_SECRET_KEY: is a sample or too short; make one with `asperguide keys new`."
    if not store.secure and not _is_near(store.endpoint):
        yield f"{where}_SECURE: must be on; files and what signs for them travel there."
    if not store.secure and not store.public_endpoint:
        yield f"{where}_PUBLIC_ENDPOINT: must be set without TLS; it is where people fetch and bring files."
    host = urlsplit(store.public_endpoint).hostname if _is_origin(store.public_endpoint) else None
    if store.public_endpoint.startswith("http://") and host not in LOOPBACK:
        yield f"{where}_PUBLIC_ENDPOINT: must start with https://; people's files travel there."


def _is_near(endpoint: str) -> bool:
    """Whether it is this machine, or a neighbour by its first name: in a network of containers, not across others."""
    host = urlsplit(f"//{endpoint}").hostname or ""
    return host in LOOPBACK or "." not in host.strip("[]").replace(":", ".")


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.path in ("", "/") and not parts.query

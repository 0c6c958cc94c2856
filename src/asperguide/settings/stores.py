"""Further object stores by name, in one setting that may come from a file: it holds secrets."""

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from msgspec import Struct

NAME = re.compile(r"[a-z][a-z0-9\-]{0,31}")
DEFAULT = "default"
OPTIONS = {"region", "public"}


class Store(Struct, frozen=True, kw_only=True):
    """An S3 server and the bucket that is used there; keys begin with `prefix`."""

    endpoint: str
    access_key: str
    secret_key: str
    secure: bool = True
    bucket: str = "asperguide"
    region: str = "us-east-1"
    prefix: str = ""
    public_endpoint: str = ""
    create: bool = True


def parse(text: str) -> Mapping[str, Store]:
    """Stores out of `name=https://ACCESS:SECRET@host/bucket/prefix?region=..&public=..`, divided by blanks or commas.

    What is no letter or digit in keys is written %2F and the like. Raises ValueError, with no secret in it.
    """
    found: dict[str, Store] = {}
    for number, entry in enumerate(re.split(r"[\s,]+", text.strip()) if text.strip() else (), 1):
        name, equals, address = entry.partition("=")
        if not equals or NAME.fullmatch(name) is None or name == DEFAULT or name in found:
            raise ValueError(f"entry {number} needs a name of its own of a-z 0-9 - in front of its `=`")
        found[name] = _store(name, address)
    return found


def _store(name: str, address: str) -> Store:
    try:
        parts = urlsplit(address)
        endpoint = _endpoint(parts)
        options = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    except ValueError:
        raise ValueError(f"the address of {name} is malformed") from None
    bucket, _, prefix = parts.path.strip("/").partition("/")
    if parts.scheme not in ("http", "https") or not (endpoint and bucket and parts.username and parts.password):
        raise ValueError(f"{name} has to be an address such as https://ACCESS:SECRET@s3.example.org/bucket")
    if set(options) - OPTIONS:
        raise ValueError(f"{name} knows the options region and public only")
    return Store(
        endpoint=endpoint,
        access_key=unquote(parts.username),
        secret_key=unquote(parts.password),
        secure=parts.scheme == "https",
        bucket=bucket,
        region=options.get("region", ["us-east-1"])[0],
        prefix=f"{prefix}/" if prefix else "",
        public_endpoint=options.get("public", [""])[0],
    )


def _endpoint(parts: SplitResult) -> str:
    return (parts.hostname or "") + (f":{parts.port}" if parts.port else "")

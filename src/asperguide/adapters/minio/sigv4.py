"""AWS Signature Version 4 in the query of a request, with header fields of one's own choice signed.

The client library signs nothing but `host`, so whoever holds its links may bring any number of bytes of any type
(docs/adr/0035). After "Authenticating Requests: Using Query Parameters" of the S3 API reference.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An access key, its secret and the region they are for."""

    access_key: str
    secret_key: str
    region: str


def presigned(
    credentials: Credentials,
    *,
    method: str,
    origin: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    seconds: int,
    now: datetime,
) -> str:
    """The address at which the request may be made for so many seconds, with exactly these header fields.

    `origin` is scheme and host, `path` begins with a slash. An `X-Amz-Content-Sha256` in the query is the checksum that
    the body must have; without one it may have any.
    """
    signed = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    signed["host"] = origin.partition("://")[2]
    names = ";".join(sorted(signed))
    at = f"{now:%Y%m%dT%H%M%SZ}"
    scope = f"{now:%Y%m%d}/{credentials.region}/s3/aws4_request"
    parameters = {
        **query,
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": at,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": names,
    }
    pairs = "&".join(f"{name}={value}" for name, value in sorted((_q(n), _q(v)) for n, v in parameters.items()))
    where = quote(path, safe="/-_.~")
    fields = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    request = "\n".join([method, where, pairs, fields, names, query.get("X-Amz-Content-Sha256", UNSIGNED)])
    text = "\n".join([ALGORITHM, at, scope, hashlib.sha256(request.encode()).hexdigest()])
    signature = hmac.new(_key(credentials, now), text.encode(), "sha256").hexdigest()
    return f"{origin}{where}?{pairs}&X-Amz-Signature={signature}"


def _key(credentials: Credentials, now: datetime) -> bytes:
    key = f"AWS4{credentials.secret_key}".encode()
    for word in (f"{now:%Y%m%d}", credentials.region, "s3", "aws4_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    return key


def _q(text: str) -> str:
    return quote(text, safe="-_.~")

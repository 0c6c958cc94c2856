"""What a request brings to prove who it is: a bearer token, or our cookie together with a proof of same origin."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from asperguide.adapters.http.problems import CrossSiteRequest
from asperguide.shared.actor import Actor

ACCESS_COOKIE = b"__Host-access"
REFRESH_COOKIE = b"__Secure-refresh"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_TOKEN = 4096


async def _nobody(token: str) -> Actor | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """How tokens become people.

    `now` answers at once from memory, or None when it cannot. `later` may ask a database; it raises a DomainError (or
    gives None) for a bad token. `csrf_matches` says whether a CSRF header belongs to the session of the actor.
    """

    now: Callable[[str], Actor | None] = lambda token: None
    later: Callable[[str], Awaitable[Actor | None]] = _nobody
    csrf_matches: Callable[[Actor, str], bool] = lambda actor, header: False


def bearer_of(authorization: bytes) -> str:
    """The token of an Authorization field; empty when the scheme is another one or the token cannot be one."""
    scheme, _, token = authorization.partition(b" ")
    token = token.strip(b" ")
    if scheme.lower() != b"bearer" or not 0 < len(token) <= LONGEST_TOKEN or not token.isascii():
        return ""
    return token.decode("ascii")


def cookie_of(cookies: bytes, name: bytes) -> str:
    """The value of the first cookie of that name, empty when there is none."""
    for part in cookies.split(b";"):
        key, _, value = part.strip().partition(b"=")
        if key == name and len(value) <= LONGEST_TOKEN and value.isascii():
            return value.decode("ascii")
    return ""


def brings_our_cookies(cookies: bytes) -> bool:
    """Whether one of our session cookies is among them."""
    return ACCESS_COOKIE in cookies or REFRESH_COOKIE in cookies


def demand_same_site(
    headers: Mapping[bytes, bytes],
    origins: frozenset[bytes],
    actor: Actor | None,
    csrf_matches: Callable[[Actor, str], bool],
) -> None:
    """Raise CrossSiteRequest unless a state-changing request with cookies was sent by a page of ours.

    Proof is `Sec-Fetch-Site: same-origin`, an Origin among `origins` (ours and those that CORS admits), or the CSRF
    header of the session.
    """
    if headers.get(b"sec-fetch-site") == b"same-origin" or headers.get(b"origin") in origins:
        return
    token = headers.get(b"x-csrf-token", b"").decode("latin-1")
    if token and actor is not None and csrf_matches(actor, token):
        return
    raise CrossSiteRequest

"""Litestar and the check of an HS256 token, by hand."""

from typing import Any

import jwt
from litestar import Litestar, Request, get
from litestar.exceptions import NotAuthorizedException

from benchmarks.peers.person import Person, claims_of, nth

PERSON = nth(0)


@get("/users/me")
async def me(request: Request[Any, Any, Any]) -> Person:
    """Answer the same person to whoever holds a good token."""
    try:
        claims_of(request.headers["authorization"])
    except (KeyError, jwt.PyJWTError) as error:
        raise NotAuthorizedException from error
    return PERSON


app = Litestar([me], openapi_config=None)

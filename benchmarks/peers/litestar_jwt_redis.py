"""Litestar, the check of an HS256 token, and one key read from Redis, by hand."""

import os
from typing import Any

import jwt
from litestar import Litestar, Request, get
from litestar.exceptions import NotAuthorizedException
from redis.asyncio import Redis

from benchmarks.peers.person import Person, claims_of, nth

PERSON = nth(0)
redis = Redis(host="127.0.0.1", port=int(os.environ["BENCH_REDIS_PORT"]))


@get("/users/me")
async def me(request: Request[Any, Any, Any]) -> Person:
    """Answer the same person to whoever holds a good token of a session that Redis knows."""
    try:
        claims = claims_of(request.headers["authorization"])
    except (KeyError, jwt.PyJWTError) as error:
        raise NotAuthorizedException from error
    if not await redis.get("session:" + claims["sid"]):
        raise NotAuthorizedException
    return PERSON


app = Litestar([me], openapi_config=None)

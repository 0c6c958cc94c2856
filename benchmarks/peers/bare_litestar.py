"""The framework alone: Litestar encodes one person, nobody is asked who they are."""

from litestar import Litestar, get

from benchmarks.peers.person import Person, nth

PERSON = nth(0)


@get("/users/me")
async def me() -> Person:
    """Answer the same person."""
    return PERSON


app = Litestar([me], openapi_config=None)

"""Requests with bearer tokens to the whole application, and what comes back: answers, or problems read as errors."""

from typing import Any, NoReturn, TypeVar

import httpx
import msgspec

from asperguide.adapters.http.problems import PreconditionFailed, catalogue
from asperguide.server import build
from asperguide.shared.errors import EditedMeanwhile
from asperguide.testing import World

T = TypeVar("T")
ERRORS = {kind.internal_code: kind for kind in catalogue()}


class Rest:
    """A client of `/api/v1` without a network between."""

    def __init__(self, world: World) -> None:
        super().__init__(world)  # type: ignore[call-arg]  # beside a driver
        transport = httpx.ASGITransport(build(world.container), client=("192.0.2.7", 1234))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://localhost")

    async def _send(
        self, method: str, path: str, token: str | None = None, *, headers: dict[str, str] | None = None, **rest: Any
    ) -> httpx.Response:
        given = {**(headers or {}), **({"authorization": f"Bearer {token}"} if token else {})}
        response = await self.client.request(method, f"/api/v1{path}", headers=given, **rest)
        if response.is_error:
            raise_problem(response)
        return response


def read(response: httpx.Response, kind: type[T]) -> T:
    """The body as what the use case answered."""
    return exactly(response.json(), kind)


def read_items(response: httpx.Response, kind: type[T]) -> list[T]:
    """What is in the envelope of a list."""
    return [exactly(item, kind) for item in response.json()["items"]]


def exactly(raw: dict[str, Any], kind: type[T]) -> T:
    """The answer that was sent, of which nothing may be left over."""
    answer = msgspec.convert(raw, kind)
    assert msgspec.json.decode(msgspec.json.encode(answer)) == raw
    return answer


def raise_problem(response: httpx.Response) -> NoReturn:
    """The error whose problem this is. HTTP tells a lost update as a failed precondition."""
    problem = response.json()
    kind = ERRORS[problem["internal_code"]]
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["code"] == kind.slug.upper().replace("-", "_")
    assert problem["status"] == response.status_code
    raise EditedMeanwhile if kind is PreconditionFailed else kind(problem["detail"])

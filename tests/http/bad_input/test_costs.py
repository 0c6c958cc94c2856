"""What a request costs MariaDB: statements are counted, so that no change makes them grow unnoticed."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from tests.http.bad_input.house import PASSWORD, House, registration

FRAME = ("BEGIN", "COMMIT", "ROLLBACK")


class Cost:
    """The statements sent meanwhile."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    @property
    def statements(self) -> int:
        """All but the frames of transactions."""
        return sum(not statement.startswith(FRAME) for statement in self.seen)

    @property
    def inserts(self) -> int:
        """Those that make rows."""
        return sum(statement.startswith("INSERT") for statement in self.seen)

    @property
    def commits(self) -> int:
        """How often something becomes permanent."""
        return sum(statement.startswith("COMMIT") for statement in self.seen)


@contextlib.contextmanager
def cost_of(house: House) -> Iterator[Cost]:
    """Counts what is sent to the database."""
    cost = Cost()

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        cost.seen.append(statement.strip())

    engine = house.container.database().engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield cost
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def test_an_authenticated_read_costs_nothing_warm_and_two_statements_cold(house: House) -> None:
    who = await house.person()
    house.clock.advance(timedelta(seconds=6))
    with cost_of(house) as cold:
        await house.expect(200, "GET", "/users/me", headers=who.headers)
    with cost_of(house) as warm:
        for _ in range(5):
            await house.expect(200, "GET", "/users/me", headers=who.headers)
    assert 1 <= cold.statements <= 2, cold.seen
    assert warm.seen == []


async def test_a_change_costs_at_most_four_statements_plus_its_inserts(house: House) -> None:
    who = await house.person()
    await house.expect(200, "GET", "/users/me", headers=who.headers)
    with cost_of(house) as cost:
        await house.expect(200, "PATCH", "/users/me", json={"full_name": "Síle"}, headers=who.headers)
    assert cost.statements - cost.inserts <= 4, cost.seen
    assert cost.commits == 1


AT_PRESENT: dict[str, tuple[int, int, int]] = {
    "register": (5, 4, 1),
    "register a taken address": (5, 4, 1),
    "confirm": (7, 2, 1),
    "sign in": (8, 4, 1),
    "sign in wrongly": (4, 1, 1),
    "sign in as nobody": (4, 3, 1),
    "refresh": (2, 0, 1),
    "change": (3, 1, 1),
    "list sessions": (2, 0, 0),
    "search": (2, 0, 0),
    "ask for a reset": (1, 1, 1),
    "sign out": (3, 1, 1),
}
"""Statements, inserts among them, commits. When a figure falls, write the lower one here."""


async def test_no_request_costs_more_than_it_does_at_present(house: House) -> None:
    told = registration()
    given = {"login": told["email"], "password": PASSWORD}
    spent: dict[str, tuple[int, int, int]] = {}

    async def measure(name: str, status: int, method: str, path: str, **request: Any) -> Any:
        with cost_of(house) as cost:
            answer = await house.expect(status, method, path, **request)
        spent[name] = (cost.statements, cost.inserts, cost.commits)
        return answer

    await measure("register", 201, "POST", "/users", json=told)
    again = {**registration(), "email": told["email"]}
    await measure("register a taken address", 201, "POST", "/users", json=again)
    code = {"code": await house.code_for(told["email"])}
    await measure("confirm", 204, "POST", "/users/email-verification", json=code)
    tokens = await measure("sign in", 201, "POST", "/sessions", json=given)
    await measure("sign in wrongly", 401, "POST", "/sessions", json={**given, "password": "wrong"})
    nobody = {"login": registration()["email"], "password": "wrong"}
    await measure("sign in as nobody", 401, "POST", "/sessions", json=nobody)
    token = {"refresh_token": tokens["refresh_token"]}
    tokens = await measure("refresh", 200, "POST", "/sessions/refresh", json=token)
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    await house.expect(200, "GET", "/users/me", headers=headers)
    await measure("change", 200, "PATCH", "/users/me", json={"full_name": "Síle"}, headers=headers)
    await measure("list sessions", 200, "GET", "/sessions", headers=headers)
    await measure("search", 200, "GET", "/users", params={"search": told["username"]}, headers=headers)
    await measure("ask for a reset", 202, "POST", "/password/forgot", json={"email": told["email"]})
    await measure("sign out", 204, "DELETE", "/sessions/current", headers=headers)
    assert spent == AT_PRESENT

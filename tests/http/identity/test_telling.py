"""Nobody learns from answers whether an address has an account, or whose."""

import pytest

from tests.http.identity.api import Api, newcomer


async def status(api: Api, login: str) -> int:
    """What a wrong password is answered."""
    answer = await api("POST", "/sessions", json={"login": login, "password": "wrong"})
    return answer.status_code


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("first", [10, 0])
async def test_a_dozen_requests_do_not_tell_whether_an_address_is_taken(api: Api, taken: bool, first: int) -> None:
    if taken:
        await api.member()
    address = "siobhan@example.org"
    before = [await status(api, address) for _ in range(first)]
    answer = await api("POST", "/users", json=newcomer("marked", email=address))
    assert answer.status_code == 201
    after = [await status(api, "marked") for _ in range(11)]
    assert (before, after) == ([401] * first, [401] * 10 + [429])
    assert await status(api, address) == (429 if first else 401)


async def test_guesses_at_a_username_do_not_tell_whose_address_is_typed_next(api: Api) -> None:
    await api.member()
    assert [await status(api, "siobhan") for _ in range(11)] == [401] * 10 + [429]
    for address in ("siobhan@example.org", "nobody@example.org"):
        assert [await status(api, address) for _ in range(11)] == [401] * 10 + [429]

"""Under maintenance: everybody is asked to come back, health and administration go on."""

import pytest

from asperguide.operations import MaintenanceNotice
from asperguide.shared.actor import OPERATOR, Role
from tests.http.identity.api import Api


@pytest.fixture
def api() -> Api:
    """The whole application over a world of its own."""
    return Api()


async def test_everybody_is_asked_to_come_back_but_health_and_administration_go_on(api: Api) -> None:
    boss = await api.member("boss", Role.ADMIN)
    token = boss.signed_in.access_token
    await api.world.container.begin_maintenance()(OPERATOR, MaintenanceNotice(message="Back at noon.", retry_after=90))
    assert (await api("GET", "/users/me", token)).status_code == 200
    await api.world.container.maintenance().look()
    for method, path in (
        ("GET", "/users/me"),
        ("POST", "/sessions"),
        ("POST", "/users"),
        ("GET", "/no/such/place"),
        ("GET", "/.well-known/jwks.json"),
        ("GET", "/account/verify"),
    ):
        answer = await api(method, path, token)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "90"), path
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "UNDER_MAINTENANCE"
        assert answer.json()["detail"] == "Back at noon."
        assert "ratelimit" not in answer.headers
    for path in ("/health/live", "/health/ready", "/ping"):
        assert (await api.client.get(path)).status_code == 200
    assert (await api("GET", "/admin/users", token)).status_code == 200
    assert (await api("GET", "/admin/users")).status_code == 401
    await api.world.container.end_maintenance()(OPERATOR)
    await api.world.container.maintenance().look()
    assert (await api("GET", "/users/me", token)).status_code == 200

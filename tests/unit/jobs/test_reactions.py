"""The table that workers go by: every use case with the time that it may take."""

from datetime import timedelta

import pytest

from asperguide.identity.events import UserRegistered, UserSuspended
from asperguide.shared.ledger import kind_of
from asperguide.testing import World
from asperguide.worker import REACTIONS, Long, reactions_of, worker_of


def test_a_reaction_has_a_minute_unless_the_table_says_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REACTIONS, UserRegistered, (Long("send_verification", minutes=60), "tell_owner"))
    table = reactions_of(World().container)
    limits = {one.name: one.timeout for one in table[kind_of(UserRegistered)]}
    assert limits == {"send_verification": timedelta(hours=1), "tell_owner": timedelta(minutes=1)}
    assert [one.timeout for one in table[kind_of(UserSuspended)]] == [timedelta(minutes=1)]


def test_the_worker_of_a_service_serves_the_queues_that_its_settings_say() -> None:
    world = World()
    places = {
        sample.labels["queue"]: sample.value
        for family in worker_of(world.container).measure()
        if family.name == "asperguide_job_places"
        for sample in family.samples
    }
    assert places == {"default": 4, "media": 1}

"""People with sessions, made before a scenario starts its clock."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from asperguide.identity.events import SignedInFromNewDevice
from asperguide.identity.model import UserState, new_user
from asperguide.identity.ports import Credential
from asperguide.identity.signing_in import open_session
from asperguide.settings import load
from asperguide.shared.actor import Origin, UserId
from benchmarks.service import FULL_NAME, PASSWORD, Account, Service, person

A_TRANSACTION = 500


def in_process(service: Service, seed: int, number: int) -> list[Account]:
    """So many people with one session each, through our own adapters and one hash: hundreds in a second."""
    numbers = range(service.made, service.made + number)
    service.made += number
    return asyncio.run(_seed(service, [person(seed, one) for one in numbers]))


def mails(service: Service, seed: int, number: int) -> None:
    """So many mails to one person more, announced at once."""
    asyncio.run(_announce(service, person(seed, -1), number))


async def _announce(service: Service, who: Account, number: int) -> None:
    container = container_of(service)
    now = container.clock().now()
    user = new_user(UserId(container.ids().new()), who.email, who.username, FULL_NAME, now)
    for first in range(0, number, A_TRANSACTION):
        async with container.identity_unit_of_work() as uow:
            if not first:
                await uow.users.add(user, Credential(id=user.id, hash="", changed_at=now))
            for _ in range(first, min(first + A_TRANSACTION, number)):
                uow.announce(SignedInFromNewDevice(user=user.id, at=now, device="Firefox", address="127.0.0.1"))
            await uow.commit()
    await container.database().close()


def container_of(service: Service) -> Any:
    """The use cases of one more process on the same data; whoever asks closes its database."""
    from asperguide.container import Container  # here, because the peers also run where the service does not

    return Container(settings=load({**service.settings, "SERVER_PORT": str(service.port)}, folder=Path("/")))


async def _seed(service: Service, people: list[Account]) -> list[Account]:
    container = container_of(service)
    hashed = await container.hasher().hash(PASSWORD)
    seeded: list[Account] = []
    for first in range(0, len(people), A_TRANSACTION):
        seeded += await _seed_some(container, people[first : first + A_TRANSACTION], hashed)
    await container.database().close()
    return seeded


async def _seed_some(container: Any, people: list[Account], hashed: str) -> list[Account]:
    now, ids, policy, issue = container.clock().now(), container.ids(), container.policy(), container.issue()
    seeded: list[Account] = []
    async with container.identity_unit_of_work() as uow:
        for one in people:
            user = new_user(UserId(ids.new()), one.email, one.username, FULL_NAME, now)
            await uow.users.add(
                replace(user, state=UserState.ACTIVE), Credential(id=user.id, hash=hashed, changed_at=now)
            )
            session = open_session(ids, user.id, now, policy, Origin(address="127.0.0.1"))
            await uow.sessions.add(session)
            seeded.append(replace(one, access_token=issue(session)[0]))
        await uow.commit()
    return seeded

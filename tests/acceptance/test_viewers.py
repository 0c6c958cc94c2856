"""Somebody scans the code on a print."""

from datetime import timedelta

import pytest

from asperguide.ar.model import ContentState
from asperguide.ar.rotation import PlaybackMode
from asperguide.ar.unavailable import Expired, InvalidId, InvalidSession, NotPublished, ProjectInactive, Reason
from asperguide.projects import ProjectChange
from asperguide.shared.errors import NotFound
from asperguide.shared.tenancy import ProjectId
from tests.acceptance.driver import Driver
from tests.showcase import change, print_of


async def test_everybody_with_the_code_sees_the_print_while_it_is_published(driver: Driver) -> None:
    who = await driver.world.person("zoe")
    container = driver.world.container
    content = await print_of(container, who.actor)
    assert await driver.whether(content.public_id) is None
    manifest = await driver.manifest(content.public_id)
    assert (manifest.title, manifest.order_number) == ("Wedding", content.number)
    await change(container, content, title="Our garden")
    assert (await driver.manifest(content.public_id)).title == "Our garden"
    await change(container, content, state=ContentState.UNPUBLISHED)
    assert await driver.whether(content.public_id) is Reason.NOT_PUBLISHED
    with pytest.raises(NotPublished):
        await driver.manifest(content.public_id)


async def test_members_look_at_it_before_everybody_does(driver: Driver) -> None:
    who, other = await driver.world.person("zoe"), await driver.world.person("malik")
    content = await print_of(driver.world.container, who.actor, state=ContentState.READY)
    assert (await driver.preview(who.signed_in.access_token, content.public_id)).status == "ready"
    with pytest.raises(NotPublished):
        await driver.preview(other.signed_in.access_token, content.public_id)


async def test_each_visit_gets_the_next_video(driver: Driver) -> None:
    who = await driver.world.person("zoe")
    content = await print_of(driver.world.container, who.actor, mode=PlaybackMode.CYCLIC)
    got = [(await driver.manifest(content.public_id, f"visit-{n:04d}")).video.id for n in (1, 2, 1, 3)]
    first, second = (video.id for video in content.videos)
    assert got == [first, second, first, first]
    with pytest.raises(InvalidSession):
        await driver.manifest(content.public_id, "a visit")


async def test_what_ends_is_over_at_that_instant(driver: Driver) -> None:
    who, container = await driver.world.person("zoe"), driver.world.container
    end = driver.world.clock.now() + timedelta(days=2)
    content = await print_of(container, who.actor, ends_at=end)
    await driver.manifest(content.public_id)
    driver.world.clock.set(end)
    assert await driver.whether(content.public_id) is Reason.EXPIRED
    with pytest.raises(Expired):
        await driver.manifest(content.public_id)


async def test_nothing_is_shown_of_a_project_that_is_put_away(driver: Driver) -> None:
    who, container = await driver.world.person("zoe"), driver.world.container
    content = await print_of(container, who.actor)
    await driver.manifest(content.public_id)
    await container.archive_project()(who.actor, ProjectId(content.project))
    assert await driver.whether(content.public_id) is Reason.PROJECT_INACTIVE
    with pytest.raises(ProjectInactive):
        await driver.manifest(content.public_id)


async def test_a_print_is_seen_from_the_instant_on_at_which_its_project_begins(driver: Driver) -> None:
    who, container = await driver.world.person("zoe"), driver.world.container
    begins = driver.world.clock.now() + timedelta(days=2)
    content = await print_of(container, who.actor)
    await driver.manifest(content.public_id)
    await container.update_project()(who.actor, ProjectId(content.project), ProjectChange(starts_at=begins))
    assert await driver.whether(content.public_id) is Reason.PROJECT_INACTIVE
    driver.world.clock.set(begins - timedelta(microseconds=1))
    with pytest.raises(ProjectInactive):
        await driver.manifest(content.public_id)
    driver.world.clock.set(begins)  # and no worker does anything
    assert await driver.whether(content.public_id) is None
    assert (await driver.manifest(content.public_id)).title == "Wedding"


async def test_codes_that_lead_nowhere(driver: Driver) -> None:
    assert await driver.whether("A" * 22) is Reason.NOT_FOUND
    assert await driver.whether("nonsense") is Reason.INVALID_ID
    with pytest.raises(NotFound):
        await driver.manifest("A" * 22)
    with pytest.raises(InvalidId):
        await driver.manifest("nonsense")

"""What those who run a company read of prints: who did what to which one, and nothing about whom it is for."""

from datetime import timedelta

import pytest

from asperguide.ar.errors import ContentInWrongState
from asperguide.ar.filling_in import For
from asperguide.companies.views import HappeningView
from asperguide.projects import NewCopy
from asperguide.testing import World
from tests.packing import Atelier, atelier, small, zipped


@pytest.fixture
async def home() -> Atelier:
    """A company of somebody."""
    return await atelier(World())


async def noted(home: Atelier) -> list[HappeningView]:
    """What has been written down of prints, and of projects as archives, the oldest first."""
    await home.world.settle()
    page = await home.world.container.list_activity()(home.owner, home.company)
    words = ("content-", "project-exported", "project-imported")
    return [line for line in reversed(page.items) if line.what.startswith(words)]


async def test_each_deed_is_a_line_with_the_number_of_the_print(home: Atelier) -> None:
    c, world = home.world.container, home.world
    project = await home.project()
    made = await home.content(project, customer=For(name="Amélie Ó Súilleabháin", phone="+49 30 123456"))
    moves = (c.publish_content, c.publish_content, c.unpublish_content, c.archive_content)
    for move in moves:
        world.clock.advance(timedelta(minutes=1))
        await move()(home.owner, made.id)
    await c.delete_content()(home.owner, made.id)
    lines = await noted(home)
    assert [line.what for line in lines] == [
        "content-created", "content-published", "content-unpublished", "content-archived", "content-deleted",
    ]  # fmt: skip
    assert {(line.subject, line.detail) for line in lines} == {(made.id, made.number)}
    assert {line.by.id for line in lines if line.by is not None} == {home.owner.user}
    assert not any(word in repr(lines) for word in ("Amélie Ó", "+49", made.public_id, made.title))


async def test_what_was_refused_is_no_deed(home: Atelier) -> None:
    c = home.world.container
    made = await home.content(await home.project())
    with pytest.raises(ContentInWrongState):
        await c.unpublish_content()(home.owner, made.id)
    assert [line.what for line in await noted(home)] == ["content-created"]


async def test_a_copy_of_a_print_is_a_line_and_those_of_a_whole_project_are_none(home: Atelier) -> None:
    c, project = home.world.container, await home.project()
    made = await home.content(project)
    copy = await c.duplicate_content()(home.owner, made.id)
    await c.duplicate_project()(home.owner, project, NewCopy(name="Wie damals"))
    lines = [(line.what, line.subject, line.detail) for line in await noted(home)]
    assert lines == [("content-created", made.id, made.number), ("content-created", copy.id, copy.number)]
    assert len(home.contents()) == 4


async def test_a_project_that_is_taken_out_and_one_that_is_brought_in_are_a_line_each(home: Atelier) -> None:
    project = await home.project()
    await home.content(project)
    archive = await home.exported(project)
    made = await home.made_of(archive)
    lines = [(line.what, line.subject, line.by and line.by.id) for line in await noted(home)][1:]
    assert lines == [("project-exported", project, home.owner.user), ("project-imported", made.id, home.owner.user)]


@pytest.mark.expects_error_log
async def test_an_archive_that_is_refused_is_no_line(home: Atelier) -> None:
    files = {**small(), "manifest.json": b"{}"}
    assert (await home.imported(zipped(files))).failure is not None
    assert await noted(home) == []

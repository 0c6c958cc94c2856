"""What is said before a project ends: each once, at its time, to owners and managers, and only while it is so."""

from datetime import datetime, timedelta

import pytest

from asperguide.projects import Extension, ProjectChange, ProjectView
from asperguide.projects.events import ContactToTell, ProjectEnding, ProjectsSweepDue
from asperguide.projects.notices import Stage
from asperguide.shared.tenancy import ProjectId
from tests.projects import EDITOR, MANAGER, OWNER, VIEWER, House

DAY = timedelta(days=1)
ALL = ["project-ending", "project-last-day", "project-ended"]


def kinds(house: House, name: str = "owner") -> list[str]:
    """Which mails about projects somebody got, the oldest first."""
    email = house.people[name].email
    return [mail.key.partition(":")[0] for mail in house.world.mails if mail.to == email and "project" in mail.key]


async def ending(house: House, days: float = 30, **fields: object) -> ProjectView:
    """An active project that ends in so many days."""
    owner = await house.member(OWNER)
    one = await house.project(owner, ends_at=house.world.clock.now() + days * DAY, **fields)
    return await house.world.container.activate_project()(owner.actor, one.id)


async def later(house: House, at: datetime) -> None:
    """Let time pass until then."""
    await house.world.advance(seconds=(at - house.world.clock.now()).total_seconds())


async def test_owners_and_managers_are_told_three_times_at_the_very_times(house: House) -> None:
    for role in (OWNER, MANAGER, EDITOR, VIEWER):
        await house.member(role)
    one = await ending(house)
    assert one.ends_at is not None
    for before, said in ((7, 0), (1, 1), (0, 2)):
        await later(house, one.ends_at - before * DAY - timedelta(seconds=1))
        assert kinds(house) == kinds(house, "manager") == ALL[:said]
        await later(house, one.ends_at - before * DAY)
        assert kinds(house) == kinds(house, "manager") == ALL[: said + 1]
    await house.world.advance(days=40)
    assert kinds(house) == ALL
    assert kinds(house, "editor") == kinds(house, "viewer") == []


async def test_the_companys_address_for_notices_is_told_each_once_unless_a_member_has_it(house: House) -> None:
    house.settle(email="notices@atelier.example")
    await ending(house)
    await house.world.advance(days=40)
    sent = [mail for mail in house.world.mails if mail.to == "notices@atelier.example"]
    assert [mail.key.partition(":")[0] for mail in sent] == ALL
    assert "Bonjour Atelier O’Neil" in sent[0].text
    assert kinds(house) == ALL
    house.settle(email=house.people["owner"].email.upper())
    await ending(house, 9, name="Another")
    await house.world.advance(days=20)
    assert kinds(house) == ALL * 2
    assert sum(mail.to.lower() == house.people["owner"].email for mail in house.world.mails) == 1 + 2 * len(ALL)


async def test_a_mail_is_in_the_language_of_whoever_gets_it_and_on_the_clocks_of_the_company(house: House) -> None:
    await house.member(MANAGER)
    await ending(house, name="Mariage d’Amélie")
    await house.world.advance(days=24)
    french, english = (
        next(mail for mail in house.world.mails if mail.to == house.people[name].email and "project" in mail.key)
        for name in ("owner", "manager")
    )
    assert (french.subject, english.subject) == (
        "Un projet se termine bientôt",
        "A project is about to end",
    )
    for mail in (french, english):
        assert "(Europe/Paris)" in mail.text
        assert "http" not in mail.text + mail.html  # there is no page of a project that a mail could lead to
        assert "Atelier O’Neil" in mail.text
        assert "Mariage d’Amélie" in mail.text


async def test_an_extension_arms_everything_again_that_has_become_future(house: House) -> None:
    one, owner, c = await ending(house, 10), (await house.member(OWNER)).actor, house.world.container
    await house.world.advance(days=4)
    assert kinds(house) == ALL[:1]
    await c.extend_project()(owner, one.id, Extension(days=30))
    await house.world.advance(days=28)
    assert kinds(house) == ALL[:1]
    await house.world.advance(days=9)
    assert kinds(house) == [ALL[0], *ALL]


async def test_what_has_ended_ends_again_once_it_is_extended(house: House) -> None:
    one, owner, c = await ending(house, 3), (await house.member(OWNER)).actor, house.world.container
    await house.world.advance(days=5)
    assert kinds(house) == ALL[1:]
    extended = await c.extend_project()(owner, one.id, Extension(days=2))
    assert extended.ends_at == house.world.clock.now() + 2 * DAY
    await house.world.advance(days=3)
    assert kinds(house) == [*ALL[1:], *ALL], "of the new end nobody was told, and it is less than seven days ahead"


async def test_that_a_project_begins_is_told_nobody(house: House) -> None:
    await ending(house, 10, starts_at=house.world.clock.now() + 2 * DAY)
    endless = await house.project(name="Endless", starts_at=house.world.clock.now() + 2 * DAY)
    await house.world.container.activate_project()((await house.member(OWNER)).actor, endless.id)
    await house.world.settle()
    house.world.clock.advance(2.5 * DAY)
    assert await house.world.container.sweep_projects()() == 0
    await house.world.advance(days=8)
    assert kinds(house) == ALL


async def test_what_is_archived_drafted_or_a_template_is_not_spoken_of(house: House) -> None:
    owner, c = (await house.member(OWNER)).actor, house.world.container
    archived, template = await ending(house, 9, name="A"), await ending(house, 9, name="T")
    await house.project(name="Draft", ends_at=house.world.clock.now() + 9 * DAY)
    await c.archive_project()(owner, archived.id)
    await c.update_project()(owner, template.id, ProjectChange(template=True))
    await house.world.advance(days=20)
    assert kinds(house) == []
    await c.restore_project()(owner, archived.id)
    await house.world.advance(days=20)
    assert kinds(house) == []


async def test_a_change_of_the_end_or_of_the_days_before_it_is_told_anew(house: House) -> None:
    one, owner, c = await ending(house, 20), (await house.member(OWNER)).actor, house.world.container
    await house.world.advance(days=14)
    assert kinds(house) == ALL[:1]
    await c.update_project()(owner, one.id, ProjectChange(notify_before_days=3))
    await house.world.advance(days=4)
    assert kinds(house) == [ALL[0], ALL[0]]
    await c.update_project()(owner, one.id, ProjectChange(description="nothing to do with it"))
    await c.update_project()(owner, one.id, ProjectChange(ends_at=None))
    await house.world.advance(days=30)
    assert kinds(house) == [ALL[0], ALL[0]]


EXAMPLES: dict[str, tuple[list[tuple[str, float]], list[str]]] = {
    "nothing happens": ([], ALL),
    "put away and taken up again in time": ([("work", 9), ("archive", 0), ("work", 9), ("restore", 0)], ALL),
    "put away and taken up again while no worker says anything": (
        [("work", 20), ("miss", 5), ("archive", 0), ("restore", 0)], ALL
    ),
    "away when it was due": ([("work", 20), ("archive", 0), ("work", 5), ("restore", 0)], ALL),
    "away after it was said": ([("work", 24), ("archive", 0), ("work", 2), ("restore", 0)], ALL),
    "away twice": ([("work", 24), *([("archive", 0), ("work", 1), ("restore", 0), ("work", 1)] * 2)], ALL),
    "away until the last day": ([("work", 20), ("archive", 0), ("work", 9.5), ("restore", 0)], ALL[1:]),
    "away after the last day was said": ([("work", 29.2), ("archive", 0), ("work", 0.5), ("restore", 0)], ALL),
    "away until it is over": ([("work", 20), ("archive", 0), ("work", 11), ("restore", 0)], []),
    "away from then on": ([("work", 20), ("archive", 0)], []),
    "more days, of which some are over": ([("work", 22), ("days", 10)], ALL),
    "more days, after it was said": ([("work", 24), ("days", 10)], ALL),
    "more days on the last day": ([("work", 29.5), ("days", 10)], ALL),
    "fewer days, after it was said": ([("work", 24), ("days", 3)], [ALL[0], *ALL]),
    "fewer days, before": ([("work", 20), ("days", 3)], ALL),
    "an end that is suddenly near": ([("work", 20), ("ends in", 4)], ALL),
    "an end that is suddenly very near": ([("work", 20), ("ends in", 0.5)], ALL[1:]),
    "an end that is put off by a little after it was said": ([("work", 24), ("ends in", 6.5)], [ALL[0], *ALL]),
    "a template for a while": ([("work", 24), ("template", True), ("work", 1), ("template", False)], ALL),
    "a template when it was due": ([("work", 20), ("template", True), ("work", 4), ("template", False)], ALL),
}  # fmt: skip
"""What is done to a project that ends in thirty days, and what is said of it until long after that."""


@pytest.mark.parametrize("example", EXAMPLES)
async def test_what_was_missed_is_said_while_it_is_so_and_nothing_twice(house: House, example: str) -> None:
    steps, said = EXAMPLES[example]
    one, owner, c = await ending(house), (await house.member(OWNER)).actor, house.world.container
    for step, value in steps:
        match step:
            case "work":
                await house.world.advance(days=value)
            case "miss":
                house.world.clock.advance(value * DAY)
            case "archive":
                await c.archive_project()(owner, one.id)
            case "restore":
                await c.restore_project()(owner, one.id)
            case "days":
                await c.update_project()(owner, one.id, ProjectChange(notify_before_days=int(value)))
            case "template":
                await c.update_project()(owner, one.id, ProjectChange(template=bool(value)))
            case _:
                ends_at = house.world.clock.now() + value * DAY
                await c.update_project()(owner, one.id, ProjectChange(ends_at=ends_at))
    await house.world.advance(days=40)
    assert kinds(house) == said


async def test_a_draft_that_is_begun_late_is_said_to_be_near_its_end_at_once(house: House) -> None:
    owner, c = (await house.member(OWNER)).actor, house.world.container
    one = await house.project(name="Draft", ends_at=house.world.clock.now() + 30 * DAY)
    await house.world.advance(days=25)
    assert kinds(house) == []
    await c.activate_project()(owner, one.id)
    await house.world.advance(minutes=2)
    assert kinds(house) == ALL[:1]


async def test_after_weeks_without_a_worker_only_what_is_so_is_said(house: House) -> None:
    await ending(house)
    house.world.clock.advance(40 * DAY)
    assert await house.world.container.sweep_projects()() == 3
    await house.world.settle()
    assert kinds(house) == ["project-ended"]


async def test_a_change_of_the_name_while_a_notice_is_due_loses_nothing(house: House) -> None:
    one, owner, c = await ending(house), (await house.member(OWNER)).actor, house.world.container
    house.world.clock.advance(23 * DAY)
    await c.update_project()(owner, one.id, ProjectChange(name="Other"))
    await house.world.advance(minutes=2)
    assert kinds(house) == ALL[:1]


async def test_what_is_due_soon_is_looked_for_when_it_is_due(house: House) -> None:
    one = await ending(house, 7.0001)
    assert one.ends_at is not None
    await house.world.settle()
    assert await house.world.container.sweep_projects()() == 0
    waiting = [row for row in house.world.ledger.rows.values() if row.job.kind == "projects.projects-sweep-due"]
    due_at = one.ends_at - 7 * DAY
    assert [due_at <= row.run_at < due_at + timedelta(seconds=1) for row in waiting] == [True]
    house.world.clock.set(waiting[0].run_at)
    await house.world.settle()
    assert kinds(house) == ALL[:1]


async def test_mails_keep_no_sweep_waiting(house: House) -> None:
    await ending(house, 7.5)
    await house.world.settle()
    house.world.clock.advance(DAY)
    assert await house.world.container.sweep_projects()() == 1
    async with house.world.container.projects_unit_of_work() as uow:
        uow.announce(ProjectsSweepDue())
        await uow.commit()
    claimed = await house.world.ledger.claim("somebody", "default", 2, timedelta(minutes=1))
    assert [job.kind for job in claimed] == ["projects.projects-sweep-due", "projects.project-ending"]


@pytest.mark.parametrize("gone", ["member", "company", "project", "role"])
async def test_nobody_is_told_who_is_not_there_any_more(house: House, gone: str) -> None:
    one, owner, c = await ending(house, 7.5), await house.member(OWNER), house.world.container
    assert one.ends_at is not None
    user = owner.actor.user
    if gone == "company":
        del house.companies.facts[house.id]
    elif gone == "member":
        del house.companies.people[user]
    elif gone == "role":
        house.companies.roles[house.id, user] = VIEWER
    project = ProjectId(house.world.ids.new()) if gone == "project" else one.id
    told = {
        "project": project, "company": house.id, "stage": Stage.ENDED, "due_at": one.ends_at, "ends_at": one.ends_at,
    }  # fmt: skip
    house.world.clock.advance(8 * DAY)
    await c.tell_contact()(ContactToTell(**told, user=user))  # type: ignore[arg-type]
    await c.tell_company()(ProjectEnding(**told))  # type: ignore[arg-type]
    assert kinds(house) == []


async def test_told_twice_it_is_one_mail(house: House) -> None:
    one, owner = await ending(house, 7.5), await house.member(OWNER)
    assert one.ends_at is not None
    house.world.clock.advance(DAY)
    message = ContactToTell(
        project=one.id, company=house.id, stage=Stage.NEARING, due_at=one.ends_at - 7 * DAY, ends_at=one.ends_at,
        user=owner.actor.user,
    )  # fmt: skip
    for _ in range(2):
        await house.world.container.tell_contact()(message)
    assert kinds(house) == ALL[:1]

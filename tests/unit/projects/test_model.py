"""What a project is at a moment: rights, states, periods and what is said of them; as tables, and by properties."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asperguide.projects.errors import InvalidProject, ProjectInWrongState, ProjectNeverEnds, RightNeeded
from asperguide.projects.model import FAR, MOVES, Lifecycle, Move, Project, days_later
from asperguide.projects.notices import A_DAY, Notice, Stage
from asperguide.projects.rights import RIGHTS, Access, Right, demand, role_in
from asperguide.shared.tenancy import CompanyId, CompanyRole, ProjectId, ProjectState
from tests.projects import EDITOR, MANAGER, OWNER, VIEWER, company_facts

NOW = datetime(2031, 3, 20, 12, tzinfo=UTC)
AN_INSTANT = timedelta(microseconds=1)
LEADING = {OWNER, MANAGER}
ALLOWED = {
    Right.SEE: set(CompanyRole),
    Right.CREATE: LEADING,
    Right.DESCRIBE: {*LEADING, EDITOR},
    Right.PLAN: LEADING,
    Right.SHARE: LEADING,
    Right.DELETE: LEADING,
}


def project(**fields: Any) -> Project:
    """An active project that began ten days ago and ends in thirty."""
    ready = Project(
        id=ProjectId(UUID(int=1)), company=CompanyId(UUID(int=2)), name="Mariage", slug="mariage",
        state=ProjectState.ACTIVE, starts_at=NOW - 10 * A_DAY, ends_at=NOW + 30 * A_DAY, created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    return replace(ready, **fields)


def said_of(**fields: Any) -> list[Notice]:
    """All that is said of a project that begins now."""
    found, notice = [], project(starts_at=NOW, **fields).next_notice(NOW - AN_INSTANT)
    while notice is not None:
        found.append(notice)
        notice = notice.following
    return found


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("role", CompanyRole)
def test_each_role_has_these_rights_and_no_others(right: Right, role: CompanyRole) -> None:
    assert set(RIGHTS) == set(ALLOWED)
    if role in ALLOWED[right]:
        demand(role, right)
        return
    with pytest.raises(RightNeeded):
        demand(role, right)


@pytest.mark.parametrize("role", CompanyRole)
@pytest.mark.parametrize("listed", [None, *CompanyRole])
def test_nobody_is_more_in_a_project_than_in_the_company(role: CompanyRole, listed: CompanyRole | None) -> None:
    assert role_in(Access.INHERIT, role, listed) is role
    restricted = role_in(Access.RESTRICTED, role, listed)
    if role in LEADING:
        assert restricted is role
    elif listed is None:
        assert restricted is None
    else:
        assert restricted is (VIEWER if VIEWER in (role, listed) else EDITOR)


@pytest.mark.parametrize(
    ("move", "state", "then"),
    [
        (Move.ACTIVATE, ProjectState.DRAFT, ProjectState.ACTIVE),
        (Move.ACTIVATE, ProjectState.ACTIVE, ProjectState.ACTIVE),
        (Move.ACTIVATE, ProjectState.ARCHIVED, None),
        (Move.ARCHIVE, ProjectState.DRAFT, None),
        (Move.ARCHIVE, ProjectState.ACTIVE, ProjectState.ARCHIVED),
        (Move.ARCHIVE, ProjectState.ARCHIVED, ProjectState.ARCHIVED),
        (Move.RESTORE, ProjectState.DRAFT, None),
        (Move.RESTORE, ProjectState.ACTIVE, ProjectState.ACTIVE),
        (Move.RESTORE, ProjectState.ARCHIVED, ProjectState.ACTIVE),
    ],
)
def test_moves_lead_from_one_state_to_the_next(move: Move, state: ProjectState, then: ProjectState | None) -> None:
    assert set(MOVES) == set(Move)
    if then is not None:
        assert project(state=state).moved(move).state is then
        return
    with pytest.raises(ProjectInWrongState):
        project(state=state).moved(move)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NOW - 10 * A_DAY - AN_INSTANT, Lifecycle.UPCOMING), (NOW - 10 * A_DAY, Lifecycle.ACTIVE),
        (NOW + 23 * A_DAY - AN_INSTANT, Lifecycle.ACTIVE), (NOW + 23 * A_DAY, Lifecycle.EXPIRING),
        (NOW + 30 * A_DAY - AN_INSTANT, Lifecycle.EXPIRING), (NOW + 30 * A_DAY, Lifecycle.EXPIRED),
    ],
)  # fmt: skip
def test_a_project_is_so_far_in_its_period(at: datetime, expected: Lifecycle) -> None:
    assert project().lifecycle(at) is expected
    assert project(ends_at=None).lifecycle(at) in (Lifecycle.UPCOMING, Lifecycle.ACTIVE)
    assert project(ends_at=None).ends_key == FAR


@given(st.integers(-50, 50), st.integers(1, 60), st.integers(-10, 100))
def test_contents_are_shown_exactly_while_an_active_project_is_within_its_period(
    begins: int, length: int, at: int
) -> None:
    one = project(starts_at=NOW + begins * A_DAY, ends_at=NOW + (begins + length) * A_DAY)
    now, company = NOW + at * A_DAY, company_facts(UUID(int=2))
    running = one.lifecycle(now) in (Lifecycle.ACTIVE, Lifecycle.EXPIRING)
    assert one.facts(company).shows(now) is running
    assert not replace(one, template=True).facts(company).shows(now)
    for state in (ProjectState.DRAFT, ProjectState.ARCHIVED):
        facts = replace(one, state=state).facts(company)
        assert not facts.shows(now)
        assert facts.archived is (state is ProjectState.ARCHIVED)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (1, [Stage.LAST_DAY, Stage.ENDED]),
        (2, list(Stage)),
        (40, list(Stage)),
        (41, [Stage.LAST_DAY, Stage.ENDED]),
    ],
)
def test_of_a_period_of_forty_days_so_much_is_said(days: int, expected: list[Stage]) -> None:
    assert [one.stage for one in said_of(ends_at=NOW + 40 * A_DAY, notify_before_days=days)] == expected


def test_of_a_period_without_an_end_nothing_is_said_and_of_a_short_one_no_last_day() -> None:
    assert said_of(ends_at=None) == []
    short = said_of(ends_at=NOW + A_DAY - AN_INSTANT)
    assert [(one.due_at, one.stage) for one in short] == [(NOW + A_DAY - AN_INSTANT, Stage.ENDED)]


@given(st.integers(1, 400), st.integers(1, 365), st.integers(-20, 500))
def test_what_follows_one_after_the_other_is_all_that_is_still_to_be_said(length: int, days: int, at: int) -> None:
    one = project(starts_at=NOW, ends_at=NOW + length * A_DAY, notify_before_days=days)
    now = NOW + at * A_DAY
    all, said = said_of(ends_at=one.ends_at, notify_before_days=days), []
    notice = one.next_notice(now)
    while notice is not None:
        said.append(notice)
        notice = notice.following
    coming = [one for one in all if one.due_at > now]
    assert said == ([one for one in all if one.due_at <= now][-1:] if coming else []) + coming, "what was missed too"
    reached = replace(all[0], stage=coming[0].stage if coming else Stage.ENDED)
    assert one.next_notice(now, reached) == next(iter(coming), None)
    assert one.next_notice(now, replace(reached, ends_at=NOW)) == next(iter(said), None), "it was of another end"
    assert [one.due_at for one in all] == sorted(one.due_at for one in all)
    assert len({one.due_at for one in all}) == len(all)


@pytest.mark.parametrize(
    "fields", [{"state": ProjectState.DRAFT}, {"state": ProjectState.ARCHIVED}, {"template": True}, {"removing": True}]
)
def test_of_what_is_not_shown_nothing_is_said(fields: dict[str, Any]) -> None:
    assert project(**fields).next_notice(NOW) is None


def test_an_extension_begins_where_the_period_ends_or_now_when_it_is_over() -> None:
    assert project().extended(30, "UTC", NOW).ends_at == NOW + 60 * A_DAY
    assert project(ends_at=NOW - 5 * A_DAY).extended(30, "UTC", NOW).ends_at == NOW + 30 * A_DAY
    with pytest.raises(ProjectNeverEnds):
        project(ends_at=None).extended(30, "UTC", NOW)
    with pytest.raises(ProjectInWrongState):
        project(state=ProjectState.ARCHIVED).extended(30, "UTC", NOW)
    with pytest.raises(InvalidProject):
        project(ends_at=NOW + 99 * 365 * A_DAY).extended(3660, "UTC", NOW)


@pytest.mark.parametrize(
    ("at", "days", "zone", "expected"),
    [
        ("2031-03-20T11:00", 30, "Europe/Paris", "2031-04-19T10:00"),
        ("2031-10-20T10:00", 30, "Europe/Paris", "2031-11-19T11:00"),
        ("2031-03-01T01:30", 29, "Europe/Paris", "2031-03-30T01:30"),
        ("2031-02-28T23:30", 30, "Europe/Paris", "2031-03-30T22:30"),
        ("2032-02-28T12:00", 1, "UTC", "2032-02-29T12:00"),
        ("2031-12-31T23:59", 1, "Pacific/Kiritimati", "2032-01-01T23:59"),
        ("2031-03-29T01:30", 1, "Europe/Paris", "2031-03-30T01:30"), ("2031-03-29T12:00", 1, "UTC", "2031-03-30T12:00"),
    ],
)  # fmt: skip
def test_so_many_days_later_clocks_show_the_same_time(at: str, days: int, zone: str, expected: str) -> None:
    instant, then = (datetime.fromisoformat(f"{text}:00+00:00") for text in (at, expected))
    assert days_later(instant, days, zone) == then


def test_an_hour_that_clocks_skip_is_taken_for_the_one_behind_it() -> None:
    before = datetime(2031, 3, 29, 2, 30, tzinfo=ZoneInfo("Europe/Paris"))
    after = days_later(before.astimezone(UTC), 1, "Europe/Paris")
    assert after.astimezone(ZoneInfo("Europe/Paris")).strftime("%d %H:%M") == "30 03:30"


def test_what_is_beyond_all_calendars_is_refused() -> None:
    with pytest.raises(InvalidProject) as refused:
        days_later(FAR, 3660, "UTC")
    assert refused.value.fields[0].pointer == "#/days"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": ""}, "#/name"), ({"name": "\u200b"}, "#/name"), ({"name": "a\nb"}, "#/name"),
        ({"name": "x" * 256}, "#/name"),
        ({"name": "\U0001d160" * 255}, "#/name"), ({"ends_at": NOW - 10 * A_DAY}, "#/ends_at"),
        ({"ends_at": NOW - 11 * A_DAY}, "#/ends_at"), ({"ends_at": NOW + 37_000 * A_DAY}, "#/ends_at"),
        ({"starts_at": datetime(1999, 12, 31, tzinfo=UTC)}, "#/starts_at"),
        ({"starts_at": FAR, "ends_at": None}, "#/starts_at"),
    ],
)  # fmt: skip
def test_a_project_that_breaks_a_rule_is_refused_where_it_does(fields: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidProject) as refused:
        project(**fields).checked(NOW)
    assert [one.pointer for one in refused.value.fields] == [pointer]


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidProject) as refused:
        project(name=" ", ends_at=NOW - 99 * A_DAY).checked(NOW)
    assert [one.pointer for one in refused.value.fields] == ["#/name", "#/ends_at"]


def test_a_project_that_keeps_the_rules_is_as_it_was() -> None:
    assert project(name="\U0001f600" * 255).checked(NOW) == project(name="\U0001f600" * 255)

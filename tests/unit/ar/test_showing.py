"""Whether a print can be seen: one reason, in one order, and nothing told beyond it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from asperguide.ar.model import ContentState, MarkerState
from asperguide.ar.showing import as_public_id, reason_against
from asperguide.ar.unavailable import REFUSALS, Reason
from asperguide.ar.viewer_ports import Showing
from asperguide.shared.tenancy import ProjectState
from tests.http.sample import ANN
from tests.playing import film
from tests.viewing import COMPANY, ID, MARKER, NOON, PROJECT, Stage, shown

DRAFT, ARCHIVED = {"state": ContentState.DRAFT}, {"state": ContentState.ARCHIVED}
PENDING = {"marker": replace(MARKER, state=MarkerState.PENDING)}
REFUSED = {"marker": replace(MARKER, state=MarkerState.REFUSED)}
OVER = {"ends_at": NOON}
CLOSED = {"company": replace(COMPANY, active=False)}
PUT_AWAY = {"state": ProjectState.ARCHIVED}

EXAMPLES: tuple[tuple[str, dict[str, Any], dict[str, Any], str | None], ...] = (
    ("all is well", {}, {}, None),
    ("its last moment", {"ends_at": NOON + timedelta(microseconds=1)}, {}, None),
    ("its time is over at that very instant", OVER, {}, "expired"),
    ("a draft", DRAFT, {}, "not_published"),
    ("ready, but not for everybody", {"state": ContentState.READY}, {}, "not_published"),
    ("taken back", {"state": ContentState.UNPUBLISHED}, {}, "not_published"),
    ("put away", ARCHIVED, {}, "not_published"),
    ("its photo was replaced and nobody has looked", PENDING, {}, "marker_pending"),
    ("its photo is no good", REFUSED, {}, "marker_missing"),
    ("the company is not active", {}, CLOSED, "company_inactive"),
    ("the project is a draft", {}, {"state": ProjectState.DRAFT}, "project_inactive"),
    ("the project is put away", {}, PUT_AWAY, "project_inactive"),
    ("the project is a template", {}, {"template": True}, "project_inactive"),
    ("the period is over", {}, {"ends_at": NOON}, "project_inactive"),
    ("the period has not begun", {}, {"starts_at": NOON + timedelta(hours=1)}, "project_inactive"),
    ("the period never ends", {}, {"ends_at": None}, None),
    ("of a closed company nothing more is told", {**OVER, **DRAFT, **REFUSED}, {**CLOSED, **PUT_AWAY},
     "company_inactive"),
    ("nor of a project that is not active", {**OVER, **DRAFT, **REFUSED}, PUT_AWAY, "project_inactive"),
    ("over and taken back: over", {**OVER, **DRAFT}, {}, "expired"),
    ("taken back and no marker: taken back", {**DRAFT, **REFUSED}, {}, "not_published"),
)  # fmt: skip


@pytest.mark.parametrize(("what", "content", "project", "expected"), EXAMPLES, ids=[one[0] for one in EXAMPLES])
def test_one_reason_is_told(what: str, content: dict[str, Any], project: dict[str, Any], expected: str | None) -> None:
    showing = Showing(content=shown(**content), project=replace(PROJECT, **project))
    assert reason_against(showing, NOON) == expected


@pytest.mark.parametrize(
    "video",
    [film("a", active=False), film("a", ends_at=NOON), film("a", footage=None)],
    ids=["switched off", "over", "not processed"],
)
def test_without_a_video_that_may_play_there_is_nothing_to_see(video: Any) -> None:
    assert reason_against(Showing(content=shown(video), project=PROJECT), NOON) is Reason.NO_PLAYABLE_VIDEO


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (ID, True), ("A" * 22, True), ("A" * 21, False), ("A" * 23, False), ("A" * 21 + "B", False), ("", False),
        ("x' OR id='2", False), (ID[:21] + "\0", False), ("A" * 21 + "=", False), ("é" * 22, False),
        ("A" * 10_000, False), (ID + "\n", False),
    ],
)  # fmt: skip
def test_a_public_id_is_sixteen_bytes_and_nothing_else(text: str, good: bool) -> None:
    assert (as_public_id(text) is not None) is good


def test_every_reason_has_an_error_whose_code_it_is() -> None:
    assert {reason: error.slug.replace("-", "_") for reason, error in REFUSALS.items()} == {one: one for one in Reason}


async def test_members_see_beforehand_what_is_not_published() -> None:
    stage = Stage()
    await stage.change(state=ContentState.DRAFT)
    await stage.change_project(state=ProjectState.DRAFT)
    look = stage.process.look
    assert await look(ID) is Reason.PROJECT_INACTIVE
    assert await look(ID, ANN) is Reason.PROJECT_INACTIVE
    stage.kept.members.add(ANN.user)
    assert isinstance(await look(ID, ANN), Showing)
    assert await look(ID) is Reason.PROJECT_INACTIVE


async def test_but_nothing_that_cannot_be_shown_to_anybody() -> None:
    stage = Stage()
    stage.kept.members.add(ANN.user)
    await stage.change(**DRAFT, **PENDING)
    assert await stage.process.look(ID, ANN) is Reason.MARKER_PENDING
    await stage.change_project(**CLOSED)
    assert await stage.process.look(ID, ANN) is Reason.COMPANY_INACTIVE


async def test_prints_that_are_not_there_are_not_found() -> None:
    stage = Stage()
    assert await stage.process.look("B" * 21 + "A") is Reason.NOT_FOUND
    assert await stage.process.look("B" * 20) is Reason.INVALID_ID
    del stage.kept.projects[PROJECT.id]
    assert await stage.process.look(ID) is Reason.NOT_FOUND

"""The model of people: states, roles, and what they may be called."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from asperguide.identity import AgeRange, Gender, Preferences, User, UserState
from asperguide.identity.errors import InvalidProfile, LastAdmin, WrongState
from asperguide.identity.model import check_profile, decoy_of, new_user
from asperguide.shared.actor import Role, UserId

NOW = datetime(2031, 5, 17, 12, tzinfo=UTC)
GRACE = timedelta(days=30)
PENDING = new_user(UserId(UUID(int=7)), "Siobhan@Example.org", "Oneil", "Siobhán O'Neil", NOW)
ACTIVE = PENDING.confirmed("siobhan@example.org", NOW)
SUSPENDED = ACTIVE.suspended(NOW)
CLOSING = ACTIVE.closing(NOW, GRACE)
CLOSED = CLOSING.erased(NOW)
ADMIN = ACTIVE.with_role(Role.ADMIN, NOW)

MOVES: dict[str, Any] = {
    "confirmed": lambda user: user.confirmed(user.email, NOW),
    "moved": lambda user: user.moved_to("new@example.org", NOW),
    "suspended": lambda user: user.suspended(NOW),
    "restored": lambda user: user.restored(NOW),
    "closing": lambda user: user.closing(NOW, GRACE),
    "reopened": lambda user: user.reopened(NOW),
}
OUTCOMES: dict[UserState, dict[str, UserState]] = {
    UserState.PENDING: {
        "confirmed": UserState.ACTIVE, "moved": UserState.ACTIVE, "suspended": UserState.SUSPENDED,
        "closing": UserState.CLOSING,
    },
    UserState.ACTIVE: {
        "confirmed": UserState.ACTIVE, "moved": UserState.ACTIVE, "suspended": UserState.SUSPENDED,
        "closing": UserState.CLOSING,
    },
    UserState.SUSPENDED: {"confirmed": UserState.SUSPENDED, "restored": UserState.ACTIVE},
    UserState.CLOSING: {"suspended": UserState.SUSPENDED, "reopened": UserState.ACTIVE},
    UserState.CLOSED: {},
}  # fmt: skip


@pytest.mark.parametrize("user", [PENDING, ACTIVE, SUSPENDED, CLOSING, CLOSED], ids=lambda user: user.state)
@pytest.mark.parametrize("move", MOVES)
def test_every_move_from_every_state_is_allowed_or_refused_as_the_table_says(user: User, move: str) -> None:
    expected = OUTCOMES[user.state].get(move)
    if expected is None:
        with pytest.raises(WrongState):
            MOVES[move](user)
    else:
        assert MOVES[move](user).state is expected


def test_a_suspension_is_lifted_into_the_state_before_it() -> None:
    assert PENDING.suspended(NOW).restored(NOW).state is UserState.PENDING
    assert CLOSING.suspended(NOW).restored(NOW).state is UserState.CLOSING


def test_an_address_confirmed_while_suspended_counts_once_restored() -> None:
    assert PENDING.suspended(NOW).confirmed(PENDING.email, NOW).restored(NOW).state is UserState.ACTIVE


def test_an_unconfirmed_account_reopens_unconfirmed() -> None:
    assert PENDING.closing(NOW, GRACE).reopened(NOW).state is UserState.PENDING


def test_the_grace_ends_on_time() -> None:
    assert CLOSING.reopened(NOW + GRACE - timedelta.resolution).closes_at is None
    with pytest.raises(WrongState):
        CLOSING.reopened(NOW + GRACE)


def test_a_code_for_another_address_confirms_nothing() -> None:
    with pytest.raises(WrongState):
        PENDING.confirmed("other@example.org", NOW)


def test_confirming_again_keeps_the_first_instant() -> None:
    assert ACTIVE.confirmed(ACTIVE.email, NOW + GRACE).email_verified_at == NOW


def test_nothing_personal_survives_erasure_and_the_names_are_free_again() -> None:
    left = repr(CLOSED).lower()
    assert not any(word in left for word in ("siobh", "oneil", "o'neil", "example.org"))
    assert (CLOSED.id, CLOSED.roles, CLOSED.email_verified_at, CLOSED.version) == (ACTIVE.id, (), None, ACTIVE.version)


@pytest.mark.parametrize("admins", [1, 0])
def test_the_last_admin_keeps_the_role(admins: int) -> None:
    with pytest.raises(LastAdmin):
        ADMIN.without_role(Role.ADMIN, NOW, admins)
    assert ADMIN.is_last_admin(admins)


def test_an_admin_who_does_not_count_can_lose_the_role_beside_the_last_one() -> None:
    assert ADMIN.suspended(NOW).without_role(Role.ADMIN, NOW, 1).roles == (Role.USER,)
    assert not ADMIN.closing(NOW, GRACE).is_last_admin(1)


def test_roles_come_and_go_once_and_everybody_stays_a_user() -> None:
    assert ADMIN.with_role(Role.ADMIN, NOW) == ADMIN
    assert ADMIN.without_role(Role.ADMIN, NOW, 2).roles == (Role.USER,)
    assert ACTIVE.without_role(Role.MODERATOR, NOW, 1).roles == (Role.USER,)
    with pytest.raises(WrongState):
        ADMIN.without_role(Role.USER, NOW, 2)


def test_a_decoy_holds_the_username_and_no_address() -> None:
    decoy = decoy_of(PENDING)
    assert (decoy.decoy, PENDING.decoy) == (True, False)
    assert decoy.username_key == PENDING.username_key
    assert decoy.email_key != PENDING.email_key


GOOD: list[dict[str, object]] = [
    {"full_name": "Siobhán O'Neil"},
    {"full_name": "left"},
    {"full_name": "key"},
    {"full_name": "李小龙"},
    {"full_name": "Робертс'); DROP TABLE users;--"},
    {"full_name": "n" * 255},
    {"email": "siobhan.o'neil@example.org"},
    {"email": "user+tag@sub.example.co.uk"},
    {"email": "用户@例え.jp"},
    {"username": "key"},
    {"username": "0.o_o-0"},
    {"username": "x" * 50},
    {"time_zone": "America/Argentina/Buenos_Aires"},
    {"locale": "zh-Hant-TW"},
    {"gender": Gender.RATHER_NOT_SAY, "age_range": AgeRange.FROM_61},
    {"gender": None, "age_range": None},
    {"preferences": Preferences(transparency=100)},
]
BAD: list[tuple[str, object, str]] = [
    ("full_name", "", "LENGTH"),
    ("full_name", " \t"[:1], "LENGTH"),
    ("full_name", "n" * 256, "LENGTH"),
    ("full_name", "a\nb", "CONTROL_CHARACTER"),
    ("full_name", "a\x00b", "CONTROL_CHARACTER"),
    ("full_name", "a\ud800", "CONTROL_CHARACTER"),
    ("full_name", None, "WRONG_TYPE"),
    ("email", "nobody", "NOT_AN_ADDRESS"),
    ("email", "a@b@c.org", "NOT_AN_ADDRESS"),
    ("email", "a b@example.org", "NOT_AN_ADDRESS"),
    ("email", "<a@example.org>", "NOT_AN_ADDRESS"),
    ("email", "a@example.org\r\nBcc: b@example.org", "CONTROL_CHARACTER"),
    ("email", "a@-example.org", "NOT_AN_ADDRESS"),
    ("email", "a" * 250 + "@b.org", "NOT_AN_ADDRESS"),
    ("username", "ab", "NOT_A_USERNAME"),
    ("username", "x" * 51, "NOT_A_USERNAME"),
    ("username", ".dot", "NOT_A_USERNAME"),
    ("username", "a b", "NOT_A_USERNAME"),
    ("username", "zoë", "NOT_A_USERNAME"),
    ("username", "abc\n", "CONTROL_CHARACTER"),
    ("time_zone", "Mars/One", "UNKNOWN_TIME_ZONE"),
    ("time_zone", "../etc/passwd", "UNKNOWN_TIME_ZONE"),
    ("locale", "english", "NOT_ALLOWED"),
    ("gender", "X", "NOT_ALLOWED"),
    ("age_range", "17", "NOT_ALLOWED"),
    ("preferences", Preferences(filter_intensity=101), "NOT_ALLOWED"),
    ("preferences", None, "NOT_ALLOWED"),
    ("preferences", object(), "NOT_ALLOWED"),
]


@pytest.mark.parametrize("values", GOOD, ids=str)
def test_real_people_are_welcome(values: dict[str, object]) -> None:
    check_profile(values)


@pytest.mark.parametrize(("field", "value", "code"), BAD)
def test_what_nobody_is_called_is_refused_by_its_field(field: str, value: object, code: str) -> None:
    with pytest.raises(InvalidProfile) as refused:
        check_profile({field: value})
    assert [(wrong.pointer, wrong.code) for wrong in refused.value.fields] == [(f"#/{field}", code)]


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidProfile) as refused:
        new_user(UserId(UUID(int=1)), "x", "y", "", NOW, time_zone="z", locale="")
    assert {wrong.pointer for wrong in refused.value.fields} == {
        "#/email", "#/username", "#/full_name", "#/time_zone", "#/locale"
    }  # fmt: skip

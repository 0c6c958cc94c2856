"""Who may do and see what with a capsule: every cell of the page, written down a second time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from asperguide.capsules import (
    Action,
    Addressee,
    AddresseeId,
    Anonymity,
    Capsule,
    CapsuleId,
    Fact,
    Part,
    State,
    Unlock,
    unlock_on,
)
from asperguide.capsules.errors import (
    AlreadyReplied,
    CapsuleAlreadySealed,
    CapsuleInWrongState,
    CapsuleNotFound,
    CapsuleStillSealed,
    EarlyViewNotAllowed,
    InvalidCapsule,
    InvalidUnlockTime,
    RepliesNotAllowed,
)
from asperguide.shared.actor import UserId
from asperguide.shared.errors import DomainError, Forbidden

SEALED_AT = datetime(2031, 5, 17, 12, tzinfo=UTC)
UNLOCK = unlock_on(datetime(2031, 6, 17, 9), "Europe/Paris")
SENDER, FIRST, SECOND, STRANGER = (UserId(UUID(int=number)) for number in range(1, 5))
MINE = CapsuleId(UUID(int=9))
FIVE_YEARS = timedelta(days=5 * 366)
LEAVE = {"allow_early_view": True, "allow_reply": True}


def capsule(*users: UserId, **changes: Any) -> Capsule:
    addressees = tuple(
        Addressee(id=AddresseeId(UUID(int=user.int + 100)), capsule=MINE, user=user) for user in users or (FIRST,)
    )
    made = Capsule(id=MINE, sender=SENDER, addressees=addressees, unlock=UNLOCK, proof=b"p", sealed_at=SEALED_AT)
    return replace(made, **changes)


TIMES = {
    State.SEALED: SEALED_AT,
    State.UNFOLDING: UNLOCK.at - timedelta(days=2),
    State.READY: UNLOCK.at,
    State.OPENED: UNLOCK.at + timedelta(hours=1),
    State.CANCELLED: UNLOCK.at,
}


def in_state(state: State, *users: UserId, **changes: Any) -> tuple[Capsule, datetime]:
    """A capsule in this state, and the moment in which it is."""
    made = capsule(*users, **{**LEAVE, **changes})
    if state is State.CANCELLED:
        made = made.cancelled(SENDER, SEALED_AT)
    if state is State.OPENED:
        for user in users or (FIRST,):
            made = made.opened(user, UNLOCK.at)
    now = TIMES[state]
    assert made.state(now) is state
    return made, now


# The columns: sealed, unfolding, ready, opened, cancelled. `+` may, `-` may not, `?` is told that there is none.
MAY = """
sender    edit      - - - - -
sender    delete    - - - - -
sender    seal      - - - - -
sender    cancel    + + - - -
sender    postpone  + - - - -
sender    readdress + + + - -
sender    share     + + - - -
sender    peek      - - - - -
sender    open      - - - - -
sender    reply     - - - - -
sender    reflect   - - - - -
recipient edit      - - - - -
recipient delete    - - - - -
recipient seal      - - - - -
recipient cancel    - - - - -
recipient postpone  - - - - -
recipient readdress - - - - -
recipient share     - - - - -
recipient peek      - + - - -
recipient open      - - + - -
recipient reply     - - - + -
recipient reflect   - - - - -
oneself   edit      - - - - -
oneself   delete    - - - - -
oneself   seal      - - - - -
oneself   cancel    + + - - -
oneself   postpone  + - - - -
oneself   readdress + + + - -
oneself   share     + + - - -
oneself   peek      - + - - -
oneself   open      - - + - -
oneself   reply     - - - + -
oneself   reflect   - - - + -
stranger  edit      ? ? ? ? ?
stranger  delete    ? ? ? ? ?
stranger  seal      ? ? ? ? ?
stranger  cancel    ? ? ? ? ?
stranger  postpone  ? ? ? ? ?
stranger  readdress ? ? ? ? ?
stranger  share     ? ? ? ? ?
stranger  peek      ? ? ? ? ?
stranger  open      ? ? ? ? ?
stranger  reply     ? ? ? ? ?
stranger  reflect   ? ? ? ? ?
"""
SEE = """
sender    existence + + + + +
sender    content   - - + + -
recipient existence + + + + +
recipient content   - - - + -
oneself   existence + + + + +
oneself   content   - - + + -
stranger  existence - - - - -
stranger  content   - - - - -
"""
COLUMNS = (State.SEALED, State.UNFOLDING, State.READY, State.OPENED, State.CANCELLED)


def cells(table: str) -> list[tuple[str, str, State, str]]:
    lines = [line.split() for line in table.strip().splitlines()]
    return [(who, what, state, mark) for who, what, *marks in lines for state, mark in zip(COLUMNS, marks, strict=True)]


def asked(who: str, state: State) -> tuple[Capsule, UserId, datetime]:
    made, now = in_state(state, *((SENDER,) if who == "oneself" else ()))
    return made, {"sender": SENDER, "oneself": SENDER, "recipient": FIRST, "stranger": STRANGER}[who], now


@pytest.mark.parametrize(("who", "what", "state", "mark"), cells(MAY))
def test_who_may_do_what_and_when(who: str, what: str, state: State, mark: str) -> None:
    made, user, now = asked(who, state)
    if mark == "+":
        made.demand(user, Action(what), now)
    else:
        with pytest.raises(DomainError) as refused:
            made.demand(user, Action(what), now)
        assert (refused.type is CapsuleNotFound) is (mark == "?")


def test_the_table_has_a_line_for_every_action_of_everybody() -> None:
    assert {(who, what) for who, what, *_ in cells(MAY)} == {
        (who, action) for who in (*Part, "oneself") for action in Action
    }


@pytest.mark.parametrize(("who", "what", "state", "mark"), cells(SEE))
def test_who_sees_what_and_when(who: str, what: str, state: State, mark: str) -> None:
    made, user, now = asked(who, state)
    assert made.sees(user, Fact(what), now) is (mark == "+")


@pytest.mark.parametrize(
    ("who", "action", "state", "error"),
    [
        ("sender", Action.EDIT, State.SEALED, CapsuleAlreadySealed),
        ("sender", Action.POSTPONE, State.UNFOLDING, CapsuleInWrongState),
        ("sender", Action.CANCEL, State.READY, CapsuleInWrongState),
        ("sender", Action.OPEN, State.READY, Forbidden),
        ("recipient", Action.CANCEL, State.SEALED, Forbidden),
        ("recipient", Action.OPEN, State.SEALED, CapsuleStillSealed),
        ("recipient", Action.OPEN, State.UNFOLDING, CapsuleStillSealed),
        ("recipient", Action.OPEN, State.CANCELLED, CapsuleInWrongState),
        ("recipient", Action.REPLY, State.UNFOLDING, CapsuleStillSealed),
        ("recipient", Action.PEEK, State.SEALED, CapsuleStillSealed),
        ("recipient", Action.PEEK, State.READY, CapsuleInWrongState),
    ],
)
def test_refusals_say_why(who: str, action: Action, state: State, error: type[DomainError]) -> None:
    made, user, now = asked(who, state)
    with pytest.raises(error):
        made.demand(user, action, now)


def test_peeking_and_replying_need_the_senders_leave() -> None:
    made, now = in_state(State.UNFOLDING, allow_early_view=False)
    with pytest.raises(EarlyViewNotAllowed):
        made.demand(FIRST, Action.PEEK, now)
    made, now = in_state(State.OPENED, allow_reply=False)
    with pytest.raises(RepliesNotAllowed):
        made.demand(FIRST, Action.REPLY, now)


def test_only_a_letter_to_oneself_alone_is_reflected_on() -> None:
    made, now = in_state(State.OPENED, SENDER, FIRST)
    with pytest.raises(CapsuleInWrongState):
        made.demand(SENDER, Action.REFLECT, now)


def test_states_change_at_their_very_instants() -> None:
    made, moment = capsule(), timedelta(microseconds=1)
    assert made.state(UNLOCK.at - timedelta(days=3) - moment) is State.SEALED
    assert made.state(UNLOCK.at - timedelta(days=3)) is State.UNFOLDING
    assert made.state(UNLOCK.at - moment) is State.UNFOLDING
    assert made.state(UNLOCK.at) is State.READY


def test_one_of_several_has_opened_their_own_before_all_have() -> None:
    made = capsule(FIRST, SECOND).opened(FIRST, UNLOCK.at)
    now = UNLOCK.at + timedelta(minutes=1)
    assert (made.state(now), made.opened_at) == (State.READY, None)
    assert (made.sees(FIRST, Fact.CONTENT, now), made.sees(SECOND, Fact.CONTENT, now)) == (True, False)
    made.demand(FIRST, Action.REPLY, now)
    with pytest.raises(CapsuleInWrongState):
        made.demand(SECOND, Action.REPLY, now)
    made = made.opened(SECOND, now)
    assert (made.state(now), made.opened_at) == (State.OPENED, now)


def test_opening_again_changes_nothing() -> None:
    made = capsule().opened(FIRST, UNLOCK.at)
    assert made.opened(FIRST, UNLOCK.at + timedelta(days=1)) == made


def test_there_is_one_reply_of_each() -> None:
    made, now = in_state(State.OPENED, FIRST, SECOND)
    made = made.replied(FIRST, now)
    with pytest.raises(AlreadyReplied):
        made.replied(FIRST, now)
    assert [one.replied_at for one in made.replied(SECOND, now).addressees] == [now, now]


def later(**delta: float) -> Unlock:
    return replace(UNLOCK, at=UNLOCK.at + timedelta(**delta))


def test_a_capsule_is_postponed_and_never_brought_forward() -> None:
    made = capsule().postponed(SENDER, later(days=30), SEALED_AT, FIVE_YEARS)
    assert made.state(UNLOCK.at) is State.SEALED
    for unlock in (UNLOCK, later(days=-1), later(days=5 * 366)):
        with pytest.raises(InvalidUnlockTime):
            capsule().postponed(SENDER, unlock, SEALED_AT, FIVE_YEARS)


def test_what_disappears_is_gone_for_each_some_time_after_they_opened_it() -> None:
    made = capsule(FIRST, SECOND, disappears_after=timedelta(days=1)).opened(FIRST, UNLOCK.at)
    late = UNLOCK.at + timedelta(days=1)
    made = made.opened(SECOND, late)
    assert [made.sees(user, Fact.CONTENT, late) for user in (FIRST, SECOND, SENDER)] == [False, True, True]
    assert made.sees(FIRST, Fact.EXISTENCE, late)


def test_a_letter_to_oneself_that_disappeared_is_gone_for_its_sender_too() -> None:
    made = capsule(SENDER, disappears_after=timedelta(days=1)).opened(SENDER, UNLOCK.at)
    assert not made.sees(SENDER, Fact.CONTENT, UNLOCK.at + timedelta(days=1))


def test_an_anonymous_sender_is_named_after_the_wait_and_to_themselves_always() -> None:
    made = capsule(anonymity=Anonymity(reveal_after=timedelta(hours=10)))
    soon, revealed = UNLOCK.at + timedelta(hours=9), UNLOCK.at + timedelta(hours=10)
    assert [made.names_sender_to(FIRST, now) for now in (SEALED_AT, soon, revealed)] == [False, False, True]
    assert made.names_sender_to(SENDER, SEALED_AT)
    assert capsule().names_sender_to(FIRST, SEALED_AT)


@pytest.mark.parametrize(("count", "hours"), [(0, ()), (1, (5.0,)), (2, (3.5, 7.0)), (3, (3.0, 5.0, 8.5))])
def test_hints_come_at_their_shares_of_the_wait(count: int, hours: tuple[float, ...]) -> None:
    hints = tuple(f"hint {number}" for number in range(count))
    anonymity, moment = Anonymity(reveal_after=timedelta(hours=10)), timedelta(microseconds=1)
    for number, after in enumerate(hours):
        at = UNLOCK.at + timedelta(hours=after)
        assert anonymity.hints_given(hints, UNLOCK.at, at - moment) == hints[:number]
        assert anonymity.hints_given(hints, UNLOCK.at, at) == hints[: number + 1]
    assert anonymity.hints_given(hints, UNLOCK.at, SEALED_AT) == ()


def test_without_a_wait_all_hints_come_with_the_letter_and_none_before() -> None:
    anonymity, hints = Anonymity(), ("a", "b")
    assert anonymity.hints_given(hints, UNLOCK.at, UNLOCK.at) == ("a", "b")
    assert anonymity.hints_given(hints, UNLOCK.at, UNLOCK.at - timedelta(microseconds=1)) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"reveal_after": timedelta(hours=72, seconds=1)},
        {"reveal_after": timedelta(seconds=-1)},
    ],
)
def test_other_waits_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidCapsule):
        Anonymity(**wrong)

"""Refresh tokens, device tokens, one-time codes and counts of guesses, by themselves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asperguide.identity.codes import LIFETIMES, CodeId, Purpose, digest_of, new_code
from asperguide.identity.errors import CodeRefused, RefreshTokenRefused, TooManyGuesses
from asperguide.identity.guessing import (
    DAY,
    PER_DAY,
    PER_WINDOW,
    WINDOW,
    Guesses,
    subject_of_login,
    subject_of_nobody,
    subject_of_user,
)
from asperguide.identity.rotation import OVERLAP, DeviceTokens, EndReason, Presented, RefreshTokens, Session
from asperguide.shared.actor import SessionId, UserId

NOW = datetime(2031, 5, 17, 12, tzinfo=UTC)
ME, YOU = UserId(UUID(int=1)), UserId(UUID(int=2))
SECOND = timedelta(seconds=1)
IDLE = timedelta(days=14)
TOKENS = RefreshTokens(b"s" * 32)
OPENED = Session(
    id=SessionId(UUID(int=5)), user=ME, key=b"k" * 32, opened_at=NOW, proved_at=NOW, seen_at=NOW, rotated_at=NOW,
    idle_expires_at=NOW + IDLE, expires_at=NOW + timedelta(days=60),
)  # fmt: skip


# sessions


def test_a_rotation_moves_the_counter_and_starts_the_idle_time_anew() -> None:
    later = NOW + timedelta(days=3)
    rotated = OPENED.rotated(later, IDLE)
    assert (rotated.counter, rotated.seen_at, rotated.rotated_at) == (1, later, later)
    assert rotated.idle_expires_at == later + IDLE


def test_no_rotation_outlives_the_absolute_limit() -> None:
    assert OPENED.rotated(NOW + timedelta(days=59), IDLE).idle_expires_at == OPENED.expires_at


def test_a_session_dies_at_the_instant_it_says() -> None:
    assert OPENED.over_at == NOW + IDLE
    assert OPENED.alive(OPENED.over_at - timedelta.resolution)
    assert not OPENED.alive(OPENED.over_at)
    assert not replace(OPENED, expires_at=NOW).alive(NOW)


def test_the_first_reason_to_end_stays() -> None:
    ended = OPENED.ended(NOW, EndReason.SIGNED_OUT)
    assert not ended.alive(NOW)
    assert ended.over_at == NOW
    assert ended.ended(NOW + SECOND, EndReason.CLOSED) == ended


@pytest.mark.parametrize(
    ("counter", "after", "verdict"),
    [
        (2, timedelta(), Presented.CURRENT),
        (2, timedelta(days=9), Presented.CURRENT),
        (1, OVERLAP, Presented.PREDECESSOR),
        (1, OVERLAP + timedelta.resolution, Presented.REUSED),
        (0, timedelta(), Presented.REUSED),
        (3, timedelta(), Presented.REUSED),
    ],
)
def test_what_a_token_is_worth_depends_on_its_counter_and_the_time(
    counter: int, after: timedelta, verdict: Presented
) -> None:
    assert replace(OPENED, counter=2).judge(counter, NOW + after) is verdict


def test_the_same_counter_always_has_the_same_token() -> None:
    assert TOKENS.issue(OPENED) == TOKENS.issue(OPENED)
    assert TOKENS.issue(OPENED) != TOKENS.issue(OPENED.rotated(NOW, IDLE))


def test_a_genuine_token_is_recognised() -> None:
    token = TOKENS.parse(TOKENS.issue(replace(OPENED, counter=41)))
    TOKENS.verify(token, OPENED)
    assert (token.session, token.counter) == (OPENED.id, 41)


@pytest.mark.parametrize(
    "stranger",
    [replace(OPENED, key=b"x" * 32), replace(OPENED, id=SessionId(UUID(int=6)))],
    ids=["another key", "another session"],
)
def test_a_token_of_another_session_is_not_genuine(stranger: Session) -> None:
    with pytest.raises(RefreshTokenRefused):
        TOKENS.verify(TOKENS.parse(TOKENS.issue(stranger)), OPENED)


def test_who_knows_the_row_but_not_the_secret_can_make_no_token() -> None:
    with pytest.raises(RefreshTokenRefused):
        TOKENS.verify(TOKENS.parse(RefreshTokens(b"guess").issue(OPENED)), OPENED)


@given(st.integers(0, 69), st.sampled_from("ABCxyz019-_"))
def test_a_changed_character_makes_a_token_worthless(at: int, character: str) -> None:
    token = TOKENS.issue(OPENED)
    forged = token[:at] + character + token[at + 1 :]
    if forged == token:
        return
    parsed = TOKENS.parse(forged)
    if parsed == TOKENS.parse(token):
        return  # the last character of base64 has bits that say nothing
    with pytest.raises(RefreshTokenRefused):
        TOKENS.verify(parsed, replace(OPENED, id=parsed.session))


@given(st.text(max_size=80))
def test_what_is_no_token_is_refused_and_breaks_nothing(text: str) -> None:
    with pytest.raises(RefreshTokenRefused):
        TOKENS.verify(TOKENS.parse(text), OPENED)


@pytest.mark.parametrize("text", ["", "x" * 70 + "=", "!" * 70, "é" * 70, "A" * 69 + "="])
def test_a_token_has_one_shape(text: str) -> None:
    with pytest.raises(RefreshTokenRefused):
        TOKENS.parse(text)


# devices


def test_a_device_token_tells_its_device_to_its_user_only() -> None:
    devices, phone = DeviceTokens(b"d" * 32), UUID(int=9)
    token = devices.issue(ME, phone)
    assert devices.device(token, ME) == phone
    assert devices.device(token, YOU) is None
    assert DeviceTokens(b"other").device(token, ME) is None


@given(st.none() | st.text(max_size=60) | st.text("A_-=é", min_size=43, max_size=43))
def test_what_is_no_device_token_is_nobody(text: str | None) -> None:
    assert DeviceTokens(b"d" * 32).device(text, ME) is None


# codes


@pytest.mark.parametrize("purpose", Purpose)
def test_a_code_is_good_once_for_one_purpose_until_it_expires(purpose: Purpose) -> None:
    code, text = new_code(CodeId(UUID(int=3)), ME, purpose, "a@example.org", b"c" * 32, NOW)
    end = NOW + LIFETIMES[purpose]
    assert digest_of(text) == code.digest
    assert code.over_at == end
    spent = code.used(purpose, end - timedelta.resolution)
    assert spent.over_at == end - timedelta.resolution
    for broken in (lambda: code.used(purpose, end), lambda: spent.used(purpose, NOW)):
        with pytest.raises(CodeRefused):
            broken()
    for other in set(Purpose) - {purpose}:
        with pytest.raises(CodeRefused):
            code.used(other, NOW)


def test_the_lifetimes_are_the_promised_ones() -> None:
    assert LIFETIMES[Purpose.RESET_PASSWORD] == timedelta(minutes=30)
    assert LIFETIMES[Purpose.VERIFY_EMAIL] == LIFETIMES[Purpose.CHANGE_EMAIL] == timedelta(hours=24)


def test_the_text_of_a_code_is_in_no_part_of_what_is_kept() -> None:
    code, text = new_code(CodeId(UUID(int=3)), ME, Purpose.RESET_PASSWORD, "a@example.org", b"c" * 32, NOW)
    assert text not in repr(code)
    assert code.digest != b"c" * 32


@pytest.mark.parametrize("text", ["", "x", "é" * 43, "!" * 43, "A" * 44, "A" * 42, "x' OR id='2"])
def test_what_was_never_a_code_is_refused(text: str) -> None:
    with pytest.raises(CodeRefused):
        digest_of(text)


# guesses


def tried(*ago: timedelta) -> Guesses:
    return Guesses(id=subject_of_user(ME), tries=tuple(NOW - before for before in ago))


def test_ten_tries_fit_into_a_window_and_the_eleventh_waits_for_the_first_to_leave() -> None:
    guesses = Guesses(id=subject_of_user(ME))
    for second in range(PER_WINDOW):
        guesses = guesses.take(NOW + second * SECOND)
    with pytest.raises(TooManyGuesses) as refused:
        guesses.take(NOW + 10 * SECOND)
    assert refused.value.retry_after == WINDOW - 10 * SECOND
    assert len(guesses.take(NOW + WINDOW).tries) == PER_WINDOW + 1


def test_a_hundred_tries_fit_into_a_day() -> None:
    guesses = tried(*(timedelta(hours=23) - n * WINDOW / 2 for n in range(PER_DAY)))
    with pytest.raises(TooManyGuesses) as refused:
        guesses.take(NOW)
    assert refused.value.retry_after == timedelta(hours=1)
    assert len(guesses.take(NOW + timedelta(hours=1)).tries) == PER_DAY


def test_tries_of_the_day_before_are_forgotten() -> None:
    assert tried(DAY).take(NOW).tries == (NOW,)


def test_a_right_guess_takes_back_its_own_try_and_no_other() -> None:
    guesses = tried(2 * SECOND, SECOND, SECOND)
    assert guesses.forgive(NOW - SECOND).tries == (NOW - 2 * SECOND, NOW - SECOND)
    assert guesses.forgive(NOW) == guesses


def test_tries_at_an_earlier_password_do_not_count() -> None:
    assert tried(2 * SECOND, SECOND).since(NOW - SECOND).tries == (NOW - SECOND,)


def test_every_account_device_and_login_is_a_subject_of_its_own() -> None:
    phone = UUID(int=9)
    subjects = {
        subject_of_user(ME), subject_of_user(YOU), subject_of_user(ME, phone), subject_of_user(YOU, phone),
        subject_of_user(ME, UUID(int=10)), subject_of_login("a"), subject_of_login("b"), subject_of_login(""),
        subject_of_nobody(subject_of_login("a")), subject_of_nobody(subject_of_login("b")),
    }  # fmt: skip
    assert len(subjects) == 10
    assert subject_of_user(ME) == ME

"""The law of access tokens."""

import dataclasses
from datetime import timedelta
from uuid import UUID

from asperguide.identity.errors import AccessTokenRefused
from asperguide.identity.ports import AccessTokens, Claims
from asperguide.shared.actor import SessionId, UserId
from asperguide.testing.clock import START, MovableClock
from asperguide.testing.contracts.checking import raises

LEEWAY = timedelta(seconds=5)
CLAIMS = Claims(
    user=UserId(UUID(int=1)),
    session=SessionId(UUID(int=2)),
    issued_at=START,
    expires_at=START + timedelta(minutes=15),
    token_id="0195c0de-0000-7000-8000-000000000003",  # noqa: S106 - an identifier
)
GARBAGE = ("", ".", "..", "...", "x' OR id='2", "Bearer x", "null", "é.é.é", "\ud800.a.b", "\0", "a" * 4096, "." * 4096)
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k"}


def refused(tokens: AccessTokens, token: str) -> None:
    """The token is not one of ours."""
    with raises(AccessTokenRefused):
        tokens.read(token)


class AccessTokensContract:
    """Give it fixtures `clock` at its start, `tokens` that take the time from it, and `strangers` with another key."""

    def test_what_was_issued_is_read_again_and_again(self, tokens: AccessTokens) -> None:
        token = tokens.issue(CLAIMS)
        assert [tokens.read(token), tokens.read(token)] == [CLAIMS, CLAIMS]

    def test_an_impersonator_is_named(self, tokens: AccessTokens) -> None:
        claims = dataclasses.replace(CLAIMS, impersonator=UserId(UUID(int=9)))
        assert tokens.read(tokens.issue(claims)) == claims

    def test_every_token_is_read_as_itself(self, tokens: AccessTokens) -> None:
        many = [dataclasses.replace(CLAIMS, token_id=str(number)) for number in range(50)]
        issued = [tokens.issue(claims) for claims in many]
        assert [tokens.read(token) for token in issued] == many

    def test_a_token_is_good_until_its_expiry_and_never_5_seconds_longer(
        self, tokens: AccessTokens, clock: MovableClock
    ) -> None:
        warm, cold = tokens.issue(CLAIMS), tokens.issue(dataclasses.replace(CLAIMS, token_id="cold"))  # noqa: S106
        clock.set(CLAIMS.expires_at - timedelta(microseconds=1))
        assert tokens.read(warm) == CLAIMS
        clock.set(CLAIMS.expires_at + LEEWAY)
        for token in (warm, warm, cold):
            refused(tokens, token)

    def test_tokens_of_strangers_are_refused(self, tokens: AccessTokens, strangers: AccessTokens) -> None:
        token = tokens.issue(CLAIMS)
        refused(tokens, strangers.issue(CLAIMS))
        refused(strangers, token)
        assert tokens.read(token) == CLAIMS

    def test_garbage_is_refused(self, tokens: AccessTokens) -> None:
        token = tokens.issue(CLAIMS)
        for garbage in GARBAGE:
            for text in (garbage, token + (garbage or "x"), (garbage or "x") + token, token[: len(token) // 2]):
                refused(tokens, text)

    def test_any_changed_character_is_noticed(self, tokens: AccessTokens) -> None:
        token = tokens.issue(CLAIMS)
        for at in range(0, len(token) - 2, 7):
            refused(tokens, token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :])

    def test_published_keys_hold_nothing_private(self, tokens: AccessTokens) -> None:
        assert [key for key in tokens.public_keys() if PRIVATE & key.keys()] == []

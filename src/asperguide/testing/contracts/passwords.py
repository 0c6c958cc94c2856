"""The law of password hashers and of judges of passwords."""

from asperguide.identity.ports import PasswordHasher, PasswordStrength

PASSWORDS = (
    *("Correct horse 7", "пароль密码🔑", "a" * 128, "x9$Kv!2q"),
    *(" leading and trailing ", "a\0b", "\ud800lone", ""),
)

DAMAGED = [
    "",
    "$",
    "nonsense",
    "$argon2id$",
    "$argon2id$v=19$m=64,t=1,p=1$",
    "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA",
    "$argon2id$v=19$m=64,t=1,p=1$!!!!$????",
    "$argon2id$v=99$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdA",
    "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdA",
    "$argon2id$v=19$m=64,t=1,p=1$0:==",
    "$argon2id$v=19$m=32,t=1,p=1,data=AAAA$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdA",
    "$argon2id$v=19$m=32,t=1,p=1,keyid=A$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdA",
    "$argon2x$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdA",
    "$2b$12$short",
    "$pbkdf2-sha256$0$$",
    "memory$1",
    "é\ud800\0",
    "x" * 10_000,
]


class PasswordHasherContract:
    """Give it fixtures `hasher`, and `older`: one that it replaced, whose hashes it still understands."""

    async def test_only_the_password_itself_is_right(self, hasher: PasswordHasher) -> None:
        for password in PASSWORDS:
            hash = await hasher.hash(password)
            assert await hasher.verify(password, hash)
            for other in (password + "x", password + "\0", password[:-1] + "?", password.swapcase() + "!"):
                assert not await hasher.verify(other, hash)

    async def test_nothing_after_a_nul_or_after_72_bytes_is_dropped(self, hasher: PasswordHasher) -> None:
        for prefix in ("a\0", "é" * 100):
            hash = await hasher.hash(prefix + "b")
            assert not await hasher.verify(prefix + "c", hash)

    async def test_accents_agree_however_they_were_typed(self, hasher: PasswordHasher) -> None:
        hash = await hasher.hash("caf\u00e9-noir")
        assert await hasher.verify("cafe\u0301-noir", hash)
        assert not await hasher.verify("cafe-noir", hash)

    async def test_two_hashes_of_one_password_differ(self, hasher: PasswordHasher) -> None:
        first, second = await hasher.hash("same"), await hasher.hash("same")
        assert first != second
        assert "same" not in first

    async def test_nobodys_hash_is_never_right(self, hasher: PasswordHasher) -> None:
        for password in ("", "anything", "A" * 43):
            assert not await hasher.verify(password, None)

    async def test_a_password_is_found_among_former_ones(self, hasher: PasswordHasher, older: PasswordHasher) -> None:
        hashes = [await hasher.hash(word) for word in ("first", "second")] + [await older.hash("third")]
        assert await hasher.any_matches("second", hashes)
        assert await hasher.any_matches("third", ["nonsense", *hashes])
        assert not await hasher.any_matches("fourth", hashes)
        assert not await hasher.any_matches("first", [])

    async def test_a_hash_of_another_cost_still_verifies_and_is_outdated(
        self, hasher: PasswordHasher, older: PasswordHasher
    ) -> None:
        old, new = await older.hash("password"), await hasher.hash("password")
        assert await hasher.verify("password", old)
        assert hasher.is_outdated(old)
        assert not hasher.is_outdated(new)

    async def test_a_damaged_hash_is_wrong_and_outdated_but_no_error(self, hasher: PasswordHasher) -> None:
        ours = (await hasher.hash("password"))[:24]
        for hash in DAMAGED:
            assert not await hasher.verify("password", hash)
            assert not await hasher.any_matches("password", [hash])
            assert hash.startswith(ours) or hasher.is_outdated(hash)

    async def test_an_empty_hash_is_not_nobodys_by_accident(self, hasher: PasswordHasher) -> None:
        assert not await hasher.verify("", "")


class PasswordStrengthContract:
    """Give it a fixture `strength`."""

    async def test_famous_and_monotonous_passwords_are_weak(self, strength: PasswordStrength) -> None:
        for password in ("password", "Password1", "12345678", "qwertyuiop", "aaaaaaaa", "a" * 128, ""):
            assert await strength.weakness(password, []), password

    async def test_words_known_about_the_person_make_a_password_weak(self, strength: PasswordStrength) -> None:
        for password in ("zoe.martin", "Zoe.Martin99", "asperguide2026", "zoe.martin@example.org"):
            assert await strength.weakness(password, ["zoe.martin@example.org", "asperguide"]), password

    async def test_strong_passwords_of_8_to_128_characters_are_accepted(self, strength: PasswordStrength) -> None:
        long = "k3!Zp9vQ wLx7" * 9 + "h2#Rt8&mNc4"
        for password in ("x9$Kv!2q", "correct horse battery staple", long, "пишу стихи по ночам"):
            assert 8 <= len(password) <= 128
            assert await strength.weakness(password, ["zoe.martin@example.org", "asperguide", "", "a"]) is None

    async def test_the_reason_is_a_sentence_without_the_password(self, strength: PasswordStrength) -> None:
        reason = await strength.weakness("zoe.martin1", ["zoe.martin@example.org"])
        assert reason is not None
        assert reason.endswith(".")
        assert "zoe" not in reason.lower()

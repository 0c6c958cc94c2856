"""What zxcvbn is told and how it is kept in bounds."""

import asyncio
import random
import string
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asperguide.adapters.security.strength import OWN_WORDS, ZxcvbnStrength
from asperguide.identity.errors import PasswordQueueFull

ZOE = ["zoe.martin@example.org", "Zoé Martin", "zoe_m"]


@pytest.fixture
def strength() -> Iterator[ZxcvbnStrength]:
    """The judge at its default score."""
    judge = ZxcvbnStrength()
    yield judge
    judge.close()


@pytest.mark.parametrize(
    "password",
    ["Zoe-Martin-99", "MARTIN1985", "nitram.eoz", "asperguide2026", "AsperGuide!1", "Guide-Asper", "example.org1"],
)
async def test_little_more_than_own_words_is_weak(strength: ZxcvbnStrength, password: str) -> None:
    assert await strength.weakness(password, ZOE)


async def test_own_words_are_no_harm_in_a_long_enough_password(strength: ZxcvbnStrength) -> None:
    assert await strength.weakness("Zoe-Martin-99", ZOE) == OWN_WORDS
    assert await strength.weakness("zoe likes marzipan on tuesdays", ZOE) is None


@pytest.mark.parametrize("password", ["kvothlobberdunk", "knudrebbolhtovk", "KVOTHL0BBERDUNK", "kv0thl0bberdunk"])
async def test_an_own_word_is_weak_however_it_is_spelled(strength: ZxcvbnStrength, password: str) -> None:
    assert await strength.weakness(password, []) is None
    assert await strength.weakness(password, ["kvothlobberdunk"])


@pytest.mark.parametrize(
    "password", ["Abricot1", "abricot!", "!ABRICOT", "26-mars!", "Summer2026!", "P@$$w0rd!", "Qwerty123!"]
)
async def test_a_word_with_decoration_is_weak(strength: ZxcvbnStrength, password: str) -> None:
    assert await strength.weakness(password, [])


async def test_most_random_passwords_of_8_characters_are_accepted(strength: ZxcvbnStrength) -> None:
    draw = random.Random(7)
    passwords = [
        "".join(draw.choices(string.ascii_letters + string.digits + string.punctuation, k=8)) for _ in range(200)
    ]
    async with asyncio.timeout(60):
        accepted = [await strength.weakness(password, ZOE) is None for password in passwords]
    assert sum(accepted) > 160


async def test_a_lower_score_can_be_asked_for() -> None:
    judge = ZxcvbnStrength(min_score=2)
    assert await judge.weakness("Abricot!", []) is None
    judge.close()


async def test_hostile_passwords_are_judged_in_bounded_time(strength: ZxcvbnStrength) -> None:
    hostile = "4@8({[<369 1!|0$5+7%2abcegilostxz" * 4
    await strength.weakness("warm up", [])
    started = time.process_time()
    await strength.weakness(hostile[:128], ["x" * 100_000] * 1000)
    assert time.process_time() - started < 1


async def test_one_callers_words_do_not_count_for_another(strength: ZxcvbnStrength) -> None:
    other = ZxcvbnStrength()
    name = "Wolkenkratzer.Xylo"
    verdicts = await asyncio.gather(
        *(judge.weakness(name, words) for _ in range(10) for judge, words in ((strength, [name]), (other, [])))
    )
    other.close()
    assert [verdict is None for verdict in verdicts] == [False, True] * 10


async def test_too_many_callers_are_told_to_come_back(strength: ZxcvbnStrength) -> None:
    opened = threading.Event()
    blocker = asyncio.create_task(strength._pool.run(opened.wait, 20))
    callers = [asyncio.create_task(strength.weakness("x9$Kv!2q", [])) for _ in range(25)]
    await asyncio.sleep(0)
    opened.set()
    verdicts = await asyncio.gather(*callers, return_exceptions=True)
    await blocker
    assert sum(isinstance(verdict, PasswordQueueFull) for verdict in verdicts) == 5
    assert verdicts.count(None) == 20


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(password=st.text(max_size=140), words=st.lists(st.text(max_size=30), max_size=5))
async def test_no_text_breaks_the_judge(strength: ZxcvbnStrength, password: str, words: list[str]) -> None:
    verdict = await strength.weakness(password, words)
    assert verdict is None or verdict.endswith(".")


def test_the_word_lists_are_not_loaded_before_the_first_password() -> None:
    script = (
        "import sys; from asperguide.adapters.security.strength import ZxcvbnStrength;"
        "ZxcvbnStrength(); sys.exit('zxcvbn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0

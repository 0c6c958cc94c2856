"""The law of search."""

from dataclasses import replace

from asperguide.identity.model import UserState, decoy_of
from asperguide.testing.contracts.people import HOUR, NOW, active, person
from asperguide.testing.contracts.persistence import Persistence


async def found(persistence: Persistence, text: str, limit: int = 20) -> list[str]:
    return [person.username for person in await persistence.reads.search(text, limit)]


class SearchContract:
    """Search: order, every character for itself, who is found."""

    async def test_search_ranks_exact_then_prefix_then_contains_each_by_username(
        self, persistence: Persistence
    ) -> None:
        await persistence.keep(
            active("zoe.ann"),
            active("ann"),
            active("annika"),
            active("Anna"),
            active("joanne"),
            active("bob", "Ann"),
            active("abe", "Ann Bell"),
            active("cy.cy", "Mary-Ann"),
            active("dora", "Dora"),
        )
        assert await found(persistence, "ann") == ["ann", "bob", "abe", "Anna", "annika", "cy.cy", "joanne", "zoe.ann"]
        assert await found(persistence, "ANN", limit=3) == ["ann", "bob", "abe"]
        assert await found(persistence, "ann", limit=6) == ["ann", "bob", "abe", "Anna", "annika", "cy.cy"]
        assert await found(persistence, "annx") == []

    async def test_search_shows_username_and_full_name_as_they_were_written(self, persistence: Persistence) -> None:
        user = active("O.Neil", "Siobhán O'Neil 🦊")
        await persistence.keep(user)
        (one,) = await persistence.reads.search("o.neil", 5)
        assert (one.id, one.username, one.full_name) == (user.id, "O.Neil", "Siobhán O'Neil 🦊")

    async def test_search_takes_every_character_for_itself(self, persistence: Persistence) -> None:
        names = ["100% sure", "100 sure", "a_b", "axb", "back\\slash", "backslash", "O'Neil", "[a-z]", "x--y"]
        people = [active(f"person{number}", name) for number, name in enumerate(names)]
        await persistence.keep(*people)
        for text, expected in {
            "0%": [0], "%": [0], "__": [], "a_b": [2], "k\\s": [4], "\\": [4], "'N": [6], "o'neil": [6], "[a": [7],
            "--": [8],
        }.items():  # fmt: skip
            assert await found(persistence, text) == [f"person{number}" for number in expected], text

    async def test_search_ignores_case_in_every_script_and_keeps_accents_apart(self, persistence: Persistence) -> None:
        await persistence.keep(
            active("one", "Ökonom Straße"), active("two", "ΣΟΦΟΣ"), active("three", "Čeněk"), active("four", "Cenek")
        )
        assert await found(persistence, "ÖKONOM STRASSE") == ["one"]
        assert await found(persistence, "o\u0308konom") == ["one"]
        assert await found(persistence, "σοφος") == ["two"]
        assert await found(persistence, "čENĚK") == ["three"]
        assert await found(persistence, "cenek") == ["four"]

    async def test_search_finds_active_people_only(self, persistence: Persistence) -> None:
        base = active("somebody")
        await persistence.keep(
            base,
            person("somebody2"),
            active("somebody3").suspended(NOW),
            active("somebody4").closing(NOW, HOUR),
            decoy_of(person("somebody5")),
            replace(decoy_of(person("somebody6")), state=UserState.ACTIVE),
            active("somebody7").erased(NOW),
        )
        assert await found(persistence, "somebody") == ["somebody"]
        assert await found(persistence, "omebod") == ["somebody"]

    async def test_search_finds_names_of_full_length(self, persistence: Persistence) -> None:
        await persistence.keep(active("long", "ǰ" * 255), active("longer", "\U0001d160" * 254 + "x"))
        assert await found(persistence, "ǰ" * 100) == ["long"]
        assert await found(persistence, "\U0001d160" * 20) == ["longer"]

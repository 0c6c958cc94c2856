"""The law of what makes and keeps pictures of people."""

from uuid import UUID

from asperguide.identity.errors import PictureRefused
from asperguide.identity.ports import Portraits
from asperguide.identity.views import PORTRAIT_SIZES
from asperguide.shared.actor import UserId
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.images import gif, png

ZOE, LEO = UserId(UUID(int=1)), UserId(UUID(int=2))
FIRST, SECOND = "a" * 32, "b" * 32


class PortraitsContract:
    """Give it a fixture `portraits`."""

    async def test_a_picture_is_made_in_each_size(self, portraits: Portraits) -> None:
        for content in (png(300, 200), png(200, 300, orientation=6), gif(9, 9, 5), png(1, 1)):
            made = await portraits.make(content)
            assert sorted(made) == sorted(PORTRAIT_SIZES)
            for picture in made.values():
                assert (picture[:4], picture[8:12]) == (b"RIFF", b"WEBP")

    async def test_nothing_that_was_beside_the_picture_is_kept(self, portraits: Portraits) -> None:
        for picture in (await portraits.make(png(300, 200, text=b"47.3769 N"))).values():
            assert b"47.3769" not in picture

    async def test_what_is_no_picture_is_refused_with_a_reason(self, portraits: Portraits) -> None:
        for content in (b"", b"hello", png(300, 200)[:60], png(30_000, 30_000), b"<svg/>"):
            with raises(PictureRefused) as refused:
                await portraits.make(content)
            assert str(refused.value).endswith(".")

    async def test_what_is_kept_is_found_by_all_of_its_name(self, portraits: Portraits) -> None:
        await portraits.keep(ZOE, FIRST, {64: b"small", 256: b"large"})
        assert await portraits.find(ZOE, FIRST, 64) == b"small"
        assert await portraits.find(ZOE, FIRST, 256) == b"large"
        for user, name, size in ((ZOE, FIRST, 128), (ZOE, SECOND, 64), (LEO, FIRST, 64)):
            assert await portraits.find(user, name, size) is None

    async def test_what_is_forgotten_is_gone_and_nothing_else_is(self, portraits: Portraits) -> None:
        for user, name in ((ZOE, FIRST), (ZOE, SECOND), (LEO, FIRST)):
            await portraits.keep(user, name, {64: b"small", 256: b"large"})
        for _ in range(2):
            await portraits.forget(ZOE, FIRST)
        for size in PORTRAIT_SIZES:
            assert await portraits.find(ZOE, FIRST, size) is None
            assert await portraits.find(ZOE, SECOND, size)
            assert await portraits.find(LEO, FIRST, size)

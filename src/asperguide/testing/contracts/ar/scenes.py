"""The law of scenes: round trip, versions, whose they are, and that their pictures are named."""

from dataclasses import replace

from asperguide.ar.model import Content, PublicId
from asperguide.ar.repositories import ArUnitOfWork
from asperguide.ar.scenes import ImagePlane, LinkSpot, Placement, Scene, TextPlane, VideoPlane
from asperguide.shared.errors import EditedMeanwhile
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.people import HOUR, NOW
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.printing import company, content, file, full, project


def scene(of: Content, *placements: Placement) -> Scene:
    """A scene over that content."""
    return Scene(content=of.id, company=of.company, placements=placements, updated_at=NOW)


def everything(of: Content) -> tuple[Placement, ...]:
    """One of each kind, and a picture twice."""
    picture = file()
    return (
        VideoPlane(video=of.videos[0].id if of.videos else None, position=(1.5, -2.25, 0.125)),
        ImagePlane(file=picture, alt="张 O'Neil", rotation=(0.0, 0.0, 1.0, 0.0)),
        ImagePlane(file=picture, scale=(0.001, 100.0, 1.0)),
        LinkSpot(url="https://example.org/?a=1&b=%22", label="'; DROP TABLE"),
        TextPlane(text="\U0001f475 %_ " * 300, color="#0a0b0c"),
    )


class ScenesContract:
    """Scenes of contents."""

    async def kept_scene(self, persistence: Persistence, of: Content, *placements: Placement) -> Scene:
        """A content with this scene."""
        await persistence.keep_contents(of)
        made = scene(of, *placements)

        async def add(uow: ArUnitOfWork) -> None:
            await uow.scenes.add(made)

        await persistence.change_ar(add)
        return made

    async def saved_scene(self, persistence: Persistence, changed: Scene) -> Scene:
        """The scene as it is after that change."""

        async def save(uow: ArUnitOfWork) -> Scene:
            return await uow.scenes.save(changed)

        return await persistence.change_ar(save)

    async def test_a_scene_comes_back_as_it_went_in(self, persistence: Persistence) -> None:
        one = full(company(), project())
        made = await self.kept_scene(persistence, one, *everything(one))
        assert await persistence.ar_reads.scene(one.company, one.id) == made
        async with persistence.begin_ar() as uow:
            assert await uow.scenes.get(one.company, one.id) == made

    async def test_the_public_is_shown_a_content_with_its_scene(self, persistence: Persistence) -> None:
        one, bare = full(company(), project()), content(company(), project())
        made = await self.kept_scene(persistence, one, *everything(one))
        await persistence.keep_contents(bare)
        reads = persistence.ar_reads
        assert await reads.shown(one.public_id) == (await reads.public(one.public_id), made)
        assert await reads.shown(bare.public_id) == (await reads.public(bare.public_id), None)
        await self.saved_scene(persistence, gone := made.with_placements(None, NOW + HOUR))
        assert await reads.shown(one.public_id) == (one, replace(gone, version=2))
        assert await reads.shown(PublicId("A" * 22)) is None

    async def test_a_scene_that_is_not_there_or_is_foreign_is_none(self, persistence: Persistence) -> None:
        one, bare = full(company(), project()), content(company(), project())
        await self.kept_scene(persistence, one, *everything(one))
        await persistence.keep_contents(bare)
        assert await persistence.ar_reads.scene(company(), one.id) is None
        assert await persistence.ar_reads.scene(bare.company, bare.id) is None
        async with persistence.begin_ar() as uow:
            assert await uow.scenes.get(bare.company, one.id) is None

    async def test_the_version_of_a_scene_goes_on_after_it_was_taken_away(self, persistence: Persistence) -> None:
        one = full(company(), project())
        made = await self.kept_scene(persistence, one, *everything(one))
        gone = await self.saved_scene(persistence, made.with_placements(None, NOW + HOUR))
        again = await self.saved_scene(persistence, gone.with_placements((), NOW + 2 * HOUR))
        assert (made.version, gone.version, again.version) == (1, 2, 3)
        assert await persistence.ar_reads.scene(one.company, one.id) == again
        assert again == replace(made, placements=(), updated_at=NOW + 2 * HOUR, version=3)

    async def test_a_stale_scene_is_refused(self, persistence: Persistence) -> None:
        one = full(company(), project())
        made = await self.kept_scene(persistence, one)
        await self.saved_scene(persistence, made.with_placements((), NOW + HOUR))
        with raises(EditedMeanwhile):
            await self.saved_scene(persistence, made.with_placements(everything(one), NOW))
        assert await self.named_in_scenes(persistence, one, *everything(one)) == set()

    async def test_pictures_are_named_as_long_as_they_are_in_a_scene(self, persistence: Persistence) -> None:
        one = full(company(), project())
        placements = everything(one)
        made = await self.kept_scene(persistence, one, *placements)
        assert await self.named_in_scenes(persistence, one, *placements) == set(made.files)
        assert await self.named_in_scenes(persistence, content(company(), project()), *placements) == set()
        emptied = await self.saved_scene(persistence, made.with_placements((), NOW))
        assert await self.named_in_scenes(persistence, one, *placements) == set()
        await self.saved_scene(persistence, emptied.with_placements(placements, NOW))
        assert await self.named_in_scenes(persistence, one, *placements) == set(made.files)

    async def test_a_scene_goes_with_its_content(self, persistence: Persistence) -> None:
        one = full(company(), project())
        placements = everything(one)
        await self.kept_scene(persistence, one, *placements)

        async def remove(uow: ArUnitOfWork) -> None:
            await uow.contents.remove(one)

        await persistence.change_ar(remove)
        assert await persistence.ar_reads.scene(one.company, one.id) is None
        assert await self.named_in_scenes(persistence, one, *placements) == set()

    async def named_in_scenes(self, persistence: Persistence, by: Content, *placements: Placement) -> set[object]:
        """Which pictures of these placements anything of that company names."""
        async with persistence.begin_ar() as uow:
            return set(await uow.contents.named(by.company, scene(by, *placements).files))

"""The scene of a content: looking at it, putting one there, taking it away. It has a version of its own."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import msgspec

from asperguide.ar.desk import OpenContent
from asperguide.ar.errors import InvalidContent
from asperguide.ar.events import ContentChanged, FilesLeft
from asperguide.ar.model import Content, ContentId
from asperguide.ar.ports import ArReads, MediaFile, MediaFiles, MediaState
from asperguide.ar.reaching import open_content
from asperguide.ar.repositories import ArUnitOfWork
from asperguide.ar.rights import Right
from asperguide.ar.scene_errors import InvalidScene, SceneNotFound
from asperguide.ar.scenes import ImagePlane, NewScene, Placement, Scene, flaws_of, tidy
from asperguide.ar.taking import IMAGE, WORDS, pointing
from asperguide.ar.terms import wrong
from asperguide.ar.videos import FileId
from asperguide.shared.actor import Actor
from asperguide.shared.commands import checked
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import CompanyFacts


class SceneView(msgspec.Struct, frozen=True, kw_only=True):
    """The scene of a content. `version` is the scene's, not the content's."""

    content: ContentId
    placements: tuple[Placement, ...]
    updated_at: datetime
    version: int


class GetScene(msgspec.Struct, frozen=True, kw_only=True):
    """What stands over a print beside its video. Raises SceneNotFound where nothing was put."""

    open: OpenContent
    reads: ArReads

    async def __call__(self, actor: Actor, id: ContentId) -> SceneView:
        company = await self.open(actor, id, Right.SEE)
        return _shown(await self.reads.scene(company.id, id))


class PutScene(msgspec.Struct, frozen=True, kw_only=True):
    """Say what stands over a print, in the place of what stood there.

    Axes are those of glTF and WebXR: x to the right, y up, z out of the print, from its centre, in widths of the print;
    rotations are quaternions x, y, z, w. Pictures are finished uploads of mine, which become the company's, or files
    that are the company's already. With `version`, only if the scene is still that one.
    """

    begin: Callable[[], ArUnitOfWork]
    open: OpenContent
    files: MediaFiles
    clock: Clock

    async def __call__(self, actor: Actor, id: ContentId, new: NewScene, version: int | None = None) -> SceneView:
        new = checked(new, InvalidScene)
        company = await self.open(actor, id, Right.EDIT)
        content = await self.open.content(company.id, id)
        content.must_be_open()
        _check(new, content)
        await self._take(actor, company, new)
        change = partial(self._put, company, id, new, version)
        return await (until_unhindered(change) if version is None else change())

    async def _take(self, actor: Actor, company: CompanyFacts, new: NewScene) -> None:
        """The pictures are the company's from now on. Raises what `MediaFiles.take` does."""
        places = {FileId(one.file): n for n, one in enumerate(new.placements) if isinstance(one, ImagePlane)}
        if places:
            with pointing(*(f"#/placements/{n}/file" for n in places.values())):
                await self.files.take(actor, company, tuple(places), _look_at_pictures)

    async def _put(self, company: CompanyFacts, id: ContentId, new: NewScene, version: int | None) -> SceneView:
        now = self.clock.now()
        async with self.begin() as uow:
            content = await open_content(uow, company.id, id)
            _check(new, content)
            before = _expected(await uow.scenes.get(company.id, id), version)
            scene = Scene(content=id, company=company.id, placements=tidy(new.placements), updated_at=now)
            if before is None:
                await uow.scenes.add(scene)
            elif before.placements == scene.placements:
                return _shown(before)
            else:
                scene = await uow.scenes.save(before.with_placements(scene.placements, now))
            await _tell(uow, content, before, scene, now)
            await uow.commit(view := _shown(scene))
        return view


class RemoveScene(msgspec.Struct, frozen=True, kw_only=True):
    """Leave nothing over a print but its video. With `version`, only if the scene is still that one."""

    begin: Callable[[], ArUnitOfWork]
    open: OpenContent
    clock: Clock

    async def __call__(self, actor: Actor, id: ContentId, version: int | None = None) -> None:
        company = await self.open(actor, id, Right.EDIT)
        change = partial(self._remove, company, id, version)
        await (until_unhindered(change) if version is None else change())

    async def _remove(self, company: CompanyFacts, id: ContentId, version: int | None) -> None:
        now = self.clock.now()
        async with self.begin() as uow:
            content = await open_content(uow, company.id, id)
            before = await uow.scenes.get(company.id, id)
            if before is None or before.placements is None:
                raise SceneNotFound
            gone = await uow.scenes.save(_demanded(before, version).with_placements(None, now))
            await _tell(uow, content, before, gone, now)
            await uow.commit()


async def _tell(uow: ArUnitOfWork, content: Content, before: Scene | None, after: Scene, now: datetime) -> None:
    """The content is another one for whoever is shown it; pictures that are shown no longer are told of."""
    saved = await uow.contents.save(replace(content, updated_at=now))
    uow.announce(ContentChanged(content=saved.id, public_id=saved.public_id, company=saved.company))
    if left := tuple(file for file in (before.files if before else ()) if file not in after.files):
        uow.announce(FilesLeft(company=saved.company, files=left, since=now))


def _look_at_pictures(files: Sequence[MediaFile]) -> None:
    """Raises InvalidContent for what is no picture, pointing at places."""
    for place, file in enumerate(files):
        if file.state is MediaState.REFUSED or not file.media_type.startswith("image/"):
            raise InvalidContent(fields=(wrong(f"#/{place}", WORDS[IMAGE]),))


def _check(new: NewScene, content: Content) -> None:
    if flaws := tuple(flaws_of(new.placements, content)):
        raise InvalidScene(fields=flaws)


def _expected(scene: Scene | None, version: int | None) -> Scene | None:
    """The scene, if it is the one that was meant. Raises EditedMeanwhile, also when a version of none was given."""
    if version is None:
        return scene
    if scene is None or scene.placements is None:
        raise EditedMeanwhile
    return _demanded(scene, version)


def _demanded(scene: Scene, version: int | None) -> Scene:
    if version not in (None, scene.version):
        raise EditedMeanwhile
    return scene


def _shown(scene: Scene | None) -> SceneView:
    if scene is None or scene.placements is None:
        raise SceneNotFound
    return SceneView(
        content=scene.content, placements=scene.placements, updated_at=scene.updated_at, version=scene.version
    )

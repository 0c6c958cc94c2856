"""What use cases of prints are called with when each of their calls fails in turn."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

from asperguide.ar.changing import ContentChange, Photo
from asperguide.ar.coding import CodeFormat
from asperguide.ar.content_views import ContentView
from asperguide.ar.creating import AboutContent, NewContent, SentFile
from asperguide.ar.errors import ContentInWrongState
from asperguide.ar.events import ContentChanged, FilesLeft, MarkerWanted
from asperguide.ar.filling_in import For
from asperguide.ar.lasting import Duration
from asperguide.ar.model import Content, ContentState, Customer
from asperguide.ar.rights import Right
from asperguide.companies import NewClient, NewCompany
from asperguide.companies.events import ClientErased
from asperguide.media import FileId, Room, SmallUpload
from asperguide.media.events import VideoSettled
from asperguide.media.model import OwnerId
from asperguide.projects import NewProject
from asperguide.shared.tenancy import CompanyFacts, CompanyId, ProjectId
from tests.faults.media_cases import CLIP, JOB, Case, Pieces
from tests.media import png

Given = Callable[[Any], Awaitable[tuple[Any, ...]]]


class Sent:
    """The files of a form that can be read as often as it is sent."""

    async def __aiter__(self) -> AsyncIterator[SentFile]:
        yield SentFile(name="p.png", media_type="image/png", video=False, chunks=Pieces(png(640, 480)))


async def project_of(cast: Any) -> ProjectId:
    """A project in a company of Siobhán's."""
    c, me = cast.world.container, cast.siobhan.actor
    company = await c.create_company()(me, NewCompany(name="Atelier"))
    return ProjectId((await c.create_project()(me, CompanyId(company.id), NewProject(name="Mariage"))).id)


async def photo_of(cast: Any, width: int = 640) -> FileId:
    """A photo that she has sent."""
    new = SmallUpload(name="p.png", media_type="image/png")
    upload = cast.world.container.upload_small()
    return FileId((await upload(cast.siobhan.actor, new, Pieces(png(width, 480)))).id)


async def made(cast: Any, *, settled: bool = True) -> ContentView:
    """A print of hers with a film; what jobs do to it is done, or waits."""
    c, me = cast.world.container, cast.siobhan.actor
    film = await c.upload_small()(me, SmallUpload(name="v.mp4", media_type="video/mp4"), Pieces(CLIP))
    new = NewContent(photo=await photo_of(cast), videos=(film.id,), title="Hochzeit")
    view: ContentView = await c.create_content()(me, await project_of(cast), new)
    if settled:
        await cast.world.settle()
    return view


async def facts_of(cast: Any, company: CompanyId) -> CompanyFacts:
    """What others know of it."""
    facts: CompanyFacts = (await cast.world.container.company_standings().known((company,)))[company]
    return facts


async def row_of(cast: Any, view: ContentView) -> Content:
    """The content itself."""
    content = await cast.world.container.ar_reads().content(view.company, view.id)
    assert content is not None
    return content  # type: ignore[no-any-return]


def of_content(*more: Any, settled: bool = True, **options: Any) -> Case:
    """A call by her about a print, and with more."""

    async def given(cast: Any) -> tuple[Any, ...]:
        return cast.siobhan.actor, (await made(cast, settled=settled)).id, *more

    return given, options


async def _creating(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, await project_of(cast), NewContent(photo=await photo_of(cast))


async def _sending(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, await project_of(cast), AboutContent(), Sent()


async def _listing(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, (await made(cast)).project


async def _keeping(cast: Any) -> tuple[Any, ...]:
    view = await made(cast)
    project = (await cast.world.container.project_standings().known((view.project,)))[view.project]
    files = await cast.world.container.media_files().known(view.company, [view.marker.photo])
    about = AboutContent(title="another")
    return cast.siobhan.actor, project, about, Customer(), view.ends_at, list(files.values())


async def _comparing(cast: Any) -> tuple[Any, ...]:
    view = await made(cast)
    return view.company, view.marker.photo, (), Sent()


async def _replacing(cast: Any) -> tuple[Any, ...]:
    view = await made(cast)
    return cast.siobhan.actor, view.id, Photo(photo=await photo_of(cast, 700))


async def _copying(cast: Any) -> tuple[Any, ...]:
    view = await made(cast)
    return cast.siobhan.actor.user, await facts_of(cast, view.company), view.id, None


async def _copying_all(cast: Any) -> tuple[Any, ...]:
    view, me = await made(cast), cast.siobhan.actor
    target = await cast.world.container.create_project()(me, view.company, NewProject(name="Copy"))
    return me.user, view.company, view.project, ProjectId(target.id)


async def _removing(cast: Any) -> tuple[Any, ...]:
    view = await made(cast)
    return view.company, view.project, 5


async def _looking(cast: Any) -> tuple[Any, ...]:
    view = await made(cast, settled=False)
    known = await cast.world.container.media_files().known(view.company, [view.marker.photo])
    return await row_of(cast, view), known[view.marker.photo]


async def _refreshing(cast: Any) -> tuple[Any, ...]:
    view = await made(cast, settled=False)
    return view.company, view.id


async def _following(cast: Any) -> tuple[Any, ...]:
    view = await made(cast, settled=False)
    return ContentChanged(content=view.id, public_id=view.public_id, company=view.company), JOB


async def _following_a_file(cast: Any) -> tuple[Any, ...]:
    return VideoSettled(file=FileId((await made(cast)).videos[0].file)), JOB


async def _looking_again(cast: Any) -> tuple[Any, ...]:
    view = await made(cast)
    return MarkerWanted(company=view.company, content=view.id, photo=view.marker.photo), JOB


async def _left(cast: Any) -> tuple[Any, ...]:
    view = await made(cast)
    files = cast.world.container.media_files()
    (photo,) = await files.take(cast.siobhan.actor, await facts_of(cast, view.company), [await photo_of(cast, 700)])
    cast.later(minutes=5)
    return FilesLeft(company=view.company, files=(photo.id,), since=cast.world.clock.now()), JOB


async def _sweeping(cast: Any) -> tuple[Any, ...]:
    await _left(cast)
    cast.later(days=2)
    return (JOB,)


async def _forgetting(cast: Any) -> tuple[Any, ...]:
    view = await made(cast)
    async with cast.world.container.ar_unit_of_work() as uow:
        await uow.turns.take(view.id, "a session", cast.world.clock.now())
        await uow.commit()
    cast.later(days=31)
    return (JOB,)


async def _handing_over(cast: Any) -> tuple[Any, ...]:
    room = Room(owner=OwnerId(JOB), most_bytes=10**9)
    return cast.siobhan.actor, [await photo_of(cast), await photo_of(cast, 700)], room, ("image",)


async def _dropping(cast: Any) -> tuple[Any, ...]:
    return OwnerId(cast.siobhan.actor.user), [await photo_of(cast)]


async def _of_a_film(cast: Any) -> tuple[Any, ...]:
    view = await made(cast)
    return OwnerId(view.company), FileId(view.videos[0].file), cast.siobhan.actor.user


async def _showing_a_moment(cast: Any) -> tuple[Any, ...]:
    owner, film, by = await _of_a_film(cast)
    return owner, film, 1.5, by, "/there"


async def _changing(cast: Any) -> tuple[Any, ...]:
    view = await made(cast)
    change = ContentChange(title="new", duration=Duration(days=2))
    return cast.siobhan.actor, view.id, change


async def _over(cast: Any) -> tuple[Any, ...]:
    view = await made(cast)
    await cast.world.container.update_content()(
        cast.siobhan.actor, view.id, ContentChange(ends_at=cast.world.clock.now() + timedelta(minutes=1))
    )
    cast.later(minutes=1)
    return cast.siobhan.actor, view.id


async def _published(cast: Any) -> tuple[Any, ...]:
    view = await made(cast)
    await cast.world.container.publish_content()(cast.siobhan.actor, view.id)
    return cast.siobhan.actor, view.id


async def _forgetting_a_client(cast: Any) -> tuple[Any, ...]:
    c, me, view = cast.world.container, cast.siobhan.actor, await made(cast)
    client = await c.add_client()(me, view.company, NewClient(name="Ann"))
    await c.update_content()(me, view.id, ContentChange(customer=For(client=client.id)))
    return ClientErased(company=view.company, client=client.id), JOB


CONTENTS: dict[str, list[Case]] = {
    "create_content": [(_creating, {"keyed": True})],
    "create_content_with_files": [(_sending, {"keyed": True})],
    "keep_content": [(_keeping, {"keyed": True})],
    "compare_files": [(_comparing, {})],
    "get_content": [of_content()],
    "list_contents": [(_listing, {})],
    "update_content": [(_changing, {})],
    "replace_photo": [(_replacing, {})],
    "move_content": [of_content(Right.ARCHIVE, ContentState.ARCHIVED)],
    "publish_content": [of_content(), (_over, {"refused": ContentInWrongState})],
    "unpublish_content": [(_published, {})],
    "archive_content": [of_content()],
    "regenerate_media": [of_content()],
    "duplicate_content": [of_content(keyed=True)],
    "copy_content": [(_copying, {"keyed": True})],
    "copy_prints": [(_copying_all, {})],
    "delete_content": [of_content(once=True)],
    "remove_some_contents": [(_removing, {})],
    "show_code": [of_content(CodeFormat.SVG)],
    "look_at_marker": [(_looking, {})],
    "refresh_content": [(_refreshing, {})],
    "follow_content": [(_following, {})],
    "follow_file": [(_following_a_file, {})],
    "look_again": [(_looking_again, {})],
    "drop_left_files": [(_left, {})],
    "sweep_files": [(_sweeping, {})],
    "forget_sessions": [(_forgetting, {})],
    "forget_client": [(_forgetting_a_client, {})],
    "hand_over": [(_handing_over, {})],
    "drop_files": [(_dropping, {})],
    "process_again": [(_of_a_film, {})],
    "choose_moment": [(_showing_a_moment, {})],
}

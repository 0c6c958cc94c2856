"""Prints: made of files, looked at, published, changed, copied and deleted; no business of strangers."""

from uuid import UUID

import pytest

from asperguide.adapters.memory.video_tools import toy_clip
from asperguide.ar.changing import ContentChange
from asperguide.ar.creating import NewContent
from asperguide.ar.errors import ContentInWrongState, ContentNotFound, ContentNotReady, InvalidContent, NoSuchProject
from asperguide.companies import NewCompany
from asperguide.media import SmallUpload
from asperguide.projects import NewProject
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import CompanyId
from tests.acceptance.driver import Driver
from tests.acceptance.in_process import InProcess
from tests.acceptance.over_http import OverHttp
from tests.acceptance.prints import Prints, PrintsInProcess, PrintsOverHttp
from tests.media import in_chunks, png

PHOTO = png(640, 480)


@pytest.fixture
def prints(driver: Driver) -> Prints:
    """The way into the world of the driver."""
    if isinstance(driver, OverHttp):
        return PrintsOverHttp(driver)
    assert isinstance(driver, InProcess)
    return PrintsInProcess(driver)


@pytest.fixture
async def token(driver: Driver) -> str:
    return (await driver.member("siobhan")).access_token


@pytest.fixture
async def project(driver: Driver, token: str) -> UUID:
    use = driver.world.container
    actor = await use.authenticate()(token)
    company = await use.create_company()(actor, NewCompany(name="O'Neil & Söhne"))
    return (await use.create_project()(actor, CompanyId(company.id), NewProject(name="Mariage"))).id


async def test_a_print_goes_from_its_files_to_the_public_and_to_its_end(
    driver: Driver, prints: Prints, token: str, project: UUID
) -> None:
    made = await prints.send(token, project, "Hochzeit 张伟", PHOTO, toy_clip())
    assert made.number.endswith("-000001")
    with pytest.raises(ContentNotReady):
        await prints.step(token, made.id, "publish")
    await driver.world.settle()
    assert (await prints.see(token, made.id)).missing == ()
    published = await prints.step(token, made.id, "publish")
    changed = await prints.change(token, made.id, ContentChange(title="Hochzeit O'Neil"), published.version)
    with pytest.raises(EditedMeanwhile):
        await prints.change(token, made.id, ContentChange(title="late"), published.version)
    assert (changed.state, changed.title) == ("published", "Hochzeit O'Neil")
    copy = await prints.step(token, made.id, "duplicate")
    assert (copy.source, copy.number[-6:], copy.state) == (made.id, "000002", "ready")
    assert [one.id for one in await prints.all(token, project, "HOCH")] == [made.id, copy.id]
    assert (await prints.step(token, made.id, "unpublish")).state == "unpublished"
    await prints.step(token, made.id, "archive")
    with pytest.raises(ContentInWrongState):
        await prints.change(token, made.id, ContentChange(title="x"))
    await prints.delete(token, made.id)
    with pytest.raises(ContentNotFound):
        await prints.see(token, made.id)
    await driver.world.advance(minutes=5)
    token = (await driver.sign_in("siobhan")).access_token
    assert (await prints.see(token, copy.id)).missing == ()


async def test_a_print_is_made_of_uploads_of_ones_own(
    driver: Driver, prints: Prints, token: str, project: UUID
) -> None:
    use, other = driver.world.container, (await driver.member("malik")).access_token
    new = SmallUpload(name="p.png", media_type="image/png")
    mine, theirs = [
        (await use.upload_small()(await use.authenticate()(one), new, in_chunks(PHOTO))).id for one in (token, other)
    ]
    made = await prints.make(token, project, NewContent(photo=mine, title="a"))
    assert (made.marker.photo, made.title) == (mine, "a")
    with pytest.raises(InvalidContent):
        await prints.make(token, project, NewContent(photo=theirs))


async def test_strangers_find_nothing(driver: Driver, prints: Prints, token: str, project: UUID) -> None:
    made = await prints.send(token, project, "a", PHOTO)
    stranger = (await driver.member("malik")).access_token
    with pytest.raises(NoSuchProject):
        await prints.send(stranger, project, "b", PHOTO)
    with pytest.raises(NoSuchProject):
        await prints.all(stranger, project, "a")
    for call in (
        prints.see(stranger, made.id), prints.change(stranger, made.id, ContentChange(title="b")),
        prints.step(stranger, made.id, "publish"), prints.delete(stranger, made.id),
    ):  # fmt: skip
        with pytest.raises(ContentNotFound):
            await call
    assert (await prints.see(token, made.id)).title == "a"

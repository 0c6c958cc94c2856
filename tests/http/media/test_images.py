"""Files as images over HTTP: sizes, formats, caches, who may see them."""

import pytest

from asperguide.adapters.pillow.images import PillowImages
from asperguide.testing.contracts.images import png as picture
from tests.http.identity.api import ABSENT, Api, pointers, problem
from tests.http.media.samples import kept, put, sha256


async def test_an_image_comes_in_the_size_and_format_that_was_asked_for(api: Api, token: str) -> None:
    file = await kept(api, token, picture(300, 200))
    for format in ("webp", "jpeg", "png", "avif"):
        answer = await api("GET", f"/files/{file['id']}/image", token, params={"w": "120", "format": format})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == f"image/{format}"
        assert answer.headers["content-disposition"].startswith(f'inline; filename="Tour.{format}"')
        found = await api.world.container.images().inspect(answer.content)
        assert (found.media_type, found.width, found.height) == (f"image/{format}", 128, 85)


async def test_caches_may_keep_it_and_ask_by_its_etag(api: Api, token: str) -> None:
    file = await kept(api, token, picture(300, 200), visibility="public")
    where = f"/files/{file['id']}/image"
    answer = await api("GET", where)
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert answer.headers["etag"] == f'"{sha256(answer.content)}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    current = await api("GET", where, headers={"if-none-match": answer.headers["etag"]})
    assert (current.status_code, current.content) == (304, b"")
    assert current.headers["cache-control"] == "public, max-age=86400"
    part = await api("GET", where, headers={"range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, answer.content[:10])
    head = await api("HEAD", where)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.content))


async def test_private_ones_are_the_owners_alone(api: Api, token: str, stranger: str) -> None:
    file = await kept(api, token, picture(300, 200))
    where = f"/files/{file['id']}/image"
    answer = await api("GET", where, token)
    assert answer.headers["cache-control"] == "private, max-age=3600"
    for other in (stranger, None):
        problem(await api("GET", where, other), 404, 40440)
    problem(await api("GET", f"/files/{ABSENT}/image", token), 404, 40440)


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"w": "0"}, "?w"), ({"w": "10001"}, "?w"), ({"h": "x"}, "?h"), ({"q": "101"}, "?q"), ({"fit": "fill"}, "?fit"),
        ({"format": "svg"}, "?format"), ({"fit": "cover", "w": "100"}, "?h"), ({"fit": "cover", "h": "100"}, "?w"),
    ],
)  # fmt: skip
async def test_what_cannot_be_made_is_said_field_by_field(
    api: Api, token: str, asked: dict[str, str], where: str
) -> None:
    file = await kept(api, token, picture(300, 200))
    answer = await api("GET", f"/files/{file['id']}/image", token, params=asked)
    assert answer.status_code in (400, 422), answer.text
    assert pointers(answer.json()) == {where}


async def test_what_is_no_image_is_not_shown(api: Api, token: str) -> None:
    sent = await put(api, token, b"hello", "notes.txt", "text/plain")
    problem(await api("GET", f"/files/{sent.json()['id']}/image", token), 422, 42243)


async def test_when_too_many_are_made_callers_are_told_when_to_come_back(api: Api, token: str) -> None:
    file = await kept(api, token, picture(300, 200))
    api.world.container.images().busy = True  # type: ignore[attr-defined]
    answer = await api("GET", f"/files/{file['id']}/image", token)
    problem(answer, 503, 50331)


async def test_real_images_are_made_of_real_ones(api: Api, token: str) -> None:
    images = PillowImages()
    with api.world.container.images.override(images):
        file = await kept(api, token, picture(300, 200, orientation=6))
        assert (file["width"], file["height"]) == (200, 300)
        answer = await api("GET", f"/files/{file['id']}/image", token, params={"w": "64", "h": "64", "fit": "cover"})
        found = await images.inspect(answer.content)
        assert (found.media_type, found.width, found.height) == ("image/webp", 64, 64)
    images.close()

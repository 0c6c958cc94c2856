"""Files over HTTP: sending small ones, finding, changing, deleting and restoring them, and the room there is."""

from collections.abc import AsyncIterator

import pytest

from tests.http.identity.api import ABSENT, Api, pointers, problem
from tests.http.media.samples import kept, png, put, sha256


async def test_a_file_that_is_put_is_ready_at_once(api: Api, token: str) -> None:
    content = png(7, 5)
    answer = await put(api, token, content, name="Führung O'Neil.png", visibility="unlisted", purpose="cover")
    assert answer.status_code == 201, answer.text
    file = answer.json()
    assert answer.headers["location"] == f"/api/v1/files/{file['id']}"
    told = {name: file[name] for name in ("name", "state", "size", "media_type", "sha256", "width", "height")}
    assert told == {
        "name": "Führung O'Neil.png", "state": "ready", "size": len(content), "media_type": "image/png",
        "sha256": sha256(content), "width": 7, "height": 5,
    }  # fmt: skip
    assert (file["visibility"], file["purpose"]) == ("unlisted", "cover")


async def test_a_type_that_nobody_named_is_found_in_the_bytes(api: Api, token: str) -> None:
    for media_type in ("", "application/octet-stream", "Image/PNG; charset=binary"):
        assert (await kept(api, token, media_type=media_type))["media_type"] == "image/png"


async def test_a_body_of_unknown_length_is_taken(api: Api, token: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for byte in range(0, len(content), 1000):
            yield content[byte : byte + 1000]

    content = png(size=20_000)
    file = (await put(api, token, pieces())).json()
    assert (file["state"], file["sha256"]) == ("ready", sha256(content))


async def test_what_is_wrong_about_a_file_is_told_by_its_parameters(api: Api, token: str) -> None:
    nameless = await api("PUT", "/files", token, content=png(), headers={"content-type": "image/png"})
    assert pointers(problem(nameless, 422, 42203)) == {"?name"}
    for about, place in (
        ({"name": "x" * 256}, "?name"), ({"visibility": "everybody"}, "?visibility"), ({"purpose": "No!"}, "?purpose"),
    ):  # fmt: skip
        assert pointers(problem(await put(api, token, **about), 422, 42203)) == {place}
    problem(await put(api, token, name="a\nb"), 422, 42242)


async def test_more_than_one_request_may_carry_is_refused(api: Api, token: str) -> None:
    problem(await put(api, token, b"x" * (16 * 1024 * 1024 + 1)), 413, 41301)


async def test_a_form_with_a_file_is_a_file(api: Api, token: str) -> None:
    content = png(2, 2)
    answer = await api(
        "POST", "/files", token,
        data={"visibility": "public", "purpose": "cover", "tags": ["spring, garden", "roses"]},
        files={"file": ('O\'Neil "Führung".png', content, "image/png")},
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    file = answer.json()
    assert (file["name"], file["state"], file["sha256"]) == ('O\'Neil "Führung".png', "ready", sha256(content))
    assert (file["visibility"], file["purpose"], file["tags"]) == ("public", "cover", ["spring", "garden", "roses"])


async def test_a_form_may_name_its_file_otherwise(api: Api, token: str) -> None:
    files = {"file": ("x.png", png(), "image/png")}
    assert (await api("POST", "/files", token, data={"name": "Tour"}, files=files)).json()["name"] == "Tour"


FORMS: dict[str, tuple[bytes, int, int]] = {
    "nothing": (b"", 400, 40001),
    "no form": (b"hello", 400, 40001),
    "no file": (b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--b--\r\n', 422, 42203),
    "an unknown field": (
        b'--b\r\nContent-Disposition: form-data; name="admin"\r\n\r\n1\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\n\r\nx\r\n--b--\r\n',
        422, 42203,
    ),
    "no name": (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", 400, 40001),
    "no disposition": (b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n", 400, 40001),
    "a field twice": (
        b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n' * 2 + b"--b--\r\n", 400, 40001,
    ),
    "a long field": (
        b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\n' + b"x" * 9000 + b"\r\n--b--\r\n", 422, 42203,
    ),
    "a field that never ends": (b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx', 400, 40001),
    "no UTF-8": (b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xff\r\n--b--\r\n', 400, 40001),
    "a file that never ends": (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\n\r\n\x89PNG', 400, 40001,
    ),
    "something behind the file": (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\n\r\nx\r\n'
        b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--b--\r\n', 400, 40001,
    ),
    "two files": (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\n\r\nx\r\n' * 2 + b"--b--\r\n",
        400, 40001,
    ),
    "many parts": (
        b"".join(b'--b\r\nContent-Disposition: form-data; name="x%d"\r\n\r\n1\r\n' % i for i in range(10_000)),
        400, 40001,
    ),
    "many header fields": (b"--b\r\n" + b"x: y\r\n" * 1000 + b"\r\nx\r\n--b--\r\n", 400, 40001),
    "a form inside": (
        b'--b\r\nContent-Disposition: form-data; name="name"\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n'
        b"--c\r\n\r\nx\r\n--c--\r\n\r\n--b--\r\n", 422, 42203,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
async def test_what_is_no_such_form_is_refused_and_leaves_nothing(api: Api, token: str, name: str) -> None:
    body, status, code = FORMS[name]
    answer = await api(
        "POST", "/files", token, content=body, headers={"content-type": "multipart/form-data; boundary=b"}
    )
    problem(answer, status, code)
    assert (await api("GET", "/files", token)).json()["items"] == []
    quota = (await api("GET", "/users/me/quota", token)).json()
    assert (quota["used_files"], quota["reserved_files"], quota["reserved_bytes"]) == (0, 0, 0)


async def test_a_form_needs_its_type_and_a_boundary(api: Api, token: str) -> None:
    for kind, status, code in (
        ("application/json", 415, 41501),
        ("multipart/mixed; boundary=b", 415, 41501),
        ("multipart/form-data", 400, 40001),
        (f"multipart/form-data; boundary={'b' * 71}", 400, 40001),
    ):
        problem(await api("POST", "/files", token, content=b"--b--", headers={"content-type": kind}), status, code)


async def test_a_form_under_a_key_makes_one_file_however_often_it_is_sent(api: Api, token: str) -> None:
    key = {"idempotency-key": "form-1"}
    first = await api("POST", "/files", token, files={"file": ("x.png", png(), "image/png")}, headers=key)
    again = await api("POST", "/files", token, files={"file": ("x.png", png(), "image/png")}, headers=key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert len((await api("GET", "/files", token)).json()["items"]) == 1
    for other in (
        ("x.png", png(size=9999), "image/png"),
        ("x.png", png(salt=b"y"), "image/png"),
        ("y.png", png(), "image/png"),
    ):
        problem(await api("POST", "/files", token, files={"file": other}, headers=key), 422, 42201)


async def test_files_are_listed_newest_first_by_pages_and_filtered(api: Api, token: str, stranger: str) -> None:
    ids = []
    for number in range(3):
        ids.append((await kept(api, token, png(salt=bytes([number])), name=f"Garten {number}.png"))["id"])
        await api.world.advance(seconds=1)
    await kept(api, stranger)
    answer = await api("GET", "/files", token, params={"limit": "2", "count": "true"})
    body = answer.json()
    assert ([one["id"] for one in body["items"]], body["total"]) == ([ids[2], ids[1]], 3)
    path = answer.headers["link"].partition(">")[0].removeprefix("<").partition("/api/v1")[2]
    assert [one["id"] for one in (await api("GET", path, token)).json()["items"]] == [ids[0]]

    async def found(**params: str) -> int:
        return len((await api("GET", "/files", token, params=params)).json()["items"])

    assert await found(**{"filter[name]": "garten 1"}) == 1
    assert await found(**{"filter[type]": "image"}) == 3
    assert await found(**{"filter[type]": "video"}) == 0
    assert await found(**{"filter[state]": "ready", "filter[visibility]": "private"}) == 3
    problem(await api("GET", "/files", token, params={"filter[size]": "1"}), 422, 42203)
    problem(await api("GET", "/files", token, params={"filter[state]": "lost"}), 422, 42203)


async def test_a_file_is_changed_by_a_merge_patch_and_its_version(api: Api, token: str) -> None:
    file = await kept(api, token)
    path = f"/files/{file['id']}"
    got = await api("GET", path, token)
    assert got.json() == file
    assert (await api("GET", path, token, headers={"if-none-match": got.headers["etag"]})).status_code == 304
    change = {"name": "Garten", "visibility": "public", "tags": ["spring"], "metadata": {"camera": "X100"}}
    changed = await api("PATCH", path, token, json=change, headers={"if-match": got.headers["etag"]})
    assert changed.status_code == 200, changed.text
    assert {name: changed.json()[name] for name in change} == change
    problem(await api("PATCH", path, token, json={"name": "x"}, headers={"if-match": got.headers["etag"]}), 412, 41201)
    assert pointers(problem(await api("PATCH", path, token, json={"name": None, "size": 3}), 422, 42203)) == {
        "#/name", "#/size",
    }  # fmt: skip


async def test_a_deleted_file_is_gone_for_others_and_can_be_restored(api: Api, token: str) -> None:
    file = await kept(api, token, visibility="public")
    path = f"/files/{file['id']}"
    problem(await api("DELETE", path, token, headers={"if-match": '"99"'}), 412, 41201)
    assert (await api("DELETE", path, token)).status_code == 204
    assert (await api("GET", path, token)).json()["state"] == "deleted"
    problem(await api("GET", path), 404, 40440)
    problem(await api("GET", f"{path}/content", token), 409, 40940)
    assert (await api("POST", f"{path}/restore", token)).json()["state"] == "ready"
    assert (await api("GET", f"{path}/content")).status_code == 200


async def test_files_of_others_are_like_files_that_are_not(api: Api, token: str, stranger: str) -> None:
    file = await kept(api, token)
    for id in (file["id"], ABSENT):
        for method, path, body in (
            ("GET", f"/files/{id}", None),
            ("GET", f"/files/{id}/content", None),
            ("GET", f"/files/{id}/content?redirect=1", None),
            ("PATCH", f"/files/{id}", {"name": "mine"}),
            ("DELETE", f"/files/{id}", None),
            ("POST", f"/files/{id}/restore", None),
            ("POST", f"/files/{id}/links", {}),
            ("GET", f"/files/{id}/links", None),
            ("DELETE", f"/files/{id}/links/{ABSENT}", None),
        ):
            problem(await api(method, path, stranger, json=body), 404, 40440)
            if method == "GET" and not path.endswith("links"):
                problem(await api(method, path), 404, 40440)
            else:
                problem(await api(method, path, json=body), 401, 40101)


async def test_strangers_see_of_an_open_file_what_they_may(api: Api, token: str, stranger: str) -> None:
    file = await kept(api, token, visibility="unlisted", purpose="secret")
    await api("PATCH", f"/files/{file['id']}", token, json={"metadata": {"camera": "X100"}})
    for who in (None, stranger):
        seen = (await api("GET", f"/files/{file['id']}", who)).json()
        assert (seen["name"], seen["purpose"], seen["metadata"]) == ("Tour.png", "", {})


async def test_a_token_that_is_no_good_is_refused_where_strangers_may_come(api: Api, token: str) -> None:
    file = await kept(api, token, visibility="public")
    for path in (f"/files/{file['id']}", f"/files/{file['id']}/content"):
        assert (await api("GET", path, "expired")).status_code == 401


async def test_my_room_is_counted(api: Api, token: str) -> None:
    file = await kept(api, token)
    quota = (await api("GET", "/users/me/quota", token)).json()
    assert (quota["used_bytes"], quota["used_files"], quota["reserved_files"]) == (file["size"], 1, 0)
    assert quota["limit_bytes"] > 10**9


async def test_everything_about_sending_needs_somebody(api: Api) -> None:
    problem(await put(api, None), 401, 40101)
    problem(await api("POST", "/files", files={"file": ("x.png", png(), "image/png")}), 401, 40101)
    for path in ("/files", "/users/me/quota", "/uploads", f"/uploads/{ABSENT}"):
        problem(await api("GET", path), 401, 40101)

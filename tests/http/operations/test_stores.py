"""Object stores over HTTP."""

from datetime import timedelta

from tests.http.identity.api import Api

STORE = "/admin/storage/connections/default"


async def test_administrators_look_into_a_store_and_others_do_not(api: Api, token: str) -> None:
    await api.world.storage.put("files/a/1", b"abc", media_type="text/plain")
    assert (await api("GET", "/admin/storage/connections", token)).json() == {"items": ["default"]}
    tested = await api("POST", f"{STORE}/test", token)
    assert (tested.status_code, tested.json()["well"]) == (200, True)
    listed = (await api("GET", f"{STORE}/objects?prefix=files/&folders=true", token)).json()
    assert listed == {"items": [], "folders": ["files/a/"], "next_cursor": None}
    assert (await api("GET", f"{STORE}/object?key=files/a/1", token)).json()["size"] == 3
    stranger = (await api.member("siobhan")).signed_in.access_token
    for method, path in (("GET", "objects"), ("POST", "test"), ("GET", "buckets"), ("DELETE", "object?key=files/a/1")):
        assert (await api(method, f"{STORE}/{path}")).status_code == 401
        assert (await api(method, f"{STORE}/{path}", stranger)).status_code == 403


async def test_a_link_leads_through_the_door_of_the_same_service(api: Api, token: str) -> None:
    await api.world.storage.put("files/a/1", b"abc", media_type="text/plain")
    made = await api("POST", f"{STORE}/links", token, json={"key": "files/a/1", "minutes": 1})
    assert made.status_code == 200
    fetched = await api.client.get(made.json()["url"])
    assert (fetched.status_code, fetched.content) == (200, b"abc")
    assert fetched.headers["content-type"] == "text/plain"
    assert "sandbox" in fetched.headers["content-security-policy"]
    api.world.clock.advance(timedelta(minutes=1))
    assert (await api.client.get(made.json()["url"])).json()["code"] == "SIGNATURE_REFUSED"


async def test_what_is_not_there_or_no_key_is_said_so(api: Api, token: str) -> None:
    for key, status, code in (("../x", 422, "INVALID_OBJECT_KEY"), ("none", 404, "STORED_OBJECT_NOT_FOUND")):
        for method in ("GET", "DELETE"):
            answer = await api(method, f"{STORE}/object?key={key}", token)
            assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await api("POST", "/admin/storage/connections/none/test", token)).status_code == 404


async def test_buckets_and_objects_are_removed(api: Api, token: str) -> None:
    await api.world.storage.put("files/a/1", b"abc")
    assert (await api("POST", f"{STORE}/buckets", token, json={"name": "archive"})).status_code == 204
    assert (await api("POST", f"{STORE}/buckets", token, json={"name": "archive"})).status_code == 409
    assert (await api("GET", f"{STORE}/buckets", token)).json() == {"items": ["archive", "asperguide"]}
    assert (await api("DELETE", f"{STORE}/buckets/asperguide", token)).status_code == 409
    assert (await api("DELETE", f"{STORE}/buckets/archive", token)).status_code == 204
    assert (await api("DELETE", f"{STORE}/object?key=files/a/1", token)).status_code == 204
    assert api.world.storage.objects == {}

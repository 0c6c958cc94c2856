"""Prints over REST."""

import json
from typing import Any

import httpx
import pytest

from asperguide.adapters.memory.video_tools import toy_clip
from asperguide.shared.tenancy import CompanyRole
from tests.http.capsules.people import Somebody, expect, told
from tests.http.identity.api import Api
from tests.http.prints.studio import FILM, PHOTO, Studio
from tests.media import png

ABSENT = "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a19"


async def test_a_print_is_made_of_uploads(studio: Studio) -> None:
    photo, film = await studio.upload(png(640, 480)), await studio.upload(toy_clip(), "v.mp4", "video/mp4")
    body = {
        "photo": photo, "videos": [film], "title": "Hochzeit", "customer": {"name": "张伟"}, "duration": {"years": 2},
        "metadata": {"frame": "oak"},
    }  # fmt: skip
    answer = await studio.post(body)
    made = expect(201, answer)
    assert answer.headers["location"] == f"/api/v1/contents/{made['id']}"
    assert answer.headers["etag"].startswith('"1-')
    assert made["number"].endswith("-000001")
    assert (made["state"], made["missing"]) == ("draft", ["marker", "video"])
    await studio.firm.api.world.settle()
    seen = await studio.seen(made["id"])
    assert (seen["state"], seen["marker"]["state"], seen["missing"]) == ("ready", "ready", [])
    assert seen["ends_at"] == f"{studio.firm.api.world.clock.now().year + 2}{seen['created_at'][4:]}"


async def test_a_print_is_made_of_a_form(studio: Studio) -> None:
    fields = {
        "title": "Hochzeit", "customer": json.dumps({"name": "Ann", "phone": "+49 30"}), "duration": "3",
        "metadata": json.dumps({"frame": "oak"}),
    }  # fmt: skip
    made = await studio.made(**fields)
    assert (made["title"], made["customer"]["phone"], made["metadata"]) == ("Hochzeit", "+49 30", {"frame": "oak"})
    assert (made["state"], len(made["videos"])) == ("ready", 1)
    short = await studio.made(settled=False, customer="Siobhán O'Neil", duration=json.dumps({"days": 1}))
    assert (short["customer"]["name"], short["title"]) == ("Siobhán O'Neil", "Hochzeit")


async def test_the_same_request_again_makes_no_other_print(studio: Studio) -> None:
    key, other = {"idempotency-key": "k1"}, {"idempotency-key": "k2"}
    body = {"photo": await studio.upload(png(640, 480)), "title": "a"}
    first = expect(201, await studio.post(body, headers=key))
    again = await studio.post(dict(reversed(body.items())), headers=key)
    assert expect(201, again) == first
    assert again.headers["idempotency-replayed"] == "true"
    assert (await studio.post({**body, "title": "b"}, headers=key)).json()["code"] == "IDEMPOTENCY_KEY_REUSED"
    form = expect(201, await studio.send(PHOTO, FILM, data={"title": "a"}, headers=other))
    longer = ("video", ("v.mp4", toy_clip() + b"more", "video/mp4"))
    assert (await studio.send(PHOTO, longer, data={"title": "a"}, headers=other)).status_code == 422
    await studio.firm.api.world.settle()
    again = await studio.send(PHOTO, FILM, data={"title": "a"}, headers=other)
    assert expect(201, again) == form
    for files in (
        (PHOTO,), (PHOTO, FILM, FILM), (PHOTO, ("video", ("v.mp4", toy_clip(9), "video/mp4"))),
        (("photo", ("p.png", png(641, 480), "image/png")), FILM),
    ):  # fmt: skip
        answer = await studio.send(*files, data={"title": "a"}, headers=other)
        assert answer.json()["code"] == "IDEMPOTENCY_KEY_REUSED", files
    found = await studio.owner.get(f"{studio.where}?count=true")
    assert found["total"] == 2


FORMS: dict[str, tuple[Any, Any, int]] = {
    "no photo": ([FILM], {}, 422),
    "two photos": ([PHOTO, PHOTO], {}, 422),
    "a tiny photo": ([("photo", ("p.png", png(10, 10), "image/png"))], {}, 422),
    "HTML as photo": ([("photo", ("p.png", b"<html><script>alert(1)</script>", "image/png"))], {}, 422),
    "HTML as HTML": ([("photo", ("p.html", b"<html></html>", "text/html"))], {}, 422),
    "nothing as photo": ([("photo", ("p.png", b"", "image/png"))], {}, 422),
    "a film as photo": ([("photo", ("v.mp4", toy_clip(), "video/mp4"))], {}, 422),
    "a photo as film": ([PHOTO, ("video", ("p.png", png(640, 480), "image/png"))], {}, 422),
    "a strange field": ([PHOTO], {"photo_url": "https://elsewhere.example/p.png"}, 422),
    "a strange file": ([("file", ("p.png", png(640, 480), "image/png"))], {}, 422),
    "a file with a strange name behind": ([PHOTO, ("scene", ("s.json", b"{}", "application/json"))], {}, 422),
    "no JSON": ([PHOTO], {"metadata": "{"}, 400),
    "metadata that is none": ([PHOTO], {"metadata": "[1]"}, 422),
    "a strange duration": ([PHOTO], {"duration": "{\"weeks\": 1}"}, 422),
    "a long duration": ([PHOTO], {"duration": "9" * 50}, 422),
    "no date": ([PHOTO], {"ends_at": "tomorrow"}, 422),
    "a long field": ([PHOTO], {"title": "x" * 9000}, 422),
    "a control character": ([PHOTO], {"title": "a\x07b"}, 422),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
async def test_forms_that_will_not_do_are_refused_and_leave_nothing(studio: Studio, name: str) -> None:
    files, fields, status = FORMS[name]
    answer = await studio.send(*files, data=fields)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    world = studio.firm.api.world
    await world.settle()
    assert [key for key in world.storage.objects if not key.startswith("avatars/")] == []
    assert (await studio.owner.get(studio.where))["items"] == []


@pytest.mark.parametrize("customer", ["null", "[1]", "1", "-1.5", "true", '"Ann"', " [] ", "[{}]"])
async def test_a_customer_in_a_form_is_a_name_or_an_object(studio: Studio, customer: str) -> None:
    assert told(await studio.send(PHOTO, data={"customer": customer})) == {"#/customer": "WRONG_TYPE"}


@pytest.mark.parametrize(
    "customer", ["Ann", "Null", 'O\'Neil, "Ann"', "3 Schwestern", "[sic", "张伟", "NaN", "[" * 255]
)
async def test_a_customer_in_a_form_may_be_called_like_anybody(studio: Studio, customer: str) -> None:
    made = expect(201, await studio.send(PHOTO, data={"customer": customer}))
    assert made["customer"]["name"] == customer


async def test_a_form_that_repeats_a_field_or_has_no_end_is_refused(studio: Studio) -> None:
    boundary = "x"
    field = f'--{boundary}\r\nContent-Disposition: form-data; name="title"\r\n\r\na\r\n'
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    for body in (field * 2, field, f"--{boundary}"):
        answer = await studio.owner("POST", studio.where, content=body.encode(), headers=headers)
        assert answer.status_code == 400, answer.text


BODIES: dict[str, tuple[Any, int]] = {
    "an address of a photo": ({"photo": "https://elsewhere.example/p.png"}, 422),
    "an address beside": ({"photo": ABSENT, "photo_url": "https://elsewhere.example/p.png"}, 422),
    "an address of a film": ({"photo": ABSENT, "videos": ["s3://bucket/v.mp4"]}, 422),
    "nothing": (None, 422),
    "no photo": ({}, 422),
    "a photo that is not there": ({"photo": ABSENT}, 422),
    "null": ({"photo": None}, 422),
    "too many films": ({"photo": ABSENT, "videos": [ABSENT] * 21}, 422),
    "a lot of metadata": ({"photo": ABSENT, "metadata": {"a": "x" * 10**6}}, 422),
    "far too much metadata": ({"photo": ABSENT, "metadata": {"a": "x" * 2**20}}, 413),
    "a long title": ({"photo": ABSENT, "title": "張" * 256}, 422),
    "both ends": ({"photo": ABSENT, "duration": {"years": 1}, "ends_at": "2099-01-01T00:00:00Z"}, 422),
    "a client that is not there": ({"photo": ABSENT, "customer": {"client": ABSENT}}, 422),
}


@pytest.mark.parametrize("name", BODIES)
async def test_bodies_that_will_not_do_are_refused(studio: Studio, name: str) -> None:
    body, status = BODIES[name]
    answer = await studio.owner(
        "POST", studio.where, content=json.dumps(body), headers={"content-type": "application/json"}
    )
    assert answer.status_code == status, answer.text


async def test_entries_of_metadata_are_refused_by_their_names(studio: Studio) -> None:
    made = expect(201, await studio.send(PHOTO))
    for metadata, wrong in (
        ({"a": "x" * 10**6, "b": "good"}, {"#/metadata/a": "TOO_LONG"}),
        ({"a": 1, "b": ["x"], "a b": "x"}, {
            "#/metadata/a": "WRONG_TYPE", "#/metadata/b": "WRONG_TYPE", "#/metadata/a b": "WRONG_FORMAT"
        }),
        ({"x/y~": "z"}, {"#/metadata/x~1y~0": "WRONG_FORMAT"}),
        ({"x" * 100: "z"}, {"#/metadata/" + "x" * 64: "TOO_LONG"}),
    ):  # fmt: skip
        answer = await studio.owner("PATCH", f"/contents/{made['id']}", json={"metadata": metadata})
        assert told(answer) == wrong


async def test_other_types_are_refused(studio: Studio) -> None:
    for kind in ("text/plain", "application/xml", "image/png"):
        answer = await studio.owner("POST", studio.where, content=b"{}", headers={"content-type": kind})
        assert answer.status_code == 415, answer.text
    for body in (b"{", b"[" * 5000, b"\xff", b'{"photo": NaN}'):
        answer = await studio.owner("POST", studio.where, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400, answer.text


async def test_a_print_is_for_a_client_of_the_company_and_no_other(api: Api, studio: Studio) -> None:
    other = await Studio.begun(api, "malik", "Other")
    mine, foreign = [
        expect(201, await one.owner("POST", f"/companies/{one.firm.id}/clients", json={"name": "Gráinne"}))["id"]
        for one in (studio, other)
    ]
    photo = await studio.upload(png(640, 480))
    refused = await studio.post({"photo": photo, "customer": {"client": foreign}})
    assert told(refused) == {"#/customer/client": "NOT_ALLOWED"}
    made = expect(201, await studio.post({"photo": photo, "customer": {"client": mine}}))
    assert made["customer"] == {"client": mine, "name": "", "phone": "", "email": ""}
    found = await studio.owner.get(f"{studio.where}?filter[client]={mine}")
    assert [one["id"] for one in found["items"]] == [made["id"]]


async def test_a_print_is_for_nobody_once_its_client_is_erased(api: Api, studio: Studio) -> None:
    clients = f"/companies/{studio.firm.id}/clients"
    ids = [expect(201, await studio.owner("POST", clients, json={"name": name}))["id"] for name in ("Ann", "Bob")]
    made = []
    for client in (*ids, ids[0]):
        body = {"photo": await studio.upload(png(640, 480)), "customer": {"client": client}}
        made.append(expect(201, await studio.post(body)))
    expect(200, await studio.owner("POST", f"/contents/{made[2]['id']}/archive"))
    assert (await studio.owner("DELETE", f"{clients}/{ids[0]}")).status_code == 204
    await api.world.settle()
    seen = [(await studio.seen(one["id"]))["customer"]["client"] for one in made]
    assert seen == [None, ids[1], None]
    assert (await studio.owner.get(f"{studio.where}?filter[client]={ids[0]}"))["items"] == []


async def test_prints_are_listed_in_pages(studio: Studio) -> None:
    titles = ["Anna", "anna 2", "Bob", "Ärger", "张伟"]
    made = [await studio.made(settled=False, title=title) for title in titles]
    by_title = await studio.owner.get(f"{studio.where}?sort=title&limit=3&count=true")
    assert [one["title"] for one in by_title["items"]] == ["Anna", "anna 2", "Bob"]
    assert by_title["total"] == 5
    rest = await studio.owner.get(f"{studio.where}?sort=title&limit=3&cursor={by_title['next_cursor']}")
    assert [one["title"] for one in rest["items"]] == ["Ärger", "张伟"]
    for query, expected in (
        ("filter[title]=ANNA", 2), ("filter[state]=draft", 5), ("filter[state]=published", 0), ("filter[title]=张", 1),
        (f"filter[number]={made[2]['number']}", 1), ("filter[grade]=good", 0), ("filter[customer]=x", 0),
        ("filter[ends_before]=2050-01-01T00:00:00Z", 0), ("filter[ends_before]=2150-01-01T00:00:00Z", 5),
    ):  # fmt: skip
        assert len((await studio.owner.get(f"{studio.where}?{query}"))["items"]) == expected, query
    for query in ("sort=photo", "filter[state]=gone", "filter[photo]=x", "filter[client]=x", "cursor=x", "limit=0"):
        assert (await studio.owner("GET", f"{studio.where}?{query}")).status_code in (400, 422), query


async def test_a_print_is_changed_under_its_version(studio: Studio) -> None:
    made = await studio.made(customer="Ann")
    where, version = f"/contents/{made['id']}", made["version"]
    answer = await studio.owner("PATCH", where, json={"title": "b"}, headers={"if-match": f'"{version}"'})
    changed = expect(200, answer)
    assert (changed["title"], changed["version"]) == ("b", version + 1)
    tag = answer.headers["etag"]
    assert tag.startswith(f'"{version + 1}-')
    stale = await studio.owner("PATCH", where, json={"title": "c"}, headers={"if-match": f'"{version}"'})
    assert stale.status_code == 412
    unchanged = await studio.owner("GET", where, headers={"if-none-match": tag})
    assert unchanged.status_code == 304
    for body, status in (
        ({"title": None}, 422), ({"customer": None}, 200), ({"metadata": None}, 200), ({"ends_at": None}, 200),
        ({"metadata": {"a": None}}, 200), ({"number": "ORD-1"}, 422), ({"state": "published"}, 422), ([], 422),
        ({"customer": {"name": None}}, 422), ({"duration": {"years": 0}}, 422),
    ):  # fmt: skip
        assert (await studio.owner("PATCH", where, json=body)).status_code == status, body
    assert (await studio.seen(made["id"]))["customer"]["name"] == ""
    for part in ({"name": "Ann"}, {"phone": "+49 30"}, {}):
        expect(200, await studio.owner("PATCH", where, json={"customer": part}))
    ann = {"client": None, "name": "Ann", "phone": "+49 30", "email": ""}
    assert (await studio.seen(made["id"]))["customer"] == ann


async def test_a_print_goes_through_its_states(studio: Studio) -> None:
    made = await studio.made(settled=False)
    where = f"/contents/{made['id']}"
    refused = await studio.owner("POST", f"{where}/publish")
    assert refused.status_code == 409
    assert told(refused) == {"#/marker": "MISSING", "#/video": "MISSING"}
    await studio.firm.api.world.settle()
    for step, state in (("publish", "published"), ("unpublish", "unpublished"), ("publish", "published")):
        once, again = [await studio.owner("POST", f"{where}/{step}") for _ in range(2)]
        assert expect(200, once)["state"] == state
        assert (expect(200, again), again.headers["etag"]) == (once.json(), once.headers["etag"])
    copy = await studio.owner("POST", f"{where}/duplicate")
    assert expect(201, copy)["source"] == made["id"]
    assert copy.headers["location"] != f"/api/v1{where}"
    photo = await studio.upload(png(700, 480))
    replaced = expect(200, await studio.owner("PUT", f"{where}/photo", json={"photo": photo}))
    assert replaced["marker"]["photo"] == photo
    for body in ({"photo": ABSENT}, {"photo": "https://elsewhere.example/p.png"}, {"photo": None}, {}):
        assert (await studio.owner("PUT", f"{where}/photo", json=body)).status_code == 422
    again = await studio.owner("POST", f"{where}/regenerate")
    assert expect(202, again)["id"] == made["id"]
    job = again.headers["location"].removeprefix("/api/v1")
    assert (await studio.owner.get(job))["state"] == "waiting"
    await studio.firm.api.world.settle()
    assert (await studio.owner.get(job))["result"] == f"/api/v1{where}"
    archived = expect(200, await studio.owner("POST", f"{where}/archive"))
    assert archived["state"] == "archived"
    assert expect(200, await studio.owner("POST", f"{where}/archive")) == archived
    for step in ("publish", "unpublish"):
        assert (await studio.owner("POST", f"{where}/{step}")).status_code == 409
    assert (await studio.owner("PATCH", where, json={"title": "x"})).status_code == 409
    version = (await studio.seen(made["id"]))["version"]
    assert (await studio.owner("DELETE", where, headers={"if-match": '"1"'})).status_code == 412
    assert (await studio.owner("DELETE", where, headers={"if-match": f'"{version}"'})).status_code == 204
    assert (await studio.owner("GET", where)).status_code == 404


async def test_advice_is_told_in_the_language_of_the_caller(studio: Studio) -> None:
    made = await studio.made()
    answers = [
        await studio.owner("GET", f"/contents/{made['id']}", headers={"accept-language": language})
        for language in ("fr", "en")
    ]
    texts = [answer.json()["marker"]["report"]["advice"][0]["text"] for answer in answers]
    assert texts[0] != texts[1]
    assert [answer.headers["content-language"] for answer in answers] == ["fr", "en"]


async def test_codes_are_files_under_the_number(studio: Studio) -> None:
    made = await studio.made(settled=False)
    for ending, kind in (("svg", "image/svg+xml"), ("png", "image/png")):
        answer: httpx.Response = await studio.owner("GET", f"/contents/{made['id']}/qr.{ending}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert f'filename="{made["number"]}.{ending}"' in answer.headers["content-disposition"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        cached = await studio.owner(
            "GET", f"/contents/{made['id']}/qr.{ending}", headers={"if-none-match": answer.headers["etag"]}
        )
        assert (cached.status_code, cached.content) == (304, b"")
    assert made["public_id"] in made["link"]


async def test_what_roles_may_not_do_they_are_told(studio: Studio) -> None:
    made = await studio.made()
    viewer, editor = [await studio.firm.member(role) for role in (CompanyRole.VIEWER, CompanyRole.EDITOR)]
    where = f"/contents/{made['id']}"
    assert (await viewer("GET", where)).status_code == 200
    for by, method, path in (
        (viewer, "POST", "/publish"), (viewer, "POST", "/duplicate"), (viewer, "DELETE", ""), (editor, "DELETE", ""),
        (editor, "POST", "/archive"),
    ):  # fmt: skip
        answer = await by(method, where + path)
        assert (answer.status_code, answer.json()["internal_code"]) == (403, 40270), path
    assert (await studio.send(PHOTO, by=viewer)).status_code == 403
    assert (await studio.send(PHOTO, by=editor)).status_code == 201


async def test_strangers_find_nothing(api: Api, studio: Studio) -> None:
    made, stranger = await studio.made(), await Somebody.called(api, "malik")
    nowhere = await stranger("GET", f"/contents/{ABSENT}")
    foreign = await stranger("GET", f"/contents/{made['id']}")
    assert (foreign.status_code, foreign.json()["code"]) == (404, nowhere.json()["code"])
    assert (await studio.send(PHOTO, by=stranger)).status_code == 404
    assert (await api("GET", f"/contents/{made['id']}")).status_code == 401
    assert (await api("POST", studio.where, json={})).status_code == 401


async def test_counts_of_projects_are_those_of_their_prints(studio: Studio) -> None:
    for _ in range(2):
        await studio.made(settled=False)
    assert (await studio.owner.get(f"/projects/{studio.project}"))["contents"] == 2

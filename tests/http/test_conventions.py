"""The conventions: versions, lists, idempotency keys, and what the OpenAPI document says of them."""

import json
from typing import Any

import httpx
import msgspec
import pytest
from litestar import post
from litestar.params import JSONBody

from asperguide.adapters.http.openapi import About, build
from asperguide.adapters.http.openapi_serving import OpenApi, OpenApiDocument, as_yaml
from asperguide.adapters.http.paging import Listing, page_request
from asperguide.adapters.http.preconditions import etag_of
from asperguide.adapters.http.routes import route
from asperguide.shared.errors import InvalidFields
from asperguide.shared.pages import PageRequest
from tests.http.sample import ANN, LISTING, SIGNED_IN, THING, NewThing, Thing, World

JSON = {**SIGNED_IN, "content-type": "application/json"}
PATH = f"/things/{THING}"
REFUSALS = (400, 401, 403, 409, 413, 415, 422, 429, 500, 503)


class TestVersions:
    async def test_a_single_resource_has_an_etag(self) -> None:
        async with World().client(headers=SIGNED_IN) as client:
            assert (await client.get(PATH)).headers["etag"] == etag_of(3) == '"3"'

    @pytest.mark.parametrize("value", ['"3"', 'W/"3"', "*", '"1", "3"', '"1",W/"3" ,"x"'])
    async def test_who_has_it_already_gets_304_without_a_body(self, value: str) -> None:
        async with World().client(headers={**SIGNED_IN, "if-none-match": value}) as client:
            answer = await client.get(PATH)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", '"3"')
        assert "content-type" not in answer.headers

    @pytest.mark.parametrize("value", ["", '"2"', "3", '"3', '"3" "4"', "x" * 2000, '"3"' + ',"4"' * 600])
    async def test_who_has_another_or_writes_nonsense_gets_it_all(self, value: str) -> None:
        async with World().client(headers={**SIGNED_IN, "if-none-match": value}) as client:
            assert (await client.get(PATH)).status_code == 200

    @pytest.mark.parametrize("value", ['"3"', "*", '"2", "3"', ' "3" '])
    async def test_a_change_of_the_current_version_is_done(self, value: str) -> None:
        assert (await self.change(value)).status_code == 200

    @pytest.mark.parametrize("value", ['"2"', 'W/"3"', "3", '"x"', '"3', '"٣"', '"' + "9" * 30 + '"', '""', '"3";drop'])
    async def test_a_change_of_any_other_is_412(self, value: str) -> None:
        answer = await self.change(value)
        assert (answer.status_code, answer.json()["internal_code"]) == (412, 41201)

    async def test_a_change_of_no_version_is_428_where_one_is_demanded(self) -> None:
        answer = await self.change(None)
        assert (answer.status_code, answer.json()["internal_code"]) == (428, 41202)

    @staticmethod
    async def change(if_match: str | None) -> httpx.Response:
        headers: dict[str, Any] = {**JSON, **({"if-match": if_match.encode()} if if_match is not None else {})}
        async with World().client(headers=headers) as client:
            return await client.patch(PATH, content=b"{}")


class TestLists:
    def test_everything_can_be_asked_at_once(self) -> None:
        query = b"cursor=abc&limit=100&sort=-created_at&filter[state]=a%26b&count=true&q=x"
        expected = PageRequest(cursor="abc", limit=100, sort="-created_at", filters={"state": "a&b"}, count=True)
        assert page_request(query, LISTING) == expected
        assert page_request(b"filter%5Bstate%5D=new", LISTING).filters == {"state": "new"}

    def test_nothing_asked_is_the_first_twenty(self) -> None:
        assert page_request(b"", LISTING) == PageRequest(limit=20)

    @pytest.mark.parametrize(
        ("query", "pointer", "code"),
        [
            (b"limit=0", "?limit", "OUT_OF_RANGE"),
            (b"limit=101", "?limit", "OUT_OF_RANGE"),
            (b"limit=-1", "?limit", "OUT_OF_RANGE"),
            (b"limit=1e1", "?limit", "OUT_OF_RANGE"),
            (b"limit=%D9%A3", "?limit", "OUT_OF_RANGE"),
            (b"limit=" + b"9" * 500, "?limit", "OUT_OF_RANGE"),
            (b"limit=1&limit=2", "?limit", "DUPLICATE"),
            (b"sort=password", "?sort", "NOT_ALLOWED"),
            (b"sort=--title", "?sort", "NOT_ALLOWED"),
            (b"filter[password]=x", "?filter[password]", "UNKNOWN_PARAMETER"),
            (b"filter[state", "?filter[state", "UNKNOWN_PARAMETER"),
            (b"filter=x", "?filter", "UNKNOWN_PARAMETER"),
            (b"count=1", "?count", "WRONG_TYPE"),
            (b"offset=3", "?offset", "UNKNOWN_PARAMETER"),
            (b"cursor=%00", "?cursor", "INVALID"),
            (b"cursor=" + b"x" * 2000, "?cursor", "INVALID"),
            (b"x" * 500 + b"=1", "?" + "x" * 64, "UNKNOWN_PARAMETER"),
        ],
    )
    def test_what_a_list_does_not_know_is_named(self, query: bytes, pointer: str, code: str) -> None:
        with pytest.raises(InvalidFields) as refused:
            page_request(query, LISTING)
        assert [(field.pointer, field.code) for field in refused.value.fields] == [(pointer, code)]

    @pytest.mark.parametrize("query", [b"cursor=%ff", b"\xff=1", b"&".join(b"a%d=1" % n for n in range(60))])
    def test_a_broken_query_is_refused(self, query: bytes) -> None:
        with pytest.raises(InvalidFields):
            page_request(query, LISTING)

    def test_a_list_without_names_knows_only_cursor_limit_and_count(self) -> None:
        with pytest.raises(InvalidFields) as refused:
            page_request(b"sort=a&filter[b]=c&count=true", Listing(countable=False))
        assert len(refused.value.fields) == 3

    async def test_a_page_has_an_envelope_and_a_link_that_leads_on(self) -> None:
        async with World().client(headers=SIGNED_IN) as client:
            first = await client.get("/things?limit=2&filter[state]=new")
            link, relation = first.headers["link"].split("; ")
            second = await client.get(link.strip("<>"))
            third = await client.get(second.headers["link"].split(">")[0].strip("<"))
        assert first.json() == {
            "items": [{"id": str(THING), "title": "None 2 None {'state': 'new'} False"}],
            "next_cursor": "a/b",
        }
        assert relation == 'rel="next"'
        assert second.json()["items"][0]["title"] == "a/b 2 None {'state': 'new'} False"
        assert second.headers["link"].startswith("</things?limit=2&filter%5Bstate%5D=new&cursor=c>")
        assert third.json()["next_cursor"] is None
        assert "link" not in third.headers

    async def test_unknown_names_are_422_over_http(self) -> None:
        async with World().client(headers=SIGNED_IN) as client:
            answer = await client.get("/things?page=2&sort=x")
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == ["?page", "?sort"]


class TestIdempotency:
    key = "5f0c7b1e"

    @staticmethod
    async def make(world: World, key: str | bytes | None, body: str = '{"title": "Tour"}', **headers: str) -> Any:
        extra: dict[str, Any] = {**JSON, **({"idempotency-key": key} if key is not None else {}), **headers}
        async with world.client(headers=extra) as client:
            return await client.post("/things", content=body)

    async def test_a_repeated_request_gets_the_same_answer_and_happens_once(self) -> None:
        world = World()
        first, again = await self.make(world, self.key), await self.make(world, self.key)
        assert world.store.made == ["Tour"]
        assert "idempotency-replayed" not in first.headers
        assert again.headers["idempotency-replayed"] == "true"
        assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
        assert again.headers["location"] == first.headers["location"]

    async def test_without_a_key_it_happens_each_time(self) -> None:
        world = World()
        await self.make(world, None)
        await self.make(world, None)
        assert world.store.made == ["Tour", "Tour"]

    async def test_the_same_json_spelled_differently_is_the_same_request(self) -> None:
        world = World()
        await self.make(world, self.key, '{"title": "Tour", "count": 1}')
        again = await self.make(world, self.key, '{"count":1,"title":"\\u0054our"}')
        assert again.status_code == 201
        assert world.store.made == ["Tour"]

    async def test_another_body_under_the_same_key_is_422(self) -> None:
        world = World()
        await self.make(world, self.key)
        answer = await self.make(world, self.key, '{"title": "Other"}')
        assert (answer.status_code, answer.json()["internal_code"]) == (422, 42201)

    async def test_a_key_belongs_to_its_user_and_route(self) -> None:
        world = World()
        await self.make(world, self.key)
        ((scope, key),) = world.once.kept
        assert (scope, key) == (f"user:{ANN.user.hex} POST /things", self.key)

    async def test_while_the_first_still_runs_the_second_is_409(self) -> None:
        world = World()
        world.once.running.add((f"user:{ANN.user.hex} POST /things", self.key))
        answer = await self.make(world, self.key)
        assert (answer.status_code, answer.json()["internal_code"]) == (409, 40902)

    @pytest.mark.parametrize("key", ["", "x" * 256, "a b", "a\x7fb", b"\xc3\xa9", "a\tb"])
    async def test_a_key_that_is_none_is_400(self, key: str | bytes) -> None:
        world = World()
        answer = await self.make(world, key)
        assert (answer.status_code, answer.json()["internal_code"]) == (400, 40002)
        assert answer.json()["errors"][0]["pointer"] == "header:Idempotency-Key"
        assert world.store.made == []

    @pytest.mark.parametrize("key", ["x", "x" * 255, "!~;,'\""])
    async def test_any_printable_key_will_do(self, key: str) -> None:
        assert (await self.make(World(), key)).status_code == 201


class TestDocument:
    @staticmethod
    def document() -> dict[str, Any]:
        return build(World().app.app, About(title="Sample", version="1"))

    @classmethod
    def told(cls, path: str) -> Any:
        return cls.document()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    def test_every_documented_route_has_a_name_a_summary_and_all_its_errors(self) -> None:
        paths = self.document()["paths"]
        make = paths["/things"]["post"]
        assert (make["operationId"], make["summary"]) == ("make", "Make")
        assert make["description"].startswith("Stands for a use case")
        assert sorted(make["responses"], key=int) == [str(code) for code in (201, *REFUSALS)]
        refused = make["responses"]["422"]["content"]["application/problem+json"]
        assert set(refused["examples"]) == {"invalid-fields", "idempotency-key-reused"}
        assert refused["examples"]["invalid-fields"]["value"]["internal_code"] == 42203
        assert set(paths["/things/{id}"]["patch"]["responses"]) >= {"412", "428"}

    def test_closed_routes_want_a_sign_in_and_public_ones_none(self) -> None:
        paths = self.document()["paths"]
        assert paths["/things"]["get"]["security"] == [{"bearer": []}, {"cookie": []}, {"password": []}]
        assert paths["/sign-in"]["post"]["security"] == []

    def test_the_conventions_are_parameters_and_header_fields(self) -> None:
        paths = self.document()["paths"]
        names = {parameter["name"] for parameter in paths["/things"]["get"]["parameters"]}
        assert names == {"X-Request-ID", "cursor", "limit", "sort", "filter[state]", "filter[before]", "count"}
        names = {parameter["name"] for parameter in paths["/things"]["post"]["parameters"]}
        assert names == {"X-Request-ID", "Idempotency-Key"}
        parameters = {parameter["name"]: parameter for parameter in paths["/things/{id}"]["patch"]["parameters"]}
        assert parameters["If-Match"]["required"] is True
        assert "If-None-Match" in {parameter["name"] for parameter in paths["/things/{id}"]["get"]["parameters"]}
        assert {"ETag", "RateLimit"} <= set(paths["/things/{id}"]["get"]["responses"]["200"]["headers"])
        assert paths["/old"]["get"]["deprecated"] is True

    def test_filters_by_instants_say_so(self) -> None:
        parameters = {one["name"]: one for one in self.document()["paths"]["/things"]["get"]["parameters"]}
        before, state = parameters["filter[before]"], parameters["filter[state]"]
        assert (before["description"], before["schema"]) == ("Made before.", {"type": "string", "format": "date-time"})
        assert state["schema"] == {"type": "string"}

    def test_every_reference_leads_somewhere_and_components_are_named_plainly(self) -> None:
        document = self.document()
        text = json.dumps(document)
        for part in text.split('"$ref": "#/')[1:]:
            place: Any = document
            for name in part.split('"')[0].split("/"):
                place = place[name]
        assert set(document["components"]["schemas"]) == {
            *("Items_Thing_", "Thing", "NewThing", "Owner", "Role", "Change", "Form", "Problem", "WrongField")
        }
        assert document["openapi"].startswith("3.1")

    def test_every_body_has_an_example_that_passes_its_own_check(self) -> None:
        paths = self.document()["paths"]
        example = paths["/things"]["post"]["requestBody"]["content"]["application/json"]["example"]
        assert msgspec.convert(example, NewThing).title == "Tour"
        example = paths["/things/{id}"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
        assert msgspec.convert(example, Thing).id == THING
        assert paths["/things/{id}"]["get"]["parameters"][0]["description"] == "The id."

    def test_bodies_are_described_as_they_are_checked(self) -> None:
        document = self.document()
        schemas = document["components"]["schemas"]
        assert schemas["NewThing"]["additionalProperties"] is False
        assert schemas["NewThing"]["properties"]["tags"]["items"] == {"type": "string", "maxLength": 5}
        assert schemas["Role"]["type"] == "string"
        assert schemas["Owner"]["properties"]["born"]["type"] == ["string", "null"]
        assert schemas["Owner"]["properties"]["born"]["format"] == "date-time"
        form = document["paths"]["/form"]["post"]["requestBody"]["content"]
        assert list(form) == ["application/x-www-form-urlencoded"]
        assert form["application/x-www-form-urlencoded"]["schema"] == {"$ref": "#/components/schemas/Form"}
        assert self.told("/things") == {"$ref": "#/components/schemas/Items_Thing_"}
        assert self.told("/old")["anyOf"] == [{"$ref": f"#/components/schemas/{name}"} for name in ("Thing", "Owner")]

    async def test_it_is_served_with_an_etag_and_built_once(self) -> None:
        document = OpenApiDocument(lambda: About(title="Sample", version="1"))
        world = World(more_routes=[OpenApi], use_cases={"openapi_document": lambda: document})
        async with world.client() as client:
            first, yaml = await client.get("/openapi.json"), await client.get("/openapi.yaml")
            again = await client.get("/openapi.json", headers={"if-none-match": first.headers["etag"]})
        assert first.json()["info"] == {"title": "Sample", "version": "1"}
        assert yaml.headers["content-type"] == "application/yaml"
        assert (again.status_code, again.content) == (304, b"")
        assert document.json(world.app.app) is document.json(world.app.app)

    def test_the_yaml_says_the_same_as_the_json(self) -> None:
        yaml = pytest.importorskip("yaml")
        document = {**self.document(), "odd": ["", None, True, 1.5, "a: b #c", "\n", {}, [], [[1], {"x": [2]}], "é"]}
        assert yaml.safe_load(as_yaml(document)) == document


def test_a_body_type_that_lets_unknown_fields_pass_stops_the_start() -> None:
    class Loose(msgspec.Struct):
        title: str

    @post("/loose", **route("loose", public=True))
    async def loose(data: JSONBody[Loose]) -> None:
        """Careless."""

    with pytest.raises(ValueError, match="forbid_unknown_fields"):
        World(more_routes=[loose])

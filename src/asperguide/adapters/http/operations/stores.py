"""Object stores, for administrators."""

from typing import Annotated

import msgspec
from litestar.params import FromPath, JSONBody, QueryParameter

from asperguide.adapters.http.handlers import delete, get, post
from asperguide.adapters.http.routes import Given, route
from asperguide.operations import (
    CreateBucket,
    DeleteBucket,
    DeleteObject,
    LinkObject,
    ListBuckets,
    ListObjects,
    ListStores,
    NewBucket,
    NewObjectLink,
    ObjectLink,
    ObjectPage,
    ObjectShown,
    ShowObject,
    StoreTested,
    TryStore,
)
from asperguide.operations.errors import (
    BucketExists,
    BucketInUse,
    BucketNotFound,
    InvalidObjectKey,
    NoBuckets,
    StoredObjectNotFound,
    StoreNotFound,
)
from asperguide.shared.actor import Actor, Origin
from asperguide.shared.errors import NotWhileImpersonating, RoleNeeded, StorageUnavailable

TAGS = ["operations"]
STORES = "/admin/storage/connections"
ALWAYS = (RoleNeeded, NotWhileImpersonating)
IN_STORE = (*ALWAYS, StoreNotFound, StorageUnavailable)
BUCKETS = (*IN_STORE, NoBuckets)
KEY = "files/0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10/e3b0c44298fc1c14"
EXAMPLE = {
    "key": KEY,
    "size": 48213,
    "etag": "2cf24dba5fb0a30e26e83b2ac5b9e29e",
    "media_type": "video/mp4",
    "modified_at": "2026-01-19T10:30:00Z",
    "metadata": {},
}
LINK = {"url": f"https://files.example.org/asperguide/{KEY}?X-Amz-Signature=..", "expires_at": "2026-01-19T10:45:00Z"}

WhichKey = Annotated[str, QueryParameter(name="key", min_length=1, max_length=512, description="The whole key.")]
Prefix = Annotated[str, QueryParameter(name="prefix", max_length=512, description="What the keys begin with.")]
Folders = Annotated[bool, QueryParameter(name="folders", description="Tell what is below a further slash as a folder.")]
Cursor = Annotated[str | None, QueryParameter(name="cursor", max_length=2048, description="Where the last page ended.")]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=1000)]


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """Names, in order."""

    items: tuple[str, ...]


@get(STORES, tags=TAGS, **route("list_stores", ListStores, raises=ALWAYS, answer_example={"items": ["default"]}))
async def list_stores(actor: Given[Actor], list_stores: Given[ListStores]) -> Names:
    return Names(items=await list_stores(actor))


@post(
    STORES + "/{name:str}/test",
    status_code=200,
    tags=TAGS,
    **route(
        "try_store", TryStore, raises=(*ALWAYS, StoreNotFound),
        answer_example={"name": "default", "well": True, "detail": "put, got and removed an object"},
    ),
)  # fmt: skip
async def try_store(name: FromPath[str], actor: Given[Actor], try_store: Given[TryStore]) -> StoreTested:
    return await try_store(actor, name)


@get(
    STORES + "/{name:str}/buckets",
    tags=TAGS,
    **route("list_buckets", ListBuckets, raises=BUCKETS, answer_example={"items": ["asperguide"]}),
)
async def list_buckets(name: FromPath[str], actor: Given[Actor], list_buckets: Given[ListBuckets]) -> Names:
    return Names(items=await list_buckets(actor, name))


@post(
    STORES + "/{name:str}/buckets",
    status_code=204,
    tags=TAGS,
    **route("create_bucket", CreateBucket, raises=(*BUCKETS, BucketExists), example={"name": "archive"}),
)
async def create_bucket(
    name: FromPath[str],
    data: JSONBody[NewBucket],
    actor: Given[Actor],
    create_bucket: Given[CreateBucket],
    origin: Given[Origin],
) -> None:
    await create_bucket(actor, name, data, origin)


@delete(
    STORES + "/{name:str}/buckets/{bucket:str}",
    status_code=204,
    tags=TAGS,
    **route("delete_bucket", DeleteBucket, raises=(*BUCKETS, BucketNotFound, BucketInUse)),
)
async def delete_bucket(
    name: FromPath[str],
    bucket: FromPath[str],
    actor: Given[Actor],
    delete_bucket: Given[DeleteBucket],
    origin: Given[Origin],
) -> None:
    await delete_bucket(actor, name, bucket, origin)


@get(
    STORES + "/{name:str}/objects",
    tags=TAGS,
    **route(
        "list_objects", ListObjects, raises=(*IN_STORE, InvalidObjectKey),
        answer_example={"items": [EXAMPLE], "folders": ["files/"], "next_cursor": None},
    ),
)  # fmt: skip
async def list_objects(
    name: FromPath[str],
    actor: Given[Actor],
    list_objects: Given[ListObjects],
    prefix: Prefix = "",
    folders: Folders = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> ObjectPage:
    return await list_objects(actor, name, prefix, folders=folders, cursor=cursor, limit=limit)


@get(
    STORES + "/{name:str}/object",
    tags=TAGS,
    **route(
        "show_object", ShowObject, raises=(*IN_STORE, StoredObjectNotFound, InvalidObjectKey), answer_example=EXAMPLE
    ),
)
async def show_object(
    name: FromPath[str], key: WhichKey, actor: Given[Actor], show_object: Given[ShowObject]
) -> ObjectShown:
    return await show_object(actor, name, key)


@delete(
    STORES + "/{name:str}/object",
    status_code=204,
    tags=TAGS,
    **route("delete_object", DeleteObject, raises=(*IN_STORE, StoredObjectNotFound, InvalidObjectKey)),
)
async def delete_object(
    name: FromPath[str],
    key: WhichKey,
    actor: Given[Actor],
    delete_object: Given[DeleteObject],
    origin: Given[Origin],
) -> None:
    await delete_object(actor, name, key, origin)


@post(
    STORES + "/{name:str}/links",
    status_code=200,
    tags=TAGS,
    **route(
        "link_object", LinkObject, raises=(*IN_STORE, StoredObjectNotFound, InvalidObjectKey),
        example={"key": KEY, "minutes": 15}, answer_example=LINK,
    ),
)  # fmt: skip
async def link_object(
    name: FromPath[str],
    data: JSONBody[NewObjectLink],
    actor: Given[Actor],
    link_object: Given[LinkObject],
    origin: Given[Origin],
) -> ObjectLink:
    return await link_object(actor, name, data, origin)


STORE_ROUTES = (
    list_stores, try_store, list_buckets, create_bucket, delete_bucket, list_objects, show_object, delete_object,
    link_object,
)  # fmt: skip

"""Object storages: in memory, in a folder, on a SeaweedFS and behind MinIO's own front."""

from collections.abc import AsyncIterator

import pytest

from asperguide.shared.storage import Storage
from asperguide.testing.contracts import ObjectStorageContract, StorageAwayContract
from tests.servers import free_port
from tests.storages import SERVERS, in_folder, on_server, opened, s3


@pytest.fixture(params=["memory", "folder", *SERVERS])
async def storage(request: pytest.FixtureRequest) -> AsyncIterator[Storage]:
    async with opened(request.param, request) as ready:
        yield ready


@pytest.fixture(params=["folder", "no server", "wrong secret", "no bucket"])
async def away(request: pytest.FixtureRequest) -> AsyncIterator[Storage]:
    """What cannot be used, each for another reason."""
    if request.param == "folder":
        path = request.getfixturevalue("tmp_path") / "objects"
        path.write_text("no folder")
        async with in_folder(path) as storage:
            yield storage
        return
    server = request.getfixturevalue("seaweedfs")
    different = {
        "no server": {"endpoint": f"127.0.0.1:{free_port()}"},
        "wrong secret": {"secret_key": "wrong"},
        "no bucket": {"bucket": "no-such-bucket", "make_bucket": False},
    }
    async with on_server(s3(server, **different[request.param])) as storage:
        yield storage


class TestStorages(ObjectStorageContract):
    """Each of them."""


class TestStoragesAway(StorageAwayContract):
    """Each way to be away."""

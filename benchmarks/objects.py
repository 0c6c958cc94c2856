"""A real SeaweedFS in a temporary folder, on free ports, on the core of the client."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from minio import Minio
from minio.error import S3Error
from urllib3.exceptions import HTTPError

from benchmarks.processes import CLIENT_CORE, DidNotStart, Pinned, free_port

ACCESS_KEY = "bench"
SECRET_KEY = "bench-secret-of-an-object-store"
BUCKET = "bench"
GRPC_OFFSET = 10_000


@dataclass(frozen=True, slots=True)
class Objects:
    """Where the store listens on loopback."""

    port: int

    @property
    def settings(self) -> dict[str, str]:
        """What makes the service keep its objects here."""
        return {
            "BUCKET_ENDPOINT": f"127.0.0.1:{self.port}",
            "BUCKET_ACCESS_KEY": ACCESS_KEY,
            "BUCKET_SECRET_KEY": SECRET_KEY,
            "BUCKET_SECURE": "false",
            "BUCKET_NAME": "asperguide",
        }

    def client(self) -> Minio:
        """The plain client, for comparison and for looking from outside."""
        return Minio(f"127.0.0.1:{self.port}", access_key=ACCESS_KEY, secret_key=SECRET_KEY, secure=False)


@contextmanager
def objects(folder: Path) -> Iterator[Objects]:
    """The store, ready; it ends with the context. Raises DidNotStart."""
    home = folder / "seaweedfs"
    home.mkdir()
    (home / "s3.json").write_text(json.dumps(_identities()))
    (home / "master.toml").write_text("[master.volume_growth]\ncopy_1 = 1\n")
    port = free_port()
    command = [str(Path(sys.executable).with_name("weed")), "mini", f"-dir={home}", "-ip=127.0.0.1"]
    command += ["-ip.bind=127.0.0.1", f"-s3.port={port}", f"-s3.config={home / 's3.json'}", *_ports(), *QUIET]
    environ = {"HOME": str(home), "GOMEMLIMIT": "300MiB", "PATH": os.environ["PATH"]}
    with Pinned.start("weed", command, home, environ, CLIENT_CORE) as server:
        store = Objects(port)
        _wait(server, store)
        yield store


QUIET = (
    *("-volume.max=10000", "-master.volumeSizeLimitMB=128", "-master.telemetry=false", "-s3.autoCreateBucket=false"),
    *("-s3.allowDeleteBucketNotEmpty=false", "-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.preStopSeconds=0"),
    *("-admin.ui=false", "-webdav=false"),
)


def _identities() -> object:
    keys = {"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}
    return {"identities": [{"name": "bench", "credentials": [keys], "actions": ["Admin", "Read", "Write", "List"]}]}


def _ports() -> Iterator[str]:
    """Each part of the store listens on a port of its own, and on one for gRPC."""
    for part in ("master", "volume", "filer", "admin"):
        yield f"-{part}.port={free_port()}"
        yield f"-{part}.port.grpc={free_port()}"


def _wait(server: Pinned, store: Objects) -> None:
    """Until a signed put succeeds."""
    client, end = store.client(), time.monotonic() + 30
    while time.monotonic() < end:
        server.must_run()
        try:
            if not client.bucket_exists(BUCKET):
                client.make_bucket(BUCKET)
            return
        except (HTTPError, OSError, S3Error):
            time.sleep(0.05)
    raise DidNotStart(f"weed did not become ready\n{server.tail()}")

"""Bytes on their way through the service, beside the same bytes handed to the store by its own client."""

import base64
import http.client
import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from typing import TypeVar

from minio import Minio

from benchmarks.figures import Check, Report
from benchmarks.load import Load, wrk
from benchmarks.objects import BUCKET, objects
from benchmarks.processes import CLIENT_CORE, SERVER_CORE, DidNotStart
from benchmarks.rigs import Run
from benchmarks.service import API, Account, Service, service

MIB = 1024 * 1024
SIZE = 64 * MIB
BLOCK = MIB
T = TypeVar("T")

UPLOADERS = 5
READERS = 4


def transfers(run: Run) -> Report:
    """64 MiB up and down through one process on MariaDB, Redis and S3, in turns with the plain client on its core."""
    content = (b"%PDF-1.7\n" + Random(run.seed).randbytes(MIB) * (SIZE // MIB))[:SIZE]
    with ExitStack() as stack:
        store = stack.enter_context(objects(run.folder))
        ours = stack.enter_context(
            service(run.folder, run.seed, run.servers, 1, MEDIA_QUOTA_MB="100000", **store.settings)
        )
        account = ours.signed_in(ours.new_account(run.seed))
        us, plain = Through(ours, account), Plain(store.client())
        us.up(content[: 8 * MIB])
        plain.up(content[: 8 * MIB])
        before = ours.server.resident()
        ups, downs = _rounds(run, us, plain, content)
        grown = _peak(ours) - before
        alone, beside = _neighbours(run, us, content)
    return Report(
        "transfers",
        checks=[
            _ratio("upload through the service / the client's put", ups, 0.7),
            _ratio("download through the service / the client's get", downs, 0.6),
            Check(name="memory on top", value=grown, unit="MiB", at_most=40),
            Check(name="p99 of reads while five uploads run / alone", value=beside.p99 / alone.p99, at_most=2.0,
                  note=f"{alone.p99:.1f} to {beside.p99:.1f} ms, {alone.rate:.0f} to {beside.rate:.0f}/s"),
            Check(name="errors of these reads", value=beside.refused + beside.broken, at_most=0),
        ],
    )  # fmt: skip


Pair = tuple[float, float]


def _rounds(run: Run, us: "Through", plain: "Plain", content: bytes) -> tuple[list[Pair], list[Pair]]:
    """Seconds of ours and theirs, up and down, taking turns."""
    ups: list[Pair] = []
    downs: list[Pair] = []
    for _ in range(run.rounds):
        mine, file = _timed(lambda: us.up(content))
        theirs, key = _timed(lambda: plain.up(content))
        ups.append((mine, theirs))
        us.wait_until_ready(file)
        mine, got = _timed(lambda file=file: us.down(file))  # type: ignore[misc]
        theirs, same = _timed(lambda key=key: plain.down(key))  # type: ignore[misc]
        if got != same or got != len(content):
            raise DidNotStart(f"{got} and {same} bytes came back of {len(content)}")
        downs.append((mine, theirs))
    return ups, downs


def _timed(do: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    done = do()
    return time.perf_counter() - began, done


def _ratio(name: str, pairs: list[Pair], bar: float) -> Check:
    ratios = [theirs / ours for ours, theirs in pairs]
    ours, theirs = (SIZE / MIB / median(side) for side in zip(*pairs, strict=True))
    spread = (max(ratios) - min(ratios)) / median(ratios)
    note = f"{ours:.0f} and {theirs:.0f} MiB/s"
    return Check(name=name, value=median(ratios), unit="x", at_least=bar, spread=spread, note=note)


def _peak(ours: Service) -> float:
    """The most that the process ever had, in MiB."""
    lines = Path(f"/proc/{ours.server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def _neighbours(run: Run, us: "Through", content: bytes) -> tuple[Load, Load]:
    """What other people's reads take while nobody uploads, and while five do."""
    reads = run.requests("reads", [us.account.read()])
    alone = wrk(us.ours.port, reads, connections=READERS, seconds=run.seconds)
    over = threading.Event()

    def upload() -> None:
        while not over.is_set():
            us.up(content)

    uploading = [threading.Thread(target=upload) for _ in range(UPLOADERS)]
    for thread in uploading:
        thread.start()
    try:
        time.sleep(0.5)
        return alone, wrk(us.ours.port, reads, connections=READERS, seconds=run.seconds)
    finally:
        over.set()
        for thread in uploading:
            thread.join()


@dataclass(frozen=True, slots=True)
class Through:
    """Uploads by tus and downloads through the service."""

    ours: Service
    account: Account

    def up(self, content: bytes) -> str:
        """The id of the file that it became."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ours.port, timeout=60)
        fields = {**self.account.bearer, "Tus-Resumable": "1.0.0"}
        told = ",".join(
            f"{name} {base64.b64encode(value.encode()).decode()}"
            for name, value in {"filename": "tour.pdf", "filetype": "application/pdf"}.items()
        )
        start = {**fields, "Upload-Length": str(len(content)), "Upload-Metadata": told, "Content-Length": "0"}
        connection.request("POST", f"{API}/uploads/tus", headers=start)
        where = self._answer(connection, 201).headers["Location"]
        path = where[where.index(API) :]
        send = {**fields, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        connection.request("PATCH", path, body=content, headers=send)
        self._answer(connection, 204)
        connection.close()
        return path.rpartition("/")[2]

    def down(self, file: str) -> int:
        """How many bytes came."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ours.port, timeout=60)
        connection.request("GET", f"{API}/files/{file}/content", headers=self.account.bearer)
        answer, size = connection.getresponse(), 0
        while block := answer.read(BLOCK):
            size += len(block)
        connection.close()
        return size

    def wait_until_ready(self, file: str) -> None:
        """Until the file was checked."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            answer = self.ours.client.get(self.ours.url(f"/files/{file}"), headers=self.account.bearer)
            if answer.status_code == 200 and answer.json()["state"] in ("ready", "refused"):
                if answer.json()["state"] == "refused":
                    raise DidNotStart(answer.text)
                return
            time.sleep(0.05)
        raise DidNotStart(f"the file was not checked\n{self.ours.server.tail()}")

    def _answer(self, connection: http.client.HTTPConnection, status: int) -> http.client.HTTPResponse:
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != status:
            raise DidNotStart(f"{answer.status}: {body.decode(errors='replace')}\n{self.ours.server.tail()}")
        return answer


class Plain:
    """The store's own client, as it is used by hand, on the core that the service has otherwise."""

    def __init__(self, client: Minio) -> None:
        self._client, self._made = client, 0

    def up(self, content: bytes) -> str:
        """The key of the object that it became."""
        self._made += 1
        key = f"plain-{self._made}"
        with _on_core(SERVER_CORE):
            self._client.put_object(BUCKET, key, io.BytesIO(content), len(content))
        return key

    def down(self, key: str) -> int:
        """How many bytes came."""
        size = 0
        with _on_core(SERVER_CORE):
            answer = self._client.get_object(BUCKET, key)
            try:
                for block in answer.stream(BLOCK):
                    size += len(block)
            finally:
                answer.close()
                answer.release_conn()
        return size


@contextmanager
def _on_core(core: int) -> Iterator[None]:
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, {CLIENT_CORE})

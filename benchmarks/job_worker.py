"""`python -m benchmarks.job_worker URL LEASE_SECONDS [REDIS_URL]`: a worker process, until it is told to end."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from asperguide.adapters.jobs.worker import Worker
from asperguide.adapters.memory.doorbell import MemoryDoorbell
from asperguide.adapters.redis.connection import Breaker, connect
from asperguide.adapters.redis.doorbell import RedisDoorbell
from asperguide.adapters.sql.ledger import SqlLedger
from asperguide.adapters.system import SystemClock, SystemIds
from asperguide.shared.ports import Doorbell
from benchmarks.jobs import PLACES, POLL, opened, reactions

DRAIN = timedelta(seconds=10)
WORKING = "working"


async def work(url: str, lease: timedelta, redis_url: str = "") -> None:
    """Work until SIGTERM, then drain."""
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    database, clock, ids = opened(url), SystemClock(), SystemIds()
    async with doorbell_of(redis_url) as doorbell:
        worker = Worker(
            SqlLedger(database, clock),
            reactions(database),
            clock=clock,
            ids=ids,
            doorbell=doorbell,
            queues={"default": PLACES},
            lease=lease,
            poll=POLL,
        )
        running = asyncio.create_task(worker.run())
        sys.stdout.write(f"{WORKING}\n")
        sys.stdout.flush()
        await told.wait()
        await worker.drain(DRAIN)
        await running
    await database.close()


@contextlib.asynccontextmanager
async def doorbell_of(redis_url: str) -> AsyncIterator[Doorbell]:
    """The one that every process hears on `redis://:password@host:port`; without that, one of this process alone."""
    if not redis_url:
        yield MemoryDoorbell()
        return
    parts = urlsplit(redis_url)
    host, port, password = parts.hostname or "", parts.port or 0, unquote(parts.password or "")
    async with connect(host=host, port=port, password=password) as client:
        doorbell = RedisDoorbell(client, Breaker(), MemoryDoorbell())
        yield doorbell
        await doorbell.aclose()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], timedelta(seconds=float(sys.argv[2])), *sys.argv[3:]))

"""Commands of Redis as spans, by their names: keys hold addresses and ids of people."""

from time import perf_counter
from typing import Any

from redis.asyncio import Redis

from asperguide.adapters.tracing import Tracer


class TracedRedis(Redis):
    """A client that tells its `tracer` of each command."""

    tracer: Tracer

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """As every client does it."""
        began, error = perf_counter(), ""
        try:
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except BaseException as failure:
            error = type(failure).__name__
            raise
        finally:
            name = str(args[0])
            attributes = {"db.system.name": "redis", "db.operation.name": name}
            self.tracer.tell(name, perf_counter() - began, attributes, error)

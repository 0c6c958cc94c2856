"""One log line per request: what was asked for, by whom, how it was answered and how long that took.

Never a query string, a header field or a body: only the route, or what a stranger wrote in its place.
"""

import logging
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from asperguide.adapters.http.calls import Call
from asperguide.shared.tracing import Harmless

log = logging.getLogger("asperguide.access")

CLIENT_GONE = 499
"""As nginx has it: the client left before it was answered."""
LONGEST_PATH = 200


class Passage:
    """A request on its way through the edge; `status` is 0 until the answer begins, `size` counts its body's bytes.

    `sent_as` is how its caller knows the parameters of the handler that go by another name there.
    """

    __slots__ = ("began", "is_check", "method", "path", "peer", "sent_as", "size", "status", "template")

    def __init__(self, scope: Any) -> None:
        self.began = perf_counter()
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.peer: str = (scope.get("client") or ("",))[0]
        self.template = ""
        self.sent_as: Mapping[str, str] = {}
        self.is_check = False
        self.status = 0
        self.size = 0

    def tell(self, call: Call, slow_seconds: float) -> None:
        """Write the line: a warning when it took long, nearly unseen when it was a check of our health."""
        took = perf_counter() - self.began
        level = logging.WARNING if took > slow_seconds else logging.DEBUG if self.is_check else logging.INFO
        if not log.isEnabledFor(level):
            return
        # What a logger does beside this, finding out who called it, costs more than all the rest.
        record = logging.LogRecord(log.name, level, "", 0, "request", None, None)
        told: dict[str, str | int | float] = {
            "method": self.method[:LONGEST_PATH],
            "path": self.template or self.path[:LONGEST_PATH],
            "status": self.status or CLIENT_GONE,
            "ms": round(took * 1000, 3),
            "bytes": self.size,
            "client": call.address or self.peer,
        }
        if self.template:
            record.harmless = Harmless(told)
        else:  # what a stranger wrote may be a secret
            record.__dict__.update(told)
        log.handle(record)

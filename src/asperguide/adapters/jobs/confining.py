"""Runs a reaction so that whatever it does to its process, exiting or forking, ends one job only."""

import logging
import os
import sys
import types
from collections.abc import Coroutine, Generator
from typing import Any

from asperguide.adapters.jobs.reactions import Reaction
from asperguide.shared.ledger import ClaimedJob, at_work
from asperguide.shared.ports import Message

log = logging.getLogger("asperguide.jobs")


class Ended(Exception):
    """A reaction ended in a way that only programs and tasks end in."""


async def confined(reaction: Reaction, message: Message, job: ClaimedJob) -> None:
    """Run the reaction to its end. What a program ends with ends one job only: it is raised as Ended."""

    async def do() -> None:
        await reaction.do(message, job.id)

    try:
        await _here(do())
    except (SystemExit, KeyboardInterrupt) as error:
        raise Ended(repr(error)) from error


@types.coroutine
def _here(doing: Coroutine[Any, Any, None]) -> Generator[Any, Any, None]:
    """Do it step by step. A process that it forks off ends where it would turn the loop or return, which are not its.

    It would share the loop's connections with this process, and work on its jobs a second time.
    """
    here = os.getpid()
    given: Any = None
    error: BaseException | None = None
    while True:
        try:
            wanted = doing.send(given) if error is None else doing.throw(error)
        except StopIteration:
            return
        finally:
            if os.getpid() != here:
                os._exit(os.EX_SOFTWARE)
        try:
            given, error = (yield wanted), None
        except GeneratorExit:
            doing.close()
            raise
        except BaseException as raised:
            error = raised


def _tell_of_fork() -> None:
    if (work := at_work.get()) is not None:
        log.warning("job %s (%s) forked a process", work.job.id, work.job.kind)


if sys.platform != "win32":
    os.register_at_fork(after_in_parent=_tell_of_fork)

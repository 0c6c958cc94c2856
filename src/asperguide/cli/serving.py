"""`serve`, `worker` and `scheduler`: the processes of the service."""

import gc
import logging
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import click

from asperguide.settings import Settings, load

if TYPE_CHECKING:
    from asperguide.container import Container

ENDING_SECONDS = 25.0
"""By when a worker or a scheduler has ended after it was told to; jobs get most of that."""


@click.command()
@click.option("--workers", default=1, show_default=True, help="Processes; above 1 needs SQL_HOST and REDIS_HOST.")
@click.option("--reload", is_flag=True, help="Start anew when a source file changes.")
@click.option("--host", help="Instead of SERVER_HOST.")
@click.option("--port", help="Instead of SERVER_PORT.")
def serve(workers: int, reload: bool, host: str | None, port: str | None) -> None:
    """Serve the REST API; on an embedded database work on jobs as well."""
    # Whatever is loaded here stays: looking for garbage in it is a tenth of the start.
    gc.disable()
    from asperguide import server
    from asperguide.adapters.logs import configuring
    from asperguide.adapters.system import SystemClock
    from asperguide.choosing import log_rules

    gc.enable()
    # Through the environment, so that every worker process reads the same.
    os.environ.update({name: value for name, value in (("SERVER_HOST", host), ("SERVER_PORT", port)) if value})
    settings = load()
    with configuring.running(log_rules(settings), SystemClock()):
        server.serve(settings, workers=workers, reload=reload, announce=lambda: _announce(settings))


@click.command()
def worker() -> None:
    """Work on jobs until told to stop; told a second time, end at once."""
    from asperguide.worker import working

    _live(working, "Working on jobs.")


@click.command()
def scheduler() -> None:
    """Put what the clock asks for into the ledger until told to stop, whatever ENABLE_CRONS says; work on nothing."""
    from asperguide.worker import scheduling

    _live(scheduling, "Firing schedules.")


def _live(doing: "Callable[[Container], AbstractAsyncContextManager[object]]", words: str) -> None:
    """Do it until told to stop, with the heap and the loop that `serve` has.

    asyncio's own loop asks for 256 KiB for each read and keeps a hundred bytes of it, which leaves the heap in pieces
    that grow for thousands of jobs.
    """
    from uvicorn.loops.auto import auto_loop_factory

    from asperguide.adapters.signals import when_told_to_end
    from asperguide.adapters.system import keep_one_heap
    from asperguide.cli.running import run
    from asperguide.server import living

    async def live(container: "Container") -> None:
        draining = container.draining()
        when_told_to_end(lambda _: draining.set(), within=ENDING_SECONDS)
        async with living(container, with_worker=False), doing(container):
            click.echo(f"{words} Stop with Ctrl+C.")
            await draining.wait()

    keep_one_heap()
    run(live, log_level=logging.INFO, loop_factory=auto_loop_factory())


def _announce(settings: Settings) -> None:
    base = f"http://{'127.0.0.1' if settings.host == '0.0.0.0' else settings.host}:{settings.server_port}"  # noqa: S104
    database = (
        "SQLite in " + str(settings.data_dir) if settings.embedded else f"{settings.sql_host}:{settings.sql_port}"
    )
    mails = f"SMTP to {settings.smtp_host}" if settings.smtp_host else f"{settings.mail_folder}/*.eml"
    lines = [f"Asperguide on {base}", f"  data   {database}", f"  mails  {mails}"]
    if settings.shows_mails:
        lines.append(f"         {base}/dev/mails")
    if settings.shows_docs:
        lines.append(f"  docs   {base}/docs  /redoc  /rapidoc  /scalar  /elements  /rapipdf  /openapi.json")
    click.echo("\n".join(lines))

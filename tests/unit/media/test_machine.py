"""A state machine: whatever people, clocks and crashes do in whatever order, quotas are exact and no bytes are lost."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from dependency_injector.providers import Factory, Object
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from asperguide.adapters.memory.media_tables import FILES, UPLOADS
from asperguide.media import FileChange, FileId, FileState, SmallUpload, Transport
from asperguide.media.model import RETENTION
from asperguide.shared.errors import DomainError
from asperguide.shared.storage import UploadMissing
from asperguide.testing.faults import Call, CrashAfter, CrashBefore, Fault, Faults, Injected, Latency
from tests.media import TEXT, a_world, check_sound, files, in_chunks, png, put, put_parts, read, start

CONTENTS = {"text/plain": TEXT, "image/png": png(), "application/octet-stream": b"\x7fELF program"}
FAULTS = st.one_of(st.none(), st.tuples(st.integers(1, 20), st.sampled_from([CrashBefore(), CrashAfter()])))
Planned = tuple[int, Fault] | None
WHILES = [timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(hours=25), RETENTION]
TURN = Latency(0)
"""Of every call that does not fail: others have their turn."""


class MediaMachine(RuleBasedStateMachine):
    """Files are sent, finished, given up, deleted, restored; time passes; at any call of a port the process may die."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = a_world(quota_bytes=20 * len(TEXT), quota_files=20)
        self.sent: dict[FileId, bytes] = {}

    def teardown(self) -> None:
        """In the end everything is put in order, and then nothing is left that should not be."""
        self.run(self.in_order())
        self.loop.close()

    async def in_order(self) -> None:
        """Time for every retry, expiry and sweep."""
        await self.world.advance(days=5)
        assert (await self.world.container.reconcile()()).clean
        objects = set(self.world.storage.objects)
        wanted = {file.key for file in files(self.world) if file.state in (FileState.READY, FileState.DELETED)}
        assert objects == wanted
        assert await self.world.storage.open_uploads() == []

    def run(self, work: Awaitable[Any]) -> Any:
        """Wait for it."""
        return self.loop.run_until_complete(work)  # type: ignore[arg-type]

    def attempt(self, planned: Planned, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do it with the planned crash, if any; None when it crashed or was refused."""

        async def once() -> Any:
            def fate(call: Call) -> Fault:
                return planned[1] if planned and call.total == planned[0] else TURN

            c, faults = self.world.container, Faults(fate)
            make = c.media_unit_of_work.last_overriding
            with (
                c.storage.override(Object(faults.wrap(self.world.storage, "storage"))),
                c.media_unit_of_work.override(Factory(faults.wrap(make, "uow"))),
            ):
                try:
                    return await work()
                except (Injected, DomainError, UploadMissing):  # parts were joined by whoever died: finish it then
                    return None

        return self.run(once())

    @initialize()
    def somebody(self) -> None:
        """Siobhán, who has begun to send a few files and has sent one."""
        self.siobhan = self.run(self.world.person("siobhan")).actor
        for transport in Transport:
            if transport is not Transport.SMALL:
                self.starts("text/plain", transport, None)
        self.sends_at_once("text/plain", None, True)

    @contextmanager
    def remembering(self, content: bytes) -> Iterator[None]:
        """What new files ought to hold."""
        known = {file.id for file in files(self.world)}
        yield
        self.sent.update((file.id, content) for file in files(self.world) if file.id not in known)

    def some(self, number: int, *states: FileState) -> FileId | None:
        """One of the files in these states."""
        found = [file.id for file in files(self.world) if not states or file.state in states]
        return found[number % len(found)] if found else None

    @rule(said=st.sampled_from(sorted(CONTENTS)), transport=st.sampled_from(list(Transport)[:3]), planned=FAULTS)
    def starts(self, said: str, transport: Transport, planned: Planned) -> None:
        """An upload."""
        content, fields = CONTENTS[said], {"media_type": said, "transport": transport}
        with self.remembering(content):
            self.attempt(planned, lambda: start(self.world, self.siobhan, content, **fields))

    @rule(said=st.sampled_from(sorted(CONTENTS)), planned=FAULTS, known=st.booleans())
    def sends_at_once(self, said: str, planned: Planned, known: bool) -> None:
        """One request."""
        content = CONTENTS[said]
        new = SmallUpload(name="a", media_type=said, size=len(content) if known else None)
        with self.remembering(content):
            self.attempt(planned, lambda: self.world.container.upload_small()(self.siobhan, new, in_chunks(content)))

    @rule(number=st.integers(0, 20), share=st.floats(0, 1), planned=FAULTS)
    def sends(self, number: int, share: float, planned: Planned) -> None:
        """Bytes of an upload, or the rest of them."""
        id = self.some(number, FileState.AWAITING)
        upload = None if id is None else self.world.database.rows(UPLOADS).get(id)
        if id is None or upload is None or upload.transport is Transport.SMALL:
            return
        content = self.sent[id]
        match upload.transport:
            case Transport.TUS:
                end = upload.offset + round((len(content) - upload.offset) * share)
                append = self.world.container.append_to_upload
                chunks = in_chunks(content[upload.offset : end], 7)
                self.attempt(planned, lambda: append()(self.siobhan, id, upload.offset, chunks))
            case Transport.MULTIPART:
                self.attempt(None, lambda: put_parts(self.world, self.siobhan, id, content))
            case _:
                self.run(put(self.world, id, content if share < 0.9 else content + b"!"))

    @rule(number=st.integers(0, 20), planned=FAULTS)
    def finishes(self, number: int, planned: Planned) -> None:
        """An upload, or one that is over."""
        if (id := self.some(number)) is not None:
            self.attempt(planned, lambda: self.world.container.finish_upload()(self.siobhan, id))

    @rule(number=st.integers(0, 20), planned=FAULTS)
    def finishes_and_aborts_at_once(self, number: int, planned: Planned) -> None:
        """Whatever comes first."""
        if (id := self.some(number)) is None:
            return
        c = self.world.container
        self.attempt(
            planned,
            lambda: asyncio.gather(
                *(c.finish_upload()(self.siobhan, id) for _ in range(2)),
                c.abort_upload()(self.siobhan, id),
                return_exceptions=True,
            ),
        )

    @rule(number=st.integers(0, 20), planned=FAULTS)
    def aborts(self, number: int, planned: Planned) -> None:
        """An upload."""
        if (id := self.some(number, FileState.AWAITING)) is not None:
            self.attempt(planned, lambda: self.world.container.abort_upload()(self.siobhan, id))

    @rule(number=st.integers(0, 20), planned=FAULTS)
    def renames(self, number: int, planned: Planned) -> None:
        """A file, in the middle of whatever happens to it."""
        if (id := self.some(number)) is not None:
            change = FileChange(name=f"name {number}")
            self.attempt(planned, lambda: self.world.container.update_file()(self.siobhan, id, change))

    @rule(number=st.integers(0, 20), planned=FAULTS)
    def deletes(self, number: int, planned: Planned) -> None:
        """A file in any state."""
        if (id := self.some(number)) is not None:
            self.attempt(planned, lambda: self.world.container.delete_file()(self.siobhan, id))

    @rule(number=st.integers(0, 20), planned=FAULTS)
    def restores(self, number: int, planned: Planned) -> None:
        """A deleted file."""
        if (id := self.some(number, FileState.DELETED)) is not None:
            self.attempt(planned, lambda: self.world.container.restore_file()(self.siobhan, id))

    @rule(planned=FAULTS, name=st.sampled_from(["expire_uploads", "purge_deleted_files", "prune_links", "tidy_media"]))
    def cleans_up(self, planned: Planned, name: str) -> None:
        """Housekeeping, at any time, and dying in the middle of it."""
        self.attempt(planned, lambda: getattr(self.world.container, name)()())

    @rule()
    def works(self) -> None:
        """Whatever is due is done."""
        self.run(self.world.settle())

    @rule(by=st.sampled_from(WHILES))
    def time_passes(self, by: timedelta) -> None:
        """And nobody does anything."""
        self.world.clock.advance(by)

    @rule()
    def time_passes_as_it_should(self) -> None:
        """With everything that is due."""
        self.run(self.world.advance(hours=1))

    @invariant()
    def everything_is_exact(self) -> None:
        """At every moment."""
        check_sound(self.world)
        for file in self.world.database.rows(FILES).all():
            if file.state is FileState.READY:
                assert self.run(read(self.world, self.siobhan, file.id)) == self.sent[file.id]


# Time also passes without housekeeping, which the service says.
TestMedia = pytest.mark.expects_error_log(MediaMachine.TestCase)
TestMedia.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

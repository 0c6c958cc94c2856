"""What happens after the fact: which use case reacts to which message, what the clock asks for, who works on it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from asperguide.adapters.jobs.reactions import Reaction, Reactions, by_kind
from asperguide.adapters.jobs.scheduler import Schedule, Scheduler
from asperguide.adapters.jobs.tracing import TracedWorker
from asperguide.adapters.jobs.worker import Worker
from asperguide.adapters.tracing import traced
from asperguide.ar import analytics as views
from asperguide.ar import events as ar
from asperguide.capsules import events as capsules
from asperguide.companies import events as companies
from asperguide.container import Container
from asperguide.identity import events
from asperguide.media import events as media
from asperguide.operations.events import InvariantsCheckDue, JobCancelled, LedgerPruneDue
from asperguide.projects import events as projects
from asperguide.settings import Settings
from asperguide.shared.ledger import kind_of
from asperguide.shared.ports import Message

Do = Callable[[Any, UUID], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Long:
    """A use case that may run for so many minutes; others for one."""

    name: str
    minutes: int


REACTIONS: dict[type[Message], tuple[str | Long, ...]] = {
    events.UserRegistered: ("send_verification",),
    events.VerificationRequested: ("send_verification",),
    events.TakenAddressTried: ("tell_taken_address",),
    events.ResetRequested: ("send_reset",),
    events.EmailChangeRequested: ("send_email_change",),
    events.EmailChanged: ("tell_owner",),
    events.PasswordChanged: ("tell_owner",),
    events.SignedInFromNewDevice: ("tell_owner",),
    events.AccountClosing: ("send_closing",),
    events.AccountReopened: ("tell_owner",),
    events.UserSuspended: ("tell_owner",),
    events.PortraitAbandoned: ("forget_portrait",),
    events.AddressVerified: ("link_address",),
    events.AccountErased: (
        "forget_exports",
        Long("forget_owner", minutes=60),
        Long("forget_person", minutes=60),
        Long("part_from_companies", minutes=60),
        Long("forget_listed", minutes=15),
    ),
    events.ExportRequested: (Long("make_export", minutes=60),),
    events.ExportMade: ("send_export",),
    media.FileArrived: (Long("check_file", minutes=15),),
    media.VideoProcessingWanted: (Long("process_video", minutes=150),),
    media.PosterWanted: (Long("make_stills", minutes=15),),
    media.ConversionWanted: (Long("convert_file", minutes=150),),
    media.ObjectsAbandoned: (Long("remove_objects", minutes=15),),
    media.FileSettled: (Long("follow_file", minutes=15),),
    media.VideoSettled: (Long("follow_file", minutes=15),),
    ar.ContentChanged: (Long("follow_content", minutes=5),),
    ar.MarkerWanted: (Long("look_again", minutes=5),),
    ar.ProjectExportWanted: (Long("make_project_export", minutes=60),),
    ar.ProjectImportWanted: (Long("make_project", minutes=60),),
    ar.FilesLeft: (Long("drop_left_files", minutes=15),),
    ar.ContentHappened: ("note_activity",),
    ar.ContentRemoved: (Long("forget_content", minutes=15),),
    ar.VideosRemoved: (Long("forget_videos", minutes=15),),
    capsules.CapsuleSealed: ("tell_recipient",),
    capsules.CapsuleUnfolded: ("tell_recipient",),
    capsules.CapsuleReady: ("tell_recipient",),
    capsules.CapsuleCancelled: ("tell_recipient",),
    capsules.CapsuleOpened: ("tell_sender",),
    capsules.CapsuleAnswered: ("tell_sender",),
    capsules.AddressFailed: ("tell_sender",),
    companies.InvitationAsked: ("send_invitation",),
    companies.ClientErased: (Long("forget_client", minutes=15),),
    companies.CompanyClosing: (Long("take_apart", minutes=150),),
    companies.CompanyRemoved: (Long("forget_prints_of_company", minutes=60), "forget_project_count"),
    projects.ProjectHappened: ("note_activity",),
    projects.ProjectEnding: ("tell_company",),
    projects.ContactToTell: ("tell_contact",),
    projects.CopyWanted: (Long("copy_contents", minutes=60),),
    projects.ProjectRemovalWanted: (Long("remove_project", minutes=60),),
    projects.ProjectGivenUp: (Long("remove_project", minutes=60),),
    projects.ProjectRemoved: (Long("clear_removed", minutes=60),),
}
"""Events, and the use cases of the container that are called with the event and the id of its row in the ledger.

When somebody waits for a job it is done with the first of them; the others are jobs beside it.
"""

CANCELLED: dict[type[Message], str] = {
    media.VideoProcessingWanted: "stop_processing",
    media.ConversionWanted: "stop_converting",
    events.ExportRequested: "forget_exports",
    companies.CompanyClosing: "take_apart",
    projects.ProjectRemovalWanted: "stop_removing",
    ar.ProjectExportWanted: "drop_project_export",
    ar.ProjectImportWanted: "drop_import",
}
"""Jobs of people, and the use cases that are called with the job's message, and the id of a row, when it is cancelled.

The job itself may be running still, for a moment.
"""

PRUNES: dict[type[Message], str | Long] = {
    events.SessionsPruneDue: "prune_sessions",
    events.CodesPruneDue: "prune_codes",
    events.UnconfirmedPruneDue: "prune_unconfirmed",
    media.UploadsExpireDue: Long("expire_uploads", minutes=15),
    media.FilesPurgeDue: Long("purge_deleted_files", minutes=15),
    media.LinksPruneDue: "prune_links",
    media.MediaReconcileDue: Long("tidy_media", minutes=60),
    ar.UnusedFilesDropDue: Long("sweep_files", minutes=60),
    ar.SessionsForgetDue: Long("forget_sessions", minutes=15),
    capsules.CapsulesSweepDue: Long("sweep_capsules", minutes=15),
    companies.InvitationsPruneDue: "prune_invitations",
    projects.ProjectsSweepDue: Long("sweep_projects", minutes=15),
    views.EventsPruneDue: Long("prune_events", minutes=15),
}
"""What the clock asks for, and the use cases that are called with the id of the row and end it themselves."""

DUE: dict[type[Message], str | Long] = {
    events.ClosedAccountsPurgeDue: "purge_closed_accounts",
    events.ExportsPruneDue: Long("prune_exports", minutes=15),
    ar.PackedProjectsPruneDue: Long("prune_packed_projects", minutes=15),
    views.EventsFoldDue: Long("fold_all_events", minutes=15),
    InvariantsCheckDue: "report_invariants",
    LedgerPruneDue: "prune_ledger",
}
"""What the clock asks for, and the use cases that are called with nothing."""

DRAIN = timedelta(seconds=19)


def reactions_of(container: Container) -> Reactions:
    """The table that a worker goes by, made of the container's use cases as they are at the time of each call."""

    def reaction(message: type[Message], wanted: str | Long, call: Callable[[Callable[[], Any]], Do]) -> Reaction:
        long = wanted if isinstance(wanted, Long) else Long(wanted, minutes=1)
        provider, timeout = getattr(container, long.name), timedelta(minutes=long.minutes)
        return Reaction(name=long.name, message=message, do=call(provider), timeout=timeout)

    reactions = [
        *(reaction(message, wanted, _told) for message, all in REACTIONS.items() for wanted in all),
        *(reaction(message, wanted, _ending) for message, wanted in PRUNES.items()),
        *(reaction(message, wanted, _asked) for message, wanted in DUE.items()),
        Reaction(name="clean_up", message=JobCancelled, do=_cancelled(container)),
    ]
    if (tracer := container.tracer()) is not None:
        reactions = [replace(one, do=traced(tracer, one.name, one.do)) for one in reactions]
    return by_kind(reactions)


def schedules_of(settings: Settings) -> list[Schedule]:
    """When housekeeping is due."""
    cleanup, codes = timedelta(minutes=settings.db_cleanup_interval), timedelta(minutes=settings.token_renewal_interval)
    return [
        Schedule(name="prune-sessions", every=cleanup, message=events.SessionsPruneDue()),
        Schedule(name="prune-codes", every=codes, message=events.CodesPruneDue()),
        Schedule(name="prune-unconfirmed", every=timedelta(hours=1), message=events.UnconfirmedPruneDue()),
        Schedule(name="purge-closed-accounts", every=timedelta(hours=1), message=events.ClosedAccountsPurgeDue()),
        Schedule(name="prune-exports", every=timedelta(hours=1), message=events.ExportsPruneDue()),
        Schedule(name="expire-uploads", every=timedelta(minutes=15), message=media.UploadsExpireDue()),
        Schedule(name="purge-deleted-files", every=timedelta(hours=1), message=media.FilesPurgeDue()),
        Schedule(name="prune-links", every=timedelta(hours=1), message=media.LinksPruneDue()),
        Schedule(name="reconcile-media", every=timedelta(days=1), message=media.MediaReconcileDue()),
        Schedule(name="prune-packed-projects", every=timedelta(hours=1), message=ar.PackedProjectsPruneDue()),
        Schedule(name="sweep-files", every=timedelta(days=1), message=ar.UnusedFilesDropDue()),
        Schedule(name="forget-view-sessions", every=timedelta(days=1), message=ar.SessionsForgetDue()),
        Schedule(
            name="sweep-capsules",
            every=timedelta(seconds=settings.capsule_sweep_seconds),
            message=capsules.CapsulesSweepDue(),
        ),
        Schedule(name="prune-invitations", every=timedelta(days=1), message=companies.InvitationsPruneDue()),
        Schedule(name="sweep-projects", every=timedelta(minutes=1), message=projects.ProjectsSweepDue()),
        Schedule(name="fold-events", every=timedelta(minutes=1), message=views.EventsFoldDue()),
        Schedule(name="prune-events", every=timedelta(hours=1), message=views.EventsPruneDue()),
        Schedule(name="prune-ledger", every=timedelta(hours=1), message=LedgerPruneDue()),
        Schedule(name="check-invariants", every=timedelta(minutes=5), message=InvariantsCheckDue()),
    ]


def worker_of(container: Container) -> Worker:
    """A worker on the container's ledger."""
    settings, tracer = container.settings(), container.tracer()
    kind = Worker if tracer is None else partial(TracedWorker, tracer=tracer)
    return kind(
        container.ledger(),
        reactions_of(container),
        clock=container.clock(),
        ids=container.ids(),
        doorbell=container.doorbell(),
        resting=container.maintenance().under_way,
        queues=settings.queues,
    )


@asynccontextmanager
async def working(container: Container) -> AsyncIterator[Worker]:
    """A worker, and the scheduler unless `ENABLE_CRONS` is off, beside whatever else runs in this loop.

    They take nothing new once the process drains: jobs end, or are handed back, while requests are still answered.
    """
    worker = worker_of(container)
    container.monitor().watch(worker)
    draining = container.draining()

    async def end() -> None:
        await draining.wait()
        await worker.drain(DRAIN)

    running = asyncio.create_task(worker.run(), name="worker")
    ending = asyncio.create_task(end(), name="end of the worker")
    try:
        async with scheduling(container) if container.settings().enable_crons else nullcontext():
            yield worker
    finally:
        draining.set()
        await ending
        await running


@asynccontextmanager
async def scheduling(container: Container) -> AsyncIterator[Scheduler]:
    """The scheduler beside whatever else runs in this loop. It fires nothing more once the process drains."""
    scheduler = Scheduler(
        container.ledger(),
        schedules_of(container.settings()),
        clock=container.clock(),
        doorbell=container.doorbell(),
    )
    scheduler.start()
    draining = container.draining()

    async def end() -> None:
        await draining.wait()
        await scheduler.drain(DRAIN)

    ending = asyncio.create_task(end(), name="end of the scheduler")
    try:
        yield scheduler
    finally:
        draining.set()
        await ending


def _cancelled(container: Container) -> Do:
    kinds = {kind_of(message): (message, getattr(container, name)) for message, name in CANCELLED.items()}

    async def clean_up(cancelled: JobCancelled, job: UUID) -> None:
        if (found := kinds.get(cancelled.kind)) is not None:
            message, provider = found
            await provider()(msgspec.json.decode(cancelled.payload, type=message), job)

    return clean_up


def _told(provider: Callable[[], Any]) -> Do:
    return lambda message, job: provider()(message, job)


def _ending(provider: Callable[[], Any]) -> Do:
    return lambda message, job: provider()(job)


def _asked(provider: Callable[[], Any]) -> Do:
    return lambda message, job: provider()()

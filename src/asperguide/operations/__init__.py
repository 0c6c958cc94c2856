"""Operations: is it well, what is missing, what to do; and the ledger of jobs for those who run it."""

from asperguide.operations.buckets import Buckets, CreateBucket, DeleteBucket, ListBuckets, NewBucket
from asperguide.operations.doctor import Examination, Examine, Finding
from asperguide.operations.following import CancelMyJob, ListMyJobs, ShowMyJob
from asperguide.operations.health import CheckReadiness, DependencyHealth, Readiness
from asperguide.operations.invariants import (
    CheckInvariants,
    Invariant,
    InvariantsBroken,
    InvariantsProbe,
    ReportInvariants,
)
from asperguide.operations.jobs import CancelJob, ListJobs, Pruned, PruneJobs, Pruning, RetryJob, ShowJob
from asperguide.operations.maintenance import BeginMaintenance, CheckMaintenance, EndMaintenance, MaintenanceNotice
from asperguide.operations.model import Deed, DeedKind, Job, JobInFull, Maintenance, MyJob, MyJobState, Queue, Vitals
from asperguide.operations.ports import (
    AuditTrail,
    JobBoard,
    JobReads,
    KeptMail,
    KeptMailContent,
    MailArchive,
    MaintenanceReads,
    MaintenanceSwitch,
    OperationsUnitOfWork,
    Watch,
)
from asperguide.operations.queues import PauseQueue, QueueOverview, ResumeQueue
from asperguide.operations.stores import (
    DeleteObject,
    LinkObject,
    ListObjects,
    ListStores,
    NewObjectLink,
    ObjectLink,
    ObjectPage,
    ObjectShown,
    ShowObject,
    StoreProbe,
    StoreTested,
    TryStore,
)

__all__ = [
    # use cases
    "CheckInvariants",
    "CheckReadiness",
    "Examine",
    "BeginMaintenance",
    "CheckMaintenance",
    "EndMaintenance",
    "CancelJob",
    "CancelMyJob",
    "CreateBucket",
    "DeleteBucket",
    "DeleteObject",
    "LinkObject",
    "ListBuckets",
    "ListJobs",
    "ListMyJobs",
    "ListObjects",
    "ListStores",
    "PauseQueue",
    "PruneJobs",
    "QueueOverview",
    "ReportInvariants",
    "ResumeQueue",
    "RetryJob",
    "ShowJob",
    "ShowMyJob",
    "ShowObject",
    "TryStore",
    # commands
    "MaintenanceNotice",
    "NewBucket",
    "NewObjectLink",
    "Pruning",
    # model
    "Deed",
    "DeedKind",
    "Job",
    "JobInFull",
    "Maintenance",
    "MyJob",
    "MyJobState",
    "Queue",
    "Vitals",
    # results
    "DependencyHealth",
    "Examination",
    "Finding",
    "Invariant",
    "InvariantsBroken",
    "InvariantsProbe",
    "ObjectLink",
    "ObjectPage",
    "ObjectShown",
    "Pruned",
    "StoreProbe",
    "StoreTested",
    "Readiness",
    # ports
    "AuditTrail",
    "Buckets",
    "JobBoard",
    "JobReads",
    "KeptMail",
    "KeptMailContent",
    "MailArchive",
    "MaintenanceReads",
    "MaintenanceSwitch",
    "OperationsUnitOfWork",
    "Watch",
]

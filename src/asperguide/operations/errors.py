"""Everything that operations can refuse."""

from asperguide.shared.errors import Conflict, Invalid, NotFound, Unavailable


class JobNotFound(NotFound, code=40420):
    """There is no such job."""


class JobNotRetryable(Conflict, code=40920):
    """The job is running or done; only one that waits, is dead or was cancelled can be retried."""


class JobKeyTaken(Conflict, code=40922):
    """Another job under the same unique key waits or runs; this one can be retried when that one is over."""


class JobNotCancellable(Conflict, code=40921):
    """The job is over; only one that waits or runs can be cancelled."""


class InvalidQueueName(Invalid, code=42221):
    """A queue is named with 1 to 40 letters, digits, dots, hyphens and underscores."""


class UnderMaintenance(Unavailable, code=50320):
    """We are working on the service. Please come back soon."""


class StoreNotFound(NotFound, code=40421):
    """There is no such object store."""


class BucketNotFound(NotFound, code=40422):
    """There is no such bucket."""


class StoredObjectNotFound(NotFound, code=40423):
    """There is no such object in this store."""


class BucketExists(Conflict, code=40923):
    """There is such a bucket already."""


class BucketInUse(Conflict, code=40924):
    """There are still objects in the bucket."""


class NoBuckets(Conflict, code=40925):
    """This store is a folder on a disk; there are no buckets."""


class InvalidObjectKey(Invalid, code=42222):
    """No object has such a key."""

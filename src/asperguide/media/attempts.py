"""Work that is tried several times: whether this is the last, and what is said of it then."""

from uuid import UUID

from asperguide.shared.ledger import work_on

OUR_FAULT = "This did not work for a reason that does not lie in the file. Please try again later."


def is_last(job: UUID | None) -> bool:
    """Whether nobody tries again after this."""
    work = work_on(job)
    return work is not None and work.job.attempts >= work.job.max_attempts

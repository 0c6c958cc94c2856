"""The law of everything that keeps prints: units of work and reads over one place."""

from asperguide.testing.contracts.ar.contents import ContentsContract
from asperguide.testing.contracts.ar.counting import CountingContract
from asperguide.testing.contracts.ar.lists import ContentListsContract
from asperguide.testing.contracts.ar.scenes import ScenesContract


class ArContract(ContentsContract, ContentListsContract, CountingContract, ScenesContract):
    """Give it a fixture `persistence`: a `Persistence` that is empty."""

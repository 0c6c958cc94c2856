"""The law of everything that keeps prints: units of work and reads over one place."""

from asperguide.testing.contracts.ar.contents import ContentsContract
from asperguide.testing.contracts.ar.counting import CountingContract
from asperguide.testing.contracts.ar.lists import ContentListsContract


class ArContract(ContentsContract, ContentListsContract, CountingContract):
    """Give it a fixture `persistence`: a `Persistence` that is empty."""

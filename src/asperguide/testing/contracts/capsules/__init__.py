"""The law of everything that keeps capsules: units of work and reads over one place."""

from asperguide.testing.contracts.capsules.addressees import AddresseesContract
from asperguide.testing.contracts.capsules.announcing import AnnouncementsContract
from asperguide.testing.contracts.capsules.contents import ContentsContract
from asperguide.testing.contracts.capsules.drafts import DraftsContract
from asperguide.testing.contracts.capsules.lists import CapsuleListsContract
from asperguide.testing.contracts.capsules.recipients import RecipientsContract
from asperguide.testing.contracts.capsules.replies import RepliesContract
from asperguide.testing.contracts.capsules.sealed import SealedCapsulesContract


class CapsulesContract(
    DraftsContract,
    ContentsContract,
    RecipientsContract,
    SealedCapsulesContract,
    AddresseesContract,
    AnnouncementsContract,
    CapsuleListsContract,
    RepliesContract,
):
    """Give it a fixture `persistence`: a `Persistence` that is empty."""

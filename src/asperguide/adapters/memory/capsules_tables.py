"""What capsules keep in memory. Addressees lie beside their capsules, in the order in which they were named."""

from asperguide.adapters.memory.tables import Table
from asperguide.capsules.addressees import Addressee
from asperguide.capsules.announcements import Announcement
from asperguide.capsules.errors import RecipientKnown
from asperguide.capsules.model import Capsule
from asperguide.capsules.repositories import Countdown, Recipient, Reflection, Reply, Sealed, StoredDraft

DRAFTS = Table(name="capsule_drafts", entity=StoredDraft)
CONTENTS = Table(name="capsule_contents", entity=Sealed)
RECIPIENTS = Table(
    name="capsule_recipients",
    entity=Recipient,
    unique={("owner", "email_key"): RecipientKnown, ("owner", "user"): RecipientKnown},
)
CAPSULES = Table(name="capsules", entity=Capsule)
ADDRESSEES = Table(name="capsule_addressees", entity=Addressee)
ANNOUNCEMENTS = Table(name="capsule_announcements", entity=Announcement, key="addressee")
REPLIES = Table(name="capsule_replies", entity=Reply)
REFLECTIONS = Table(name="capsule_reflections", entity=Reflection)
COUNTDOWNS = Table(name="capsule_countdowns", entity=Countdown)

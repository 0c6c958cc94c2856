"""Capsules: letters that open when their time has come, and not a moment before."""

from asperguide.capsules.address_book import (
    AddRecipient,
    ChangeRecipient,
    GetRecipient,
    ListRecipients,
    NewRecipient,
    RecipientChange,
    RemoveRecipient,
)
from asperguide.capsules.addressees import Addressee, AddresseeId, CapsuleId
from asperguide.capsules.anonymity import Anonymity
from asperguide.capsules.answering import NewReflection, NewReply, Reflect, ReplyToCapsule
from asperguide.capsules.changing import CancelCapsule, NewAddress, PostponeCapsule, Postponement, ReaddressCapsule
from asperguide.capsules.claiming import ClaimCapsule, ClaimTokens, ShowClaim
from asperguide.capsules.content import Draft, To
from asperguide.capsules.counting_down import ListCountdowns, RevokeCountdown, SeeCountdown, ShareCountdown
from asperguide.capsules.drafting import CreateDraft, DeleteDraft, GetDraft, ListDrafts, ReadDraft, SaveDraft
from asperguide.capsules.finding import FindAddressees
from asperguide.capsules.model import Action, Capsule, Fact, Part, State
from asperguide.capsules.packing import PackedLetter, PackLetters
from asperguide.capsules.ports import CapsulePolicy
from asperguide.capsules.reading import (
    GetCapsule,
    LinkAttachment,
    ListCapsules,
    OpenCapsule,
    PeekCapsule,
    ProveCapsule,
    ReadLetter,
    ShowCapsule,
)
from asperguide.capsules.repositories import CountdownId, Recipient, RecipientId
from asperguide.capsules.rotating import CountKeys, KeyInUse, RotateKeys
from asperguide.capsules.sealing import (
    Anonymously,
    MakeCapsule,
    NewCapsule,
    SealCapsule,
    SealDraft,
    Sealing,
    UnlockTime,
)
from asperguide.capsules.settling import ForgetPerson, LinkAddress
from asperguide.capsules.sweeping import SweepCapsules
from asperguide.capsules.telling import TellRecipient, TellSender, WriteAboutCapsule
from asperguide.capsules.unlocking import Reading, Unlock, check_unlock, unlock_on
from asperguide.capsules.views import (
    AddresseeView,
    AttachmentView,
    CapsuleSummary,
    CapsuleView,
    ClaimView,
    ContentView,
    CountdownView,
    DraftView,
    MadeCountdown,
    ProofView,
    ReflectionView,
    ReplyView,
    SenderView,
    SharedCountdown,
)

__all__ = [
    # writing
    "CreateDraft", "Draft", "DraftView", "GetDraft", "ListDrafts", "SaveDraft", "DeleteDraft", "To",
    "AddRecipient", "NewRecipient", "Recipient", "GetRecipient", "ListRecipients", "ChangeRecipient",
    "RecipientChange", "RemoveRecipient",
    # sealing
    "SealCapsule", "NewCapsule", "SealDraft", "Sealing", "UnlockTime", "Anonymously", "CancelCapsule",
    "PostponeCapsule", "Postponement", "ReaddressCapsule", "NewAddress", "ShareCountdown", "MadeCountdown",
    "ListCountdowns", "SharedCountdown", "RevokeCountdown", "SeeCountdown", "CountdownView",
    # reading
    "ListCapsules", "CapsuleSummary", "GetCapsule", "CapsuleView", "SenderView", "AddresseeView", "ContentView",
    "AttachmentView", "OpenCapsule", "PeekCapsule", "LinkAttachment", "ProveCapsule", "ProofView",
    "ShowClaim", "ClaimView", "ClaimCapsule",
    # answering
    "ReplyToCapsule", "NewReply", "ReplyView", "Reflect", "NewReflection", "ReflectionView",
    # in the background
    "SweepCapsules", "TellRecipient", "TellSender", "LinkAddress", "ForgetPerson", "RotateKeys", "CountKeys",
    "KeyInUse",
    # parts that a container puts together
    "CapsulePolicy", "ClaimTokens", "ReadDraft", "FindAddressees", "MakeCapsule", "ReadLetter", "ShowCapsule",
    "WriteAboutCapsule", "PackLetters", "PackedLetter",
    # what a capsule is, and who may do and see what
    "Addressee", "AddresseeId", "Anonymity", "Capsule", "CapsuleId", "CountdownId", "RecipientId", "State", "Action",
    "Fact", "Part",
    # when it opens
    "Reading", "Unlock", "check_unlock", "unlock_on",
]  # fmt: skip

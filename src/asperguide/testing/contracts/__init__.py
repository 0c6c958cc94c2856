"""What every adapter of a port must do, as classes of tests to subclass in a test-suite of one's own.

Each class says which fixtures to give it. Any runner that passes fixtures by name and runs `async def` tests will do,
such as pytest with pytest-asyncio; nothing here imports it.
"""

from asperguide.testing.contracts.ar import ArContract
from asperguide.testing.contracts.cache import CacheContract
from asperguide.testing.contracts.capsules import CapsulesContract
from asperguide.testing.contracts.checking import PassTime, moving, raises, waiting
from asperguide.testing.contracts.companies import CompaniesContract
from asperguide.testing.contracts.doorbell import DoorbellContract
from asperguide.testing.contracts.idempotency import IdempotencyContract
from asperguide.testing.contracts.identity import IdentityContract
from asperguide.testing.contracts.images import ImagesContract
from asperguide.testing.contracts.job_board import JobBoardContract
from asperguide.testing.contracts.ledger import LedgerContract
from asperguide.testing.contracts.letters import LettersContract
from asperguide.testing.contracts.mailer import MailerContract
from asperguide.testing.contracts.maintenance import MaintenanceContract
from asperguide.testing.contracts.markers import MarkerEyeContract, QrCodesContract
from asperguide.testing.contracts.media import MediaContract
from asperguide.testing.contracts.passwords import PasswordHasherContract, PasswordStrengthContract
from asperguide.testing.contracts.persistence import CountingDoorbell, Persistence, Purges
from asperguide.testing.contracts.portraits import PortraitsContract
from asperguide.testing.contracts.projects import ProjectsContract
from asperguide.testing.contracts.rate_limiter import RateLimiterContract
from asperguide.testing.contracts.storage import ObjectStorageContract, StorageAwayContract
from asperguide.testing.contracts.storage_buckets import BucketAdminContract
from asperguide.testing.contracts.storage_links import SignedLinksContract
from asperguide.testing.contracts.storage_uploads import PartedUploadsContract
from asperguide.testing.contracts.tokens import AccessTokensContract
from asperguide.testing.contracts.types import TypeDetectorContract
from asperguide.testing.contracts.unit_of_work import UnitOfWorkContract
from asperguide.testing.contracts.vault import VaultContract
from asperguide.testing.contracts.video_tools import VideoToolsContract
from asperguide.testing.contracts.views import AnalyticsContract
from asperguide.testing.contracts.watch import WatchContract
from asperguide.testing.contracts.work_once import WorkOnceContract

__all__ = [
    "AccessTokensContract", "AnalyticsContract", "ArContract", "BucketAdminContract", "CacheContract",
    "CapsulesContract", "CompaniesContract", "CountingDoorbell", "DoorbellContract", "IdempotencyContract",
    "IdentityContract", "ImagesContract", "JobBoardContract", "LedgerContract", "LettersContract", "MailerContract",
    "MaintenanceContract", "MarkerEyeContract", "MediaContract", "ObjectStorageContract", "PartedUploadsContract",
    "PassTime", "PasswordHasherContract", "PasswordStrengthContract", "Persistence", "PortraitsContract",
    "ProjectsContract", "Purges", "QrCodesContract", "RateLimiterContract", "SignedLinksContract",
    "StorageAwayContract", "TypeDetectorContract", "UnitOfWorkContract", "VaultContract", "VideoToolsContract",
    "WatchContract", "WorkOnceContract", "moving", "raises", "waiting",
]  # fmt: skip

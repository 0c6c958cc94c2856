"""The law of everything that keeps media: units of work and reads over one place."""

from asperguide.testing.contracts.media.cursors import FileCursorsContract
from asperguide.testing.contracts.media.files import FilesContract
from asperguide.testing.contracts.media.housekeeping import FileHousekeepingContract
from asperguide.testing.contracts.media.links import LinksContract
from asperguide.testing.contracts.media.lists import FileListsContract
from asperguide.testing.contracts.media.quotas import QuotasContract
from asperguide.testing.contracts.media.recounting import RecountingContract
from asperguide.testing.contracts.media.uploads import UploadsContract
from asperguide.testing.contracts.media.videos import VideosContract


class MediaContract(
    FilesContract,
    FileHousekeepingContract,
    UploadsContract,
    QuotasContract,
    RecountingContract,
    LinksContract,
    VideosContract,
    FileListsContract,
    FileCursorsContract,
):
    """Give it a fixture `persistence`: a `Persistence` that is empty."""

"""What media keeps in memory."""

from asperguide.adapters.memory.tables import Table
from asperguide.media.model import File
from asperguide.media.repositories import Link
from asperguide.media.transport import Upload, Usage
from asperguide.media.videos import Video

FILES = Table(name="files", entity=File)
UPLOADS = Table(name="uploads", entity=Upload)
USAGE = Table(name="media_usage", entity=Usage, key="owner")
LINKS = Table(name="file_links", entity=Link)
VIDEOS = Table(name="videos", entity=Video)

"""What files can be converted to."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from asperguide.media.limits import GIF_TOO_LONG, LONGEST_GIF_SECONDS, NO_FORMAT, NO_PICTURE, NO_SOUND
from asperguide.media.ports import Refusal
from asperguide.media.videos import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format by the ending of its files: its type, and whether there can be a picture and a sound in it."""

    ending: str
    media_type: str
    picture: bool = False
    sound: bool = False

    def check(self, facts: Facts) -> None:
        """Raises Refusal when this has nothing that the format is for, or too much of it."""
        if self.picture and facts.video_codec is None:
            raise Refusal(NO_PICTURE)
        if not self.picture and facts.audio_codec is None:
            raise Refusal(NO_SOUND)
        if self.ending == "gif" and facts.duration > LONGEST_GIF_SECONDS:
            raise Refusal(GIF_TOO_LONG)


FOOTAGE: Mapping[str, Format] = MappingProxyType(
    {
        form.ending: form
        for form in (
            Format(ending="mp4", media_type="video/mp4", picture=True, sound=True),
            Format(ending="webm", media_type="video/webm", picture=True, sound=True),
            Format(ending="gif", media_type="image/gif", picture=True),
            Format(ending="mp3", media_type="audio/mpeg", sound=True),
            Format(ending="m4a", media_type="audio/mp4", sound=True),
            Format(ending="opus", media_type="audio/ogg", sound=True),
            Format(ending="wav", media_type="audio/wav", sound=True),
            Format(ending="flac", media_type="audio/flac", sound=True),
        )
    }
)
"""Of videos and sounds."""

PICTURES: Mapping[str, str] = MappingProxyType(
    {"webp": "image/webp", "jpeg": "image/jpeg", "png": "image/png", "avif": "image/avif"}
)
"""Of images: their types."""


def format_of(to: str) -> Format:
    """The format of videos and sounds with this ending. Raises Refusal when there is none."""
    if to not in FOOTAGE:
        raise Refusal(NO_FORMAT)
    return FOOTAGE[to]

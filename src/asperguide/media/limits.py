"""What a video or sound may be like at most, and the words for those that are beyond."""

from asperguide.media.ports import Refusal
from asperguide.media.videos import Facts

LONGEST_SECONDS = 600
LONG_SIDE, SHORT_SIDE = 3840, 2160
FASTEST = 61
"""Frames a second: cameras that say 60 sometimes mean a little more."""
MOST_STREAMS = 8
LEEWAY_SECONDS = 1.0
LONGEST_GIF_SECONDS = 60

NO_MEDIA = "This is neither a video nor a sound of a kind that is accepted."
BROKEN = "This file is damaged, or is not what it says it is: it cannot be read."
TRUNCATED = "The end of this file is missing."
UNDECODABLE = "This cannot be decoded."
UNKNOWN_CODEC = "This is encoded in a way that is not accepted. Save it as MP4 with H.264 and AAC."
NO_PICTURE = "There is no picture in this file."
NO_SOUND = "There is no sound in this file."
NOTHING_THERE = "There is neither a picture nor a sound in this file."
TOO_BIG = "The file is larger than the 500 MiB that are accepted."
TOO_LONG = "This lasts longer than the 10 minutes that are accepted."
TOO_LARGE = "The picture is larger than the 3840x2160 pixels that are accepted."
TOO_FAST = "This has more than the 60 frames a second that are accepted."
TOO_MANY_STREAMS = "There are more than the 8 streams in this file that are accepted."
TAKES_TOO_LONG = "Working on this takes longer than is allowed."
GROWS_TOO_LARGE = "What is made of this is larger than is allowed."
GIF_TOO_LONG = "Only what lasts a minute or less is made a GIF."
NO_FORMAT = "There is no such format."


def check_facts(facts: Facts) -> Facts:
    """The facts themselves. Raises Refusal when they are beyond the limits."""
    if facts.streams > MOST_STREAMS:
        raise Refusal(TOO_MANY_STREAMS)
    if facts.video_codec is None and facts.audio_codec is None:
        raise Refusal(NOTHING_THERE)
    if facts.duration > LONGEST_SECONDS + LEEWAY_SECONDS:
        raise Refusal(TOO_LONG)
    if facts.width and facts.height:
        short, long = sorted((facts.width, facts.height))
        if short > SHORT_SIDE or long > LONG_SIDE:
            raise Refusal(TOO_LARGE)
    if facts.frame_rate and facts.frame_rate > FASTEST:
        raise Refusal(TOO_FAST)
    return facts

"""The videos of a content as a whole: which there are, in what order, and in which windows."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC
from uuid import UUID

from asperguide.ar.errors import (
    ContentVideoNotFound,
    InvalidSchedule,
    InvalidVideo,
    TooManyVideos,
    TooManyWindows,
    VideoInUse,
    WindowNotFound,
    WindowsOverlap,
)
from asperguide.ar.model import Content
from asperguide.ar.terms import wrong
from asperguide.ar.videos import ContentVideo, VideoId, Window

MOST_VIDEOS = 50
MOST_WINDOWS = 100


def in_order(videos: Iterable[ContentVideo]) -> list[ContentVideo]:
    """The videos by position."""
    return sorted(videos, key=lambda video: (video.position, video.id))


def video_of(content: Content, id: VideoId) -> ContentVideo:
    """Raises ContentVideoNotFound."""
    if (video := content.video(id)) is None:
        raise ContentVideoNotFound
    return video


def with_videos(content: Content, new: Sequence[ContentVideo]) -> Content:
    """New ones behind those that there are. Raises TooManyVideos."""
    if len(content.videos) + len(new) > MOST_VIDEOS:
        raise TooManyVideos
    return _lined_up(content, [*in_order(content.videos), *new])


def without_video(content: Content, id: VideoId) -> Content:
    """One less, with its windows, and picked by hand no more. ContentVideoNotFound; VideoInUse if a rule names it."""
    video = video_of(content, id)
    if content.rotation and content.rotation.names(id):
        raise VideoInUse
    left = replace(content, chosen=None if content.chosen == id else content.chosen)
    return _lined_up(left, [one for one in in_order(content.videos) if one != video])


def ordered(content: Content, ids: Sequence[VideoId]) -> Content:
    """The videos in this order. Raises InvalidVideo unless each of them is named once, and nothing else."""
    if sorted(ids) != sorted(video.id for video in content.videos):
        raise InvalidVideo(fields=(wrong("#/videos", "Every video of the content, each of them once."),))
    return _lined_up(content, sorted(content.videos, key=lambda video: ids.index(video.id)))


def windows_of(content: Content) -> list[tuple[ContentVideo, Window]]:
    """All windows of the content with their videos, the earliest first."""
    found = ((video, window) for video in content.videos for window in video.windows)
    return sorted(found, key=lambda one: (one[1].starts_at, one[1].id))


def window_of(content: Content, id: UUID) -> tuple[ContentVideo, Window]:
    """Raises WindowNotFound."""
    if (found := next((one for one in windows_of(content) if one[1].id == id), None)) is None:
        raise WindowNotFound
    return found


def with_window(content: Content, video: VideoId, window: Window) -> Content:
    """The content with this window of this video, instead of the one of the same id if there is one.

    Raises InvalidSchedule, also for what is no video of the content, WindowsOverlap, TooManyWindows.
    """
    others = [one for _, one in windows_of(content) if one.id != window.id]
    window = _checked(content, video, window)
    if any(window.overlaps(other) for other in others):
        raise WindowsOverlap(fields=(wrong("#/starts_at", "Another window is open in this span."),))
    if len(others) >= MOST_WINDOWS:
        raise TooManyWindows
    return replace(content, videos=tuple(_rewindowed(one, video, window) for one in content.videos))


def without_window(content: Content, id: UUID) -> Content:
    """One window less. Raises WindowNotFound."""
    video, window = window_of(content, id)
    less = replace(video, windows=tuple(one for one in video.windows if one != window))
    return replace(content, videos=tuple(less if one.id == video.id else one for one in content.videos))


def _checked(content: Content, video: VideoId, window: Window) -> Window:
    if content.video(video) is None:
        raise InvalidSchedule(fields=(wrong("#/video", "This is no video of the content."),))
    if window.starts_at >= window.ends_at:
        raise InvalidSchedule(fields=(wrong("#/ends_at", "A window has to start before it ends."),))
    return replace(window, starts_at=window.starts_at.astimezone(UTC), ends_at=window.ends_at.astimezone(UTC))


def _rewindowed(one: ContentVideo, owner: VideoId, window: Window) -> ContentVideo:
    kept = tuple(other for other in one.windows if other.id != window.id)
    if one.id == owner:
        kept = tuple(sorted((*kept, window), key=lambda window: window.starts_at))
    return replace(one, windows=kept)


def _lined_up(content: Content, videos: Iterable[ContentVideo]) -> Content:
    return replace(content, videos=tuple(video.at(n) for n, video in enumerate(videos))).looked_at()

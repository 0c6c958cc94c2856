"""`/dev/player/{video}`: what was made of a video, played, for developers. Mounted only while DEBUG."""

from collections.abc import Iterator
from html import escape
from uuid import UUID

from litestar import Controller, Response
from litestar.params import FromPath

from asperguide.adapters.http.handlers import get
from asperguide.adapters.http.pages import POLICY, page
from asperguide.adapters.http.routes import Given, public
from asperguide.media import FileId, GetVideo, VideoView

PLAYING = POLICY + "; media-src 'self'; img-src 'self'; connect-src 'self'"


class DevPlayer(Controller):
    """Wants `get_video`: a GetVideo."""

    path = "/dev/player"
    include_in_schema = False

    @get("/{id:uuid}", opt=public())
    async def show(self, id: FromPath[UUID], get_video: Given[GetVideo], token: str = "") -> Response[str]:
        """The video as HLS, and as MP4 for browsers that play none, for whoever has a token out of its addresses."""
        video = await get_video(None, FileId(id), token)
        poster = f' poster="{escape(video.poster.url)}"' if video.poster else ""
        player = f'<video controls playsinline preload="metadata"{poster}>{"".join(_sources(video))}</video>'
        pictures = "".join(f'<img alt="" src="{escape(one.url)}"> ' for one in video.thumbnails)
        return page(video.name, f"{player if video.hls else _unplayable(video)}<p>{pictures}</p>", policy=PLAYING)


def _sources(video: VideoView) -> Iterator[str]:
    if video.hls:
        yield f'<source src="{escape(video.hls)}" type="application/vnd.apple.mpegurl">'
    for rendition in reversed(video.renditions):
        yield f'<source src="{escape(rendition.url)}" type="video/mp4">'


def _unplayable(video: VideoView) -> str:
    return f"<p>There is nothing to play: the video is {escape(video.state)}.</p>"

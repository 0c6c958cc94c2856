"""What FFmpeg is let near: containers told from their first bytes, each read by one demuxer only, and decoders."""

import re

from asperguide.media.limits import NO_MEDIA
from asperguide.media.ports import Refusal

HEAD = 64 * 1024
"""Bytes that are looked at."""

DECODERS = (
    *("h264", "hevc", "vp8", "vp9", "libdav1d", "libaom-av1", "libgav1", "av1", "mpeg4", "h263", "mjpeg", "theora"),
    *("mpeg1video", "mpeg2video", "msmpeg4", "msmpeg4v2", "wmv1", "wmv2", "prores", "dvvideo"),
    *("aac", "aac_latm", "mp1float", "mp2float", "mp3float", "mp3", "mp2", "opus", "libopus", "vorbis", "flac", "alac"),
    *("ac3", "eac3", "amrnb", "amrwb", "adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt"),
    *("pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
    *("pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_alaw", "pcm_mulaw"),
)
"""Those of what people's cameras, phones and programs make; FFmpeg has hundreds more, most of them hardly looked at."""

DECODABLE = frozenset({*DECODERS, "mp1", "amr_nb", "amr_wb", "msmpeg4v3"} - {"libdav1d", "libopus"})
"""What ffprobe calls the codecs that these decoders are for."""

QUICKTIME = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
TRANSPORT_PACKET = 188


def demuxer_of(head: bytes) -> str:
    """The one demuxer that may read what begins so. Raises Refusal when none may: playlists and texts among others."""
    if head[4:8] in QUICKTIME:
        return "mov"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] in (b"AVI ", b"WAVE"):
        return "avi" if head[8:12] == b"AVI " else "wav"
    if head[:4] in (b"fLaC", b"OggS"):
        return {b"fLaC": "flac", b"OggS": "ogg"}[head[:4]]
    if _is_transport_stream(head):
        return "mpegts"
    return _bare_sound(head)


def _is_transport_stream(head: bytes) -> bool:
    packets = head[: 8 * TRANSPORT_PACKET : TRANSPORT_PACKET]
    return len(head) >= 3 * TRANSPORT_PACKET and set(packets) == {0x47}


def _bare_sound(head: bytes) -> str:
    """MP3 and AAC have no header: a tag may be in front, then each frame begins with a pattern of bits."""
    start = 10 + _syncsafe(head[6:10]) if re.match(rb"ID3[\x02-\x04]", head[:4]) else 0
    if start and start + 2 > len(head) >= HEAD:
        return "mp3"  # a picture fills the tag
    mark = head[start : start + 2]
    if len(mark) == 2 and mark[0] == 0xFF and mark[1] & 0xF6 == 0xF0:
        return "aac"
    if len(mark) == 2 and mark[0] == 0xFF and mark[1] & 0xE0 == 0xE0 and mark[1] & 0x06:
        return "mp3"
    raise Refusal(NO_MEDIA)


def _syncsafe(size: bytes) -> int:
    """Seven bits a byte, as ID3v2 writes sizes."""
    return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(reversed(size)))

"""The law of what tells types from bytes."""

import struct

from asperguide.media.ports import TypeDetector

HEAD = 64 * 1024
MP3_FRAME = b"\xff\xfb\x90\x64" + bytes(413)
AAC_FRAME = b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(9)


def boxes(brand: bytes, *others: bytes) -> bytes:
    """The beginning of a file of ISO boxes."""
    return struct.pack(">I", 16 + 4 * len(others)) + b"ftyp" + brand + bytes(4) + b"".join(others) + bytes(64)


def zipped(name: bytes, method: int = 0) -> bytes:
    """The beginning of an archive with such an entry."""
    return struct.pack("<4sHHHIIIIHH", b"PK\3\4", 20, 0, method, 0, 0, 9, 9, len(name), 0) + name + bytes(64)


ACCEPTED = {
    "image/jpeg": [b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(80)],
    "image/png": [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(80)],
    "image/gif": [b"GIF89a" + bytes(80), b"GIF87a" + bytes(80)],
    "image/webp": [b"RIFF\x50\0\0\0WEBPVP8 " + bytes(80)],
    "image/bmp": [b"BM" + struct.pack("<IIII", 100, 0, 54, 40) + bytes(80)],
    "image/tiff": [b"II*\0\x08\0\0\0" + bytes(80), b"MM\0*\0\0\0\x08" + bytes(80)],
    "image/avif": [boxes(b"avif", b"mif1", b"miaf"), boxes(b"mif1", b"avif"), boxes(b"avis", b"msf1")],
    "image/heic": [boxes(b"heic", b"mif1"), boxes(b"mif1", b"heic"), boxes(b"heix")],
    "image/heif": [boxes(b"mif1", b"miaf")],
    "video/mp4": [boxes(b"isom", b"iso2", b"avc1"), boxes(b"mp42"), boxes(b"M4V "), boxes(b"abcd", b"isom")],
    "video/quicktime": [boxes(b"qt  "), b"\0\0\1\0moov" + bytes(80), b"\0\0\0\x08wide" + bytes(80)],
    "video/webm": [b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\xf2\x81\4B\xf3\x81\x08B\x82\x84webm" + bytes(80)],
    "video/matroska": [b"\x1aE\xdf\xa3\xa3B\x86\x81\1B\xf7\x81\1B\xf2\x81\4B\xf3\x81\x08B\x82\x88matroska" + bytes(80)],
    "video/x-msvideo": [b"RIFF\x50\0\0\0AVI LIST" + bytes(80)],
    "video/mp2t": [(b"G" + bytes(187)) * 6],
    "audio/mpeg": [MP3_FRAME * 3, b"ID3\4\0\0\0\0\0\x0a" + bytes(10) + MP3_FRAME * 2],
    "audio/aac": [AAC_FRAME * 3],
    "audio/mp4": [boxes(b"M4A ", b"isom", b"mp42")],
    "audio/ogg": [b"OggS\0\2" + bytes(20) + b"\1\x13OpusHead" + bytes(80)],
    "audio/wav": [b"RIFF\x50\0\0\0WAVEfmt " + bytes(80)],
    "audio/flac": [b"fLaC\0\0\0\x22" + bytes(80)],
    "application/pdf": [b"%PDF-1.7\n" + bytes(80)],
    "application/zip": [zipped(b"notes.txt"), zipped(b"scene.usda", 8)],
    "model/vnd.usdz+zip": [zipped(b"scene.usdc")],
    "model/gltf-binary": [b"glTF\2\0\0\0" + bytes(80)],
    "text/plain": [
        b"Fish & chips < 5 EUR",
        "Grüße 🌍\r\n\t".encode(),
        b"\xef\xbb\xbfwith a mark",
        b'{"a": 1}',
        b"a,b\n1,2",
    ],
    "text/vtt": [b"WEBVTT\n\n00:00.000 --> 00:01.000\n<v Zoe>Hello\n"],
}

REFUSED = {
    "nothing": b"",
    "a page": b"<!DOCTYPE html><html></html>",
    "a page behind a mark and spaces": b"\xef\xbb\xbf \n<HTML lang=en>",
    "a script in text": b"hello <ScRiPt src=//x.example>",
    "an image with an event": b"hello <img src=x onerror=alert(1)>",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "SVG behind a comment": b"<!-- x --><svg onload=alert(1)>",
    "XML": b'<?xml version="1.0"?><note/>',
    "PHP": b"<?php system($_GET[0]);",
    "a shell script": b"#!/bin/sh\nexit",
    "a page as captions": b"WEBVTT\n\n<script>alert(1)</script>",
    "ELF": b"\x7fELF\2\1\1" + bytes(80),
    "PE": b"MZ\x90\0\3" + bytes(80),
    "Mach-O": b"\xcf\xfa\xed\xfe\7\0\0\1" + bytes(80),
    "Java": b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(80),
    "WebAssembly": b"\0asm\1\0\0\0",
    "a program in an archive": zipped(b"META-INF/MANIFEST.MF", 8),
    "an Android program": zipped(b"AndroidManifest.xml", 8),
    "text with NUL": b"hello\0world",
    "UTF-16": "hello".encode("utf-16"),
    "text that is no UTF-8": b"caf\xe9",
    "text that stops inside a character": "é".encode()[:1],
    "a GIF that is a page": b"GIF89a/*" + bytes(40) + b"*/=1;<script>alert(1)</script>",
    "a GIF that is an archive": b"GIF89a" + zipped(b"a"),
    "a JPEG that is a page": b"\xff\xd8\xff\xfe\0\x40<html ><body onload=alert(1)>" + bytes(80),
    "a PNG that is a PDF": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(40) + b"%PDF-1.4",
    "an archive that is a PDF": zipped(b"a") + b"%PDF-1.4",
    "Flash": b"FWS\x0a" + bytes(80),
    "one MPEG frame": MP3_FRAME[:100],
    "an Ogg film": b"OggS\0\2" + bytes(20) + b"\1\x2a\x80theora" + bytes(80),
    "a raw photo": b"II*\0\x10\0\0\0CR\2\0" + bytes(80),
    "boxes of a kind nobody knows": boxes(b"crx ", b"crx "),
}


class TypeDetectorContract:
    """Give it a fixture `detector`."""

    def test_each_type_is_told_from_how_it_begins(self, detector: TypeDetector) -> None:
        for media_type, heads in ACCEPTED.items():
            for head in heads:
                assert detector.detect(head) == media_type, (media_type, head[:32])
                assert detector.accepts(media_type)

    def test_pages_programs_and_what_pretends_are_refused(self, detector: TypeDetector) -> None:
        for name, head in REFUSED.items():
            assert detector.detect(head) is None, name

    def test_any_cut_of_a_head_gives_a_type_or_none(self, detector: TypeDetector) -> None:
        for head in (*(head for heads in ACCEPTED.values() for head in heads), *REFUSED.values()):
            for end in range(min(len(head), 120)):
                assert detector.detect(head[:end]) is None or detector.accepts(str(detector.detect(head[:end])))

    def test_long_text_may_be_cut_inside_a_character(self, detector: TypeDetector) -> None:
        text = b"a" + "é".encode() * HEAD
        assert detector.detect(text[:HEAD]) == "text/plain"
        assert detector.detect(text[: HEAD - 2]) is None

    def test_a_sound_whose_tags_fill_the_head_is_accepted(self, detector: TypeDetector) -> None:
        head = b"ID3\4\0\0\0\x10\0\0" + bytes(HEAD)
        assert detector.detect(head[:HEAD]) == "audio/mpeg"
        assert detector.detect(head[:1000]) is None

    def test_names_that_people_use_are_accepted(self, detector: TypeDetector) -> None:
        for name in ("image/jpg", "audio/x-wav", "video/x-m4v", "audio/mp3", "video/x-matroska"):
            assert detector.accepts(name)
        for name in (
            "image/svg+xml",
            "text/html",
            "application/xml",
            "application/x-msdownload",
            "text/javascript",
            "",
        ):
            assert not detector.accepts(name)
        assert detector.accepts("application/octet-stream")

    def test_what_was_said_and_what_was_found_must_agree(self, detector: TypeDetector) -> None:
        for declared, found, kept in (
            ("image/jpeg", "image/jpeg", "image/jpeg"),
            ("image/jpg", "image/jpeg", "image/jpeg"),
            ("application/octet-stream", "image/png", "image/png"),
            ("text/csv", "text/plain", "text/csv"),
            ("application/json", "text/plain", "application/json"),
            ("audio/x-m4a", "video/mp4", "audio/mp4"),
            ("video/quicktime", "video/mp4", "video/mp4"),
            ("audio/webm", "video/webm", "audio/webm"),
            ("image/heif", "image/heic", "image/heic"),
            ("text/plain", "text/vtt", "text/plain"),
            ("image/png", "image/jpeg", None),
            ("video/mp4", "text/plain", None),
            ("text/plain", "image/gif", None),
            ("image/png", "application/zip", None),
            ("text/html", "text/plain", None),
            ("text/vtt", "text/plain", None),
        ):
            assert detector.agree(declared, found) == kept, (declared, found)

"""What is sealed can be proven, and cannot be guessed from the proof."""

from uuid import UUID

import pytest

from asperguide.capsules.content import Content, unpacked

LETTER = Content(title="Für O'Neil", body="é😀", attachments=(UUID(int=7),), nonce=bytes(16))


def test_content_comes_back_from_its_bytes() -> None:
    assert unpacked(LETTER.packed()) == LETTER


def test_the_proof_is_of_every_part_of_it() -> None:
    others = [
        Content(title="Für O'Neill", body="é😀", attachments=(UUID(int=7),), nonce=bytes(16)),
        Content(title="Für O'Neil", body="é", attachments=(UUID(int=7),), nonce=bytes(16)),
        Content(title="Für O'Neil", body="é😀", attachments=(), nonce=bytes(16)),
        Content(title="Für O'Neil", body="é😀", attachments=(UUID(int=7),), nonce=b"\x01" * 16),
    ]
    assert len({LETTER.proof(), *(other.proof() for other in others)}) == 5
    assert unpacked(LETTER.packed()).proof() == LETTER.proof()


@pytest.mark.parametrize("wrong", [b"", b"\xc1", b"\x80", LETTER.packed()[:-1], LETTER.packed() + b"\x00"])
def test_other_bytes_are_refused(wrong: bytes) -> None:
    with pytest.raises(ValueError, match="no content"):
        unpacked(wrong)

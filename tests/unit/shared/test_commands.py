"""Commands that Python made: text in them is text, wherever they come from."""

import msgspec
import pytest

from asperguide.shared.commands import checked, holds_nul
from asperguide.shared.errors import Invalid


class Refused(Invalid, code=42299):
    """Not like this."""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Text in every place where it can stand."""

    text: str = ""
    many: tuple[str, ...] = ()
    named: dict[str, str] = {}


@pytest.mark.parametrize(
    "command",
    [
        Command(text="a\0b"), Command(text="\\\0"), Command(many=("", "\0")), Command(named={"a": "\0"}),
        Command(named={"\0": "a"}), Command(text="\ud800"), Command(named={"a": "\udfff\ud800"}),
    ],
)  # fmt: skip
def test_what_is_no_text_is_refused_wherever_it_stands(command: Command) -> None:
    with pytest.raises(Refused) as refused:
        checked(command, Refused)
    assert [(field.pointer, field.code) for field in refused.value.fields] == [("#", "INVALID")]


@pytest.mark.parametrize("text", ["", "\\u0000", "\\\\u0000", "\x01\x7f", "\N{FOX FACE} 张伟", "u0000"])
def test_what_only_looks_like_it_is_as_it_was(text: str) -> None:
    command = Command(text=text, many=(text,), named={text: text})
    assert checked(command, Refused) == command


def test_a_text_of_backslashes_is_looked_through_at_once() -> None:
    many = b"\\" * 2**22
    assert holds_nul(many + b"\\u0000")
    assert not holds_nul(many + b"\\\\u0000")

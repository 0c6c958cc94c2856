"""What the file mailer promises beyond the law, and the reader of what it wrote."""

import asyncio
import stat
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from asperguide.adapters.filesystem import FileMailer, SentMails
from asperguide.shared.ports import MailDelayed
from tests.mailing import DOMAIN, MAIL, NOW, SENDER, StoppedClock, parsed


@pytest.fixture
def clock() -> StoppedClock:
    """A clock to move by hand."""
    return StoppedClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that does not exist yet."""
    return tmp_path / "var" / "mails"


@pytest.fixture
def file_mailer(folder: Path, clock: StoppedClock) -> FileMailer:
    """Writes into `folder`."""
    return FileMailer(folder=folder, sender=SENDER, domain=DOMAIN, clock=clock)


async def test_files_sort_by_time_and_a_key_keeps_its_first_file(
    folder: Path, file_mailer: FileMailer, clock: StoppedClock
) -> None:
    for key in ("first", "second", "first"):
        await file_mailer.send(replace(MAIL, key=key, subject=f"{key} at {clock.time:%S}"))
        clock.time += timedelta(seconds=1)
    assert [parsed(path.read_bytes())["Subject"] for path in sorted(folder.iterdir())] == [
        "first at 55",
        "second at 54",
    ]


async def test_one_key_sent_twice_at_once_leaves_one_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Running(StoppedClock):
        def now(self) -> datetime:
            self.time += timedelta(seconds=1)
            return self.time

    look, both_looked = Path.glob, threading.Barrier(2)

    def look_together(path: Path, pattern: str) -> Iterator[Path]:
        found = list(look(path, pattern))
        with suppress(threading.BrokenBarrierError):  # the second one is kept from looking until the first has written
            both_looked.wait(0.3)
        return iter(found)

    monkeypatch.setattr(Path, "glob", look_together)
    mailer = FileMailer(folder=folder, sender=SENDER, domain=DOMAIN, clock=Running())
    await asyncio.gather(mailer.send(MAIL), mailer.send(MAIL))
    assert len(list(folder.iterdir())) == 1


async def test_files_are_for_their_owner_only(folder: Path, file_mailer: FileMailer) -> None:
    await file_mailer.send(MAIL)
    [path] = folder.iterdir()
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(folder.stat().st_mode)) == (0o600, 0o700)


async def test_a_disk_that_takes_nothing_delays_mail(folder: Path, file_mailer: FileMailer) -> None:
    folder.parent.mkdir()
    folder.touch()
    with pytest.raises(MailDelayed):
        await file_mailer.send(MAIL)


async def test_a_failed_write_leaves_no_draft(
    folder: Path, file_mailer: FileMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(MailDelayed, match="No space left"):
        await file_mailer.send(MAIL)
    assert not list(folder.iterdir())


async def test_sent_mails_are_listed_newest_first_and_read_in_full(
    folder: Path, file_mailer: FileMailer, clock: StoppedClock
) -> None:
    sent = SentMails(folder)
    assert list(await sent.list()) == []
    for key in ("one", "two", "three"):
        await file_mailer.send(replace(MAIL, key=key, subject=f"Objet {key} é"))
        clock.time += timedelta(microseconds=1)
    listed = await sent.list()
    assert [mail.subject for mail in listed] == ["Objet three é", "Objet two é", "Objet one é"]
    assert (listed[2].to, listed[2].sent_at) == (MAIL.to, NOW)
    assert [mail.id for mail in await sent.list(1)] == [listed[0].id]
    read = await sent.read(listed[0].id)
    assert read is not None
    assert (read.id, read.text, read.html) == (listed[0].id, MAIL.text, MAIL.html)
    assert ("Subject", "Objet three é") in read.headers


async def test_an_id_is_never_taken_for_a_path(folder: Path, file_mailer: FileMailer) -> None:
    await file_mailer.send(MAIL)
    (folder.parent / "secret.eml").write_text("Subject: secret\n\nsecret")
    (folder / "mine.eml").write_text("Subject: mine\n\nmine")
    (folder / f"99999999T999999.999999Z-{'0' * 32}.eml").write_text("Subject: never\n\n")
    sent = SentMails(folder)
    [known] = await sent.list()
    for id in ("../secret", "mine", "", ".", "\0", f"../mails/{known.id}", f"{known.id}\n", f"{known.id}.eml"):
        assert await sent.read(id) is None
    assert await sent.read(known.id.replace("2026", "2025", 1)) is None

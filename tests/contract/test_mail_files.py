"""What the file mailer promises beyond the law, and the reader of what it wrote."""

import asyncio
import os
import shutil
import stat
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from asperguide.adapters.filesystem.mails import FileMailer, SentMails
from asperguide.shared.ports import MailDelayed
from tests.mailing import DOMAIN, MAIL, NOW, SENDER, StoppedClock, parsed


def mails_in(folder: Path) -> list[Path]:
    """The files of mails, the oldest first."""
    return sorted(folder.glob("*.eml"))


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
    assert [parsed(path.read_bytes())["Subject"] for path in mails_in(folder)] == [
        "first at 55",
        "second at 54",
    ]


async def test_one_key_sent_twice_at_once_leaves_one_file_whichever_process_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = threading.Barrier(2)
    link = os.symlink

    def link_together(target: str, path: str) -> None:
        ready.wait(5)  # neither can have seen what the other made
        link(target, path)

    def mailer(later: timedelta) -> FileMailer:
        return FileMailer(folder=folder, sender=SENDER, domain=DOMAIN, clock=StoppedClock(NOW + later))

    monkeypatch.setattr(os, "symlink", link_together)
    await asyncio.gather(*(mailer(timedelta(seconds=number)).send(MAIL) for number in range(2)))
    assert len(mails_in(folder)) == 1


async def test_processes_that_make_the_folder_at_once_share_it(folder: Path) -> None:
    mailers = [FileMailer(folder=folder, sender=SENDER, domain=DOMAIN, clock=StoppedClock()) for _ in range(8)]
    await asyncio.gather(*(mailer.send(replace(MAIL, key=f"{n % 4}")) for n, mailer in enumerate(mailers)))
    assert len(mails_in(folder)) == 4
    assert {path.name for path in folder.iterdir()} == {".keys", *(path.name for path in mails_in(folder))}


async def test_keys_of_a_folder_without_links_are_known(
    folder: Path, file_mailer: FileMailer, clock: StoppedClock
) -> None:
    await file_mailer.send(MAIL)
    (folder / "mine.eml").write_text("Subject: mine")
    shutil.rmtree(folder / ".keys")
    earlier = mails_in(folder)
    clock.time += timedelta(days=1)
    await file_mailer.send(replace(MAIL, subject="again"))
    assert mails_in(folder) == earlier
    assert {str(parsed(path.read_bytes())["Subject"]) for path in earlier} == {"again", "mine"}


async def test_a_mail_that_somebody_removed_comes_back_under_its_name(folder: Path, file_mailer: FileMailer) -> None:
    await file_mailer.send(MAIL)
    [path] = mails_in(folder)
    path.unlink()
    await file_mailer.send(MAIL)
    assert mails_in(folder) == [path]


async def test_files_are_for_their_owner_only(folder: Path, file_mailer: FileMailer) -> None:
    await file_mailer.send(MAIL)
    [path] = mails_in(folder)
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (path, folder, folder / ".keys")]
    assert modes == [0o600, 0o700, 0o700]


async def test_a_disk_that_takes_nothing_delays_mail(folder: Path, file_mailer: FileMailer) -> None:
    folder.parent.mkdir()
    folder.touch()
    with pytest.raises(MailDelayed):
        await file_mailer.send(MAIL)


async def test_a_failed_write_leaves_no_draft_and_the_next_takes_its_name(
    folder: Path, file_mailer: FileMailer, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await file_mailer.send(replace(MAIL, key="before"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "replace", full)
        with pytest.raises(MailDelayed, match="No space left"):
            await file_mailer.send(MAIL)
    assert len(list(folder.iterdir())) == 2
    clock.time += timedelta(days=1)
    await file_mailer.send(MAIL)
    assert [mail.sent_at for mail in await SentMails(folder).list()] == [NOW, NOW]


async def test_a_folder_whose_links_cannot_be_made_delays_mail_and_stays_clean(
    folder: Path, file_mailer: FileMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(Path, "replace", full)
        with pytest.raises(MailDelayed):
            await file_mailer.send(MAIL)
    assert not list(folder.iterdir())
    await file_mailer.send(MAIL)
    assert len(mails_in(folder)) == 1


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

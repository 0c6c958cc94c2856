"""What somebody does with identity, media and capsules, whichever way they get there.

Mails and time are the world's in both.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asperguide.identity import (
    Account,
    Ended,
    Found,
    Impersonated,
    NewAdmin,
    NewUser,
    Profile,
    Refreshed,
    Registered,
    SessionView,
    SignedIn,
)
from asperguide.media import FileView, LinkView, MadeLink, NewUpload, QuotaView, StartedUpload, UploadView
from asperguide.operations import MyJob
from asperguide.shared.actor import Role
from asperguide.testing import World
from tests.acceptance.agencies import Agencies
from tests.acceptance.letters import Letters
from tests.acceptance.planning import Planning
from tests.acceptance.viewers import Viewers

PASSWORD = "quartz-lantern-47-violet"
BETTER = "umber-kestrel-82-quilt"


class Driver(Agencies, Letters, Viewers, Planning):
    """One way to call identity, media and capsules. `token` is the access token of whoever asks.

    A refusal raises the same error class in every driver.
    """

    def __init__(self, world: World) -> None:
        self.world = world

    @abstractmethod
    async def register(self, new: NewUser) -> Registered:
        """Become a user."""

    @abstractmethod
    async def confirm(self, code: str) -> None:
        """Confirm an address."""

    @abstractmethod
    async def sign_in(self, login: str, password: str = PASSWORD, *, device_token: str | None = None) -> SignedIn:
        """Open a session."""

    @abstractmethod
    async def refresh(self, refresh_token: str) -> Refreshed:
        """The next pair of tokens."""

    @abstractmethod
    async def sign_out(self, token: str) -> None:
        """End the session that asks."""

    @abstractmethod
    async def me(self, token: str) -> Profile:
        """My account."""

    @abstractmethod
    async def patch_me(self, token: str, version: int, **fields: Any) -> Profile:
        """Change my account, as it was in that version."""

    @abstractmethod
    async def set_avatar(self, token: str, content: bytes, version: int | None = None) -> Profile:
        """Show this picture of me."""

    @abstractmethod
    async def remove_avatar(self, token: str) -> Profile:
        """Show no picture of me any more."""

    @abstractmethod
    async def picture(self, avatar: str, size: int) -> bytes:
        """What anybody sees where a profile says that the picture is."""

    @abstractmethod
    async def sessions(self, token: str) -> Sequence[SessionView]:
        """My devices."""

    @abstractmethod
    async def end_session(self, token: str, id: UUID) -> None:
        """End one of my sessions."""

    @abstractmethod
    async def end_others(self, token: str) -> Ended:
        """End all my sessions but this one."""

    @abstractmethod
    async def forgot(self, email: str) -> None:
        """Ask for a reset."""

    @abstractmethod
    async def reset(self, code: str, new_password: str) -> None:
        """Choose a new password with the code out of a mail."""

    @abstractmethod
    async def change_password(self, token: str, new_password: str, current: str | None = None) -> None:
        """Change my password."""

    @abstractmethod
    async def change_email(self, token: str, email: str, current: str | None = None) -> None:
        """Ask to move to another address."""

    @abstractmethod
    async def search(self, token: str, text: str) -> Sequence[Found]:
        """Find people."""

    @abstractmethod
    async def close(self, token: str, current: str | None = None) -> None:
        """Close my account."""

    @abstractmethod
    async def ask_for_export(self, token: str, current: str | None = None) -> UUID:
        """Have everything packed that is kept of me; the job that does."""

    @abstractmethod
    async def job(self, token: str, id: UUID) -> MyJob:
        """How far a job of mine is."""

    @abstractmethod
    async def cancel_job(self, token: str, id: UUID) -> None:
        """End a job of mine."""

    @abstractmethod
    async def fetch_export(self, text: str) -> bytes:
        """The archive that the link out of a mail leads to."""

    @abstractmethod
    async def reopen(self, code: str) -> None:
        """Come back with the code out of the mail."""

    @abstractmethod
    async def account(self, token: str, id: UUID) -> Account:
        """An account, for administrators."""

    @abstractmethod
    async def suspend(self, token: str, id: UUID) -> Account:
        """Lock somebody out."""

    @abstractmethod
    async def restore(self, token: str, id: UUID) -> Account:
        """Let somebody in again."""

    @abstractmethod
    async def grant(self, token: str, id: UUID, role: Role) -> Account:
        """Give a role."""

    @abstractmethod
    async def revoke(self, token: str, id: UUID, role: Role) -> Account:
        """Take a role."""

    @abstractmethod
    async def impersonate(self, token: str, id: UUID) -> Impersonated:
        """Act for somebody."""

    @abstractmethod
    async def start_upload(self, token: str, new: NewUpload) -> StartedUpload:
        """Announce a file."""

    @abstractmethod
    async def send(self, started: StartedUpload, content: bytes) -> None:
        """Send all of it by the signed request."""

    @abstractmethod
    async def append(self, token: str, id: UUID, offset: int, content: bytes) -> UploadView:
        """Send the next bytes of a resumable upload."""

    @abstractmethod
    async def finish_upload(self, token: str, id: UUID) -> FileView:
        """Say that everything was sent."""

    @abstractmethod
    async def abort_upload(self, token: str, id: UUID) -> None:
        """Give an upload up."""

    @abstractmethod
    async def uploads(self, token: str) -> Sequence[UploadView]:
        """My uploads under way."""

    @abstractmethod
    async def upload_small(
        self, token: str, name: str, content: bytes, media_type: str = "application/octet-stream"
    ) -> FileView:
        """Send a file in one request."""

    @abstractmethod
    async def file(self, token: str | None, id: UUID) -> FileView:
        """What is known of a file."""

    @abstractmethod
    async def files(self, token: str, **filters: str) -> Sequence[FileView]:
        """My files."""

    @abstractmethod
    async def change_file(self, token: str, id: UUID, version: int, **fields: Any) -> FileView:
        """Change a file, as it was in that version."""

    @abstractmethod
    async def delete_file(self, token: str, id: UUID) -> None:
        """Throw a file away."""

    @abstractmethod
    async def restore_file(self, token: str, id: UUID) -> FileView:
        """Get it back."""

    @abstractmethod
    async def read(self, token: str | None, id: UUID) -> bytes:
        """The bytes of a file."""

    @abstractmethod
    async def make_link(self, token: str, id: UUID, seconds: int) -> MadeLink:
        """Make a temporary link."""

    @abstractmethod
    async def links(self, token: str, id: UUID) -> Sequence[LinkView]:
        """The links to a file."""

    @abstractmethod
    async def revoke_link(self, token: str, id: UUID, link: UUID) -> None:
        """Make a link useless."""

    @abstractmethod
    async def follow(self, link_token: str) -> bytes:
        """The bytes behind a link."""

    @abstractmethod
    async def quota(self, token: str) -> QuotaView:
        """How much room I have and use."""

    async def latest_code(self, email: str) -> str:
        """The code in the newest mail to this address, after everything due was sent."""
        await self.world.settle()
        return self.world.code_for(email)

    async def subjects(self, email: str) -> list[str]:
        """The subjects of all mails to this address, the oldest first, after everything due was sent."""
        await self.world.settle()
        return [mail.subject for mail in self.world.mails if mail.to == email]

    async def member(self, username: str) -> SignedIn:
        """Somebody who registered, confirmed and signed in."""
        new = newcomer(username)
        await self.register(new)
        await self.confirm(await self.latest_code(new.email))
        return await self.sign_in(username)

    async def admin(self, username: str = "boss") -> SignedIn:
        """An administrator that the operators made on the machine itself, signed in."""
        new = NewAdmin(email=address(username), username=username, full_name=username.title(), password=PASSWORD)
        await self.world.container.create_admin()(new)
        return await self.sign_in(username)


def address(username: str) -> str:
    """Where this person gets mails."""
    return f"{username}@example.org"


def newcomer(username: str, email: str | None = None) -> NewUser:
    """Somebody who wants to register, with an address of their own unless one is given."""
    return NewUser(
        email=email or address(username), username=username, full_name=f"{username.title()} O'Neil", password=PASSWORD
    )

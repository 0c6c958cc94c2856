"""Identity and media as a library: the container's use cases, called directly."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from asperguide.identity import (
    Account,
    Closing,
    Confirmation,
    EmailChange,
    Ended,
    ExportRequest,
    Found,
    Impersonated,
    NewUser,
    PasswordChange,
    PasswordReset,
    Profile,
    ProfileChange,
    Refreshed,
    RefreshRequest,
    Registered,
    Reopening,
    ResetRequest,
    SessionView,
    SignedIn,
    SignInRequest,
)
from asperguide.media import (
    FileChange,
    FileId,
    FileView,
    LinkId,
    LinkView,
    MadeLink,
    NewLink,
    NewUpload,
    QuotaView,
    Readable,
    SmallUpload,
    StartedUpload,
    UploadView,
)
from asperguide.media.model import quarantine_key
from asperguide.operations import MyJob
from asperguide.shared.actor import Actor, Role, SessionId, UserId
from asperguide.shared.pages import PageRequest
from asperguide.testing import World
from tests.acceptance.agencies import AgenciesInProcess
from tests.acceptance.driver import PASSWORD, Driver
from tests.acceptance.letters import LettersInProcess
from tests.acceptance.planning import PlanningInProcess
from tests.acceptance.viewers import ViewersInProcess
from tests.exports import stored
from tests.media import in_chunks


class InProcess(AgenciesInProcess, LettersInProcess, ViewersInProcess, PlanningInProcess, Driver):
    """Every call authenticates its token, as every request does."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._use = world.container

    async def register(self, new: NewUser) -> Registered:
        return await self._use.register()(new)

    async def confirm(self, code: str) -> None:
        await self._use.confirm_email()(Confirmation(code=code))

    async def sign_in(self, login: str, password: str = PASSWORD, *, device_token: str | None = None) -> SignedIn:
        return await self._use.sign_in()(SignInRequest(login=login, password=password, device_token=device_token))

    async def refresh(self, refresh_token: str) -> Refreshed:
        return await self._use.refresh_session()(RefreshRequest(refresh_token=refresh_token))

    async def sign_out(self, token: str) -> None:
        await self._use.sign_out()(await self._actor(token))

    async def me(self, token: str) -> Profile:
        return await self._use.get_me()(await self._actor(token))

    async def patch_me(self, token: str, version: int, **fields: Any) -> Profile:
        return await self._use.update_me()(await self._actor(token), ProfileChange(**fields), version)

    async def set_avatar(self, token: str, content: bytes, version: int | None = None) -> Profile:
        async def chunks() -> AsyncIterator[bytes]:
            yield content

        return await self._use.set_avatar()(await self._actor(token), chunks(), version)

    async def remove_avatar(self, token: str) -> Profile:
        return await self._use.remove_avatar()(await self._actor(token))

    async def picture(self, avatar: str, size: int) -> bytes:
        *_, user, _, name, _ = avatar.split("/")
        return await self._use.show_avatar()(UserId(UUID(user)), name, size)

    async def sessions(self, token: str) -> Sequence[SessionView]:
        return await self._use.list_sessions()(await self._actor(token))

    async def end_session(self, token: str, id: UUID) -> None:
        await self._use.end_session()(await self._actor(token), SessionId(id))

    async def end_others(self, token: str) -> Ended:
        return await self._use.end_other_sessions()(await self._actor(token))

    async def forgot(self, email: str) -> None:
        await self._use.ask_for_reset()(ResetRequest(email=email))

    async def reset(self, code: str, new_password: str) -> None:
        await self._use.reset_password()(PasswordReset(code=code, new_password=new_password))

    async def change_password(self, token: str, new_password: str, current: str | None = None) -> None:
        change = PasswordChange(new_password=new_password, current_password=current)
        await self._use.change_password()(await self._actor(token), change)

    async def change_email(self, token: str, email: str, current: str | None = None) -> None:
        await self._use.change_email()(await self._actor(token), EmailChange(email=email, current_password=current))

    async def search(self, token: str, text: str) -> Sequence[Found]:
        return await self._use.search_users()(await self._actor(token), text)

    async def close(self, token: str, current: str | None = None) -> None:
        await self._use.close_account()(await self._actor(token), Closing(current_password=current))

    async def ask_for_export(self, token: str, current: str | None = None) -> UUID:
        return (await self._use.ask_for_export()(await self._actor(token), ExportRequest(current_password=current))).job

    async def job(self, token: str, id: UUID) -> MyJob:
        return await self._use.show_my_job()(await self._actor(token), id)

    async def cancel_job(self, token: str, id: UUID) -> None:
        await self._use.cancel_my_job()(await self._actor(token), id)

    async def fetch_export(self, text: str) -> bytes:
        return await stored(self.world, (await self._use.open_export()(text)).url)

    async def reopen(self, code: str) -> None:
        await self._use.reopen_account()(Reopening(code=code))

    async def account(self, token: str, id: UUID) -> Account:
        return await self._use.get_user()(await self._actor(token), UserId(id))

    async def suspend(self, token: str, id: UUID) -> Account:
        return await self._use.suspend_user()(await self._actor(token), UserId(id))

    async def restore(self, token: str, id: UUID) -> Account:
        return await self._use.restore_user()(await self._actor(token), UserId(id))

    async def grant(self, token: str, id: UUID, role: Role) -> Account:
        return await self._use.grant_role()(await self._actor(token), UserId(id), role)

    async def revoke(self, token: str, id: UUID, role: Role) -> Account:
        return await self._use.revoke_role()(await self._actor(token), UserId(id), role)

    async def impersonate(self, token: str, id: UUID) -> Impersonated:
        return await self._use.impersonate()(await self._actor(token), UserId(id))

    async def start_upload(self, token: str, new: NewUpload) -> StartedUpload:
        return await self._use.start_upload()(await self._actor(token), new)

    async def send(self, started: StartedUpload, content: bytes) -> None:
        key = quarantine_key(started.upload.id)
        await self.world.storage.put(key, content, media_type=started.file.media_type)

    async def append(self, token: str, id: UUID, offset: int, content: bytes) -> UploadView:
        return await self._use.append_to_upload()(await self._actor(token), FileId(id), offset, in_chunks(content))

    async def finish_upload(self, token: str, id: UUID) -> FileView:
        return await self._use.finish_upload()(await self._actor(token), FileId(id))

    async def abort_upload(self, token: str, id: UUID) -> None:
        await self._use.abort_upload()(await self._actor(token), FileId(id))

    async def uploads(self, token: str) -> Sequence[UploadView]:
        return (await self._use.list_uploads()(await self._actor(token), PageRequest(limit=100))).items

    async def upload_small(
        self, token: str, name: str, content: bytes, media_type: str = "application/octet-stream"
    ) -> FileView:
        new = SmallUpload(name=name, media_type=media_type)
        return await self._use.upload_small()(await self._actor(token), new, in_chunks(content))

    async def file(self, token: str | None, id: UUID) -> FileView:
        return await self._use.get_file()(await self._anybody(token), FileId(id))

    async def files(self, token: str, **filters: str) -> Sequence[FileView]:
        return (await self._use.list_files()(await self._actor(token), PageRequest(filters=filters))).items

    async def change_file(self, token: str, id: UUID, version: int, **fields: Any) -> FileView:
        return await self._use.update_file()(await self._actor(token), FileId(id), FileChange(**fields), version)

    async def delete_file(self, token: str, id: UUID) -> None:
        await self._use.delete_file()(await self._actor(token), FileId(id))

    async def restore_file(self, token: str, id: UUID) -> FileView:
        return await self._use.restore_file()(await self._actor(token), FileId(id))

    async def read(self, token: str | None, id: UUID) -> bytes:
        return await _bytes_of(await self._use.read_file()(await self._anybody(token), FileId(id)))

    async def make_link(self, token: str, id: UUID, seconds: int) -> MadeLink:
        return await self._use.make_link()(await self._actor(token), FileId(id), NewLink(expires_in=seconds))

    async def links(self, token: str, id: UUID) -> Sequence[LinkView]:
        return await self._use.list_links()(await self._actor(token), FileId(id))

    async def revoke_link(self, token: str, id: UUID, link: UUID) -> None:
        await self._use.revoke_link()(await self._actor(token), FileId(id), LinkId(link))

    async def follow(self, link_token: str) -> bytes:
        return await _bytes_of(await self._use.follow_link()(link_token))

    async def quota(self, token: str) -> QuotaView:
        return await self._use.get_quota()(await self._actor(token))

    async def _anybody(self, token: str | None) -> Actor | None:
        return None if token is None else await self._actor(token)

    async def _actor(self, token: str) -> Actor:
        return await self._use.authenticate()(token)


async def _bytes_of(readable: Readable) -> bytes:
    async with readable.open() as chunks:
        return b"".join([chunk async for chunk in chunks])

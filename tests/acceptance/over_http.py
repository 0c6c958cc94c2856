"""Identity and media over REST: requests with bearer tokens to the whole application, problems read back as errors."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from asperguide.identity import (
    Account,
    Ended,
    Found,
    Impersonated,
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
from tests.acceptance.agencies import AgenciesOverHttp
from tests.acceptance.driver import PASSWORD, Driver
from tests.acceptance.letters import LettersOverHttp
from tests.acceptance.planning import PlanningOverHttp
from tests.acceptance.rest import read, read_items
from tests.acceptance.viewers import ViewersOverHttp
from tests.media import in_chunks


class OverHttp(AgenciesOverHttp, LettersOverHttp, ViewersOverHttp, PlanningOverHttp, Driver):
    """A client of `/api/v1` without a network between."""

    async def register(self, new: NewUser) -> Registered:
        return read(await self._send("POST", "/users", json=msgspec.to_builtins(new)), Registered)

    async def confirm(self, code: str) -> None:
        await self._send("POST", "/users/email-verification", json={"code": code})

    async def sign_in(self, login: str, password: str = PASSWORD, *, device_token: str | None = None) -> SignedIn:
        body = {"login": login, "password": password, "device_token": device_token}
        return read(await self._send("POST", "/sessions", json=body), SignedIn)

    async def refresh(self, refresh_token: str) -> Refreshed:
        return read(await self._send("POST", "/sessions/refresh", json={"refresh_token": refresh_token}), Refreshed)

    async def sign_out(self, token: str) -> None:
        await self._send("DELETE", "/sessions/current", token)

    async def me(self, token: str) -> Profile:
        return read(await self._send("GET", "/users/me", token), Profile)

    async def patch_me(self, token: str, version: int, **fields: Any) -> Profile:
        headers = {"if-match": f'"{version}"'}
        return read(await self._send("PATCH", "/users/me", token, json=fields, headers=headers), Profile)

    async def set_avatar(self, token: str, content: bytes, version: int | None = None) -> Profile:
        headers = {"content-type": "image/png", **({} if version is None else {"if-match": f'"{version}"'})}
        return read(await self._send("PUT", "/users/me/avatar", token, content=content, headers=headers), Profile)

    async def remove_avatar(self, token: str) -> Profile:
        return read(await self._send("DELETE", "/users/me/avatar", token), Profile)

    async def picture(self, avatar: str, size: int) -> bytes:
        where = avatar.removeprefix("/api/v1").replace("{size}", str(size))
        return (await self._send("GET", where)).content

    async def sessions(self, token: str) -> Sequence[SessionView]:
        return read_items(await self._send("GET", "/sessions", token), SessionView)

    async def end_session(self, token: str, id: UUID) -> None:
        await self._send("DELETE", f"/sessions/{id}", token)

    async def end_others(self, token: str) -> Ended:
        return read(await self._send("DELETE", "/sessions", token, params={"others": "true"}), Ended)

    async def forgot(self, email: str) -> None:
        await self._send("POST", "/password/forgot", json={"email": email})

    async def reset(self, code: str, new_password: str) -> None:
        await self._send("POST", "/password/reset", json={"code": code, "new_password": new_password})

    async def change_password(self, token: str, new_password: str, current: str | None = None) -> None:
        body = {"new_password": new_password, "current_password": current}
        await self._send("PUT", "/users/me/password", token, json=body)

    async def change_email(self, token: str, email: str, current: str | None = None) -> None:
        await self._send("POST", "/users/me/email", token, json={"email": email, "current_password": current})

    async def search(self, token: str, text: str) -> Sequence[Found]:
        return read_items(await self._send("GET", "/users", token, params={"search": text}), Found)

    async def close(self, token: str, current: str | None = None) -> None:
        await self._send("DELETE", "/users/me", token, json={"current_password": current})

    async def ask_for_export(self, token: str, current: str | None = None) -> UUID:
        body = {"current_password": current} if current else {}
        answer = await self._send("POST", "/users/me/export", token, json=body)
        assert answer.headers["location"] == f"/api/v1/jobs/{answer.json()['job']}"
        return UUID(answer.json()["job"])

    async def job(self, token: str, id: UUID) -> MyJob:
        return read(await self._send("GET", f"/jobs/{id}", token), MyJob)

    async def cancel_job(self, token: str, id: UUID) -> None:
        await self._send("DELETE", f"/jobs/{id}", token)

    async def fetch_export(self, text: str) -> bytes:
        where = urlsplit((await self._send("GET", f"/exports/{text}")).headers["location"])
        return (await self.client.get(f"{where.path}?{where.query}")).content

    async def reopen(self, code: str) -> None:
        await self._send("POST", "/users/me/reopen", json={"code": code})

    async def account(self, token: str, id: UUID) -> Account:
        return read(await self._send("GET", f"/admin/users/{id}", token), Account)

    async def suspend(self, token: str, id: UUID) -> Account:
        return read(await self._send("POST", f"/admin/users/{id}/suspend", token), Account)

    async def restore(self, token: str, id: UUID) -> Account:
        return read(await self._send("POST", f"/admin/users/{id}/restore", token), Account)

    async def grant(self, token: str, id: UUID, role: Role) -> Account:
        return read(await self._send("POST", f"/admin/users/{id}/roles", token, json={"role": role}), Account)

    async def revoke(self, token: str, id: UUID, role: Role) -> Account:
        return read(await self._send("DELETE", f"/admin/users/{id}/roles/{role}", token), Account)

    async def impersonate(self, token: str, id: UUID) -> Impersonated:
        return read(await self._send("POST", f"/admin/users/{id}/impersonate", token), Impersonated)

    async def start_upload(self, token: str, new: NewUpload) -> StartedUpload:
        return read(await self._send("POST", "/uploads", token, json=msgspec.to_builtins(new)), StartedUpload)

    async def send(self, started: StartedUpload, content: bytes) -> None:
        assert started.send is not None
        headers = dict(started.send.headers)
        answer = await self.client.request(started.send.method, started.send.url, headers=headers, content=content)
        assert answer.is_success, answer.text

    async def append(self, token: str, id: UUID, offset: int, content: bytes) -> UploadView:
        headers = {
            "tus-resumable": "1.0.0",
            "content-type": "application/offset+octet-stream",
            "upload-offset": str(offset),
        }
        answer = await self._send("PATCH", f"/uploads/tus/{id}", token, content=in_chunks(content), headers=headers)
        upload = read(await self._send("GET", f"/uploads/{id}", token), UploadView)
        assert answer.headers["upload-offset"] == str(upload.offset)
        return upload

    async def finish_upload(self, token: str, id: UUID) -> FileView:
        return read(await self._send("POST", f"/uploads/{id}/complete", token), FileView)

    async def abort_upload(self, token: str, id: UUID) -> None:
        await self._send("DELETE", f"/uploads/{id}", token)

    async def uploads(self, token: str) -> Sequence[UploadView]:
        return read_items(await self._send("GET", "/uploads", token, params={"limit": "100"}), UploadView)

    async def upload_small(
        self, token: str, name: str, content: bytes, media_type: str = "application/octet-stream"
    ) -> FileView:
        headers, params = {"content-type": media_type}, {"name": name}
        return read(await self._send("PUT", "/files", token, params=params, content=content, headers=headers), FileView)

    async def file(self, token: str | None, id: UUID) -> FileView:
        return read(await self._send("GET", f"/files/{id}", token), FileView)

    async def files(self, token: str, **filters: str) -> Sequence[FileView]:
        params = {f"filter[{name}]": value for name, value in filters.items()}
        return read_items(await self._send("GET", "/files", token, params=params), FileView)

    async def change_file(self, token: str, id: UUID, version: int, **fields: Any) -> FileView:
        headers = {"if-match": f'"{version}"'}
        return read(await self._send("PATCH", f"/files/{id}", token, json=fields, headers=headers), FileView)

    async def delete_file(self, token: str, id: UUID) -> None:
        await self._send("DELETE", f"/files/{id}", token)

    async def restore_file(self, token: str, id: UUID) -> FileView:
        return read(await self._send("POST", f"/files/{id}/restore", token), FileView)

    async def read(self, token: str | None, id: UUID) -> bytes:
        return (await self._send("GET", f"/files/{id}/content", token)).content

    async def make_link(self, token: str, id: UUID, seconds: int) -> MadeLink:
        return read(await self._send("POST", f"/files/{id}/links", token, json={"expires_in": seconds}), MadeLink)

    async def links(self, token: str, id: UUID) -> Sequence[LinkView]:
        return read_items(await self._send("GET", f"/files/{id}/links", token), LinkView)

    async def revoke_link(self, token: str, id: UUID, link: UUID) -> None:
        await self._send("DELETE", f"/files/{id}/links/{link}", token)

    async def follow(self, link_token: str) -> bytes:
        return (await self._send("GET", f"/links/{link_token}")).content

    async def quota(self, token: str) -> QuotaView:
        return read(await self._send("GET", "/users/me/quota", token), QuotaView)

"""What somebody does with companies, whichever way they get there: as a library and over REST."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asperguide.companies import (
    Client,
    ClientChange,
    CompanyAccount,
    CompanyAdministration,
    CompanyChange,
    CompanySummary,
    CompanyView,
    HappeningView,
    InvitationId,
    InvitationView,
    InvitedView,
    Joined,
    MemberView,
    NewClient,
    NewCompany,
    NewInvitation,
    NewOwner,
    NewRole,
    SettingsChange,
    SettingsView,
)
from asperguide.container import Container
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import ClientId, CompanyId, CompanyRole
from tests.acceptance.letters import plain
from tests.acceptance.rest import Rest, read, read_items


class Agencies(ABC):
    """One way to call companies. `token` is the access token of whoever asks."""

    @abstractmethod
    async def found(self, token: str, new: NewCompany) -> CompanyView:
        """Found a company."""

    @abstractmethod
    async def company(self, token: str, id: UUID) -> CompanyView:
        """A company of mine."""

    @abstractmethod
    async def companies(self, token: str) -> Sequence[CompanySummary]:
        """My companies."""

    @abstractmethod
    async def change_company(self, token: str, id: UUID, version: int, change: CompanyChange) -> CompanyView:
        """Change a company, as it was in that version."""

    @abstractmethod
    async def configure(self, token: str, id: UUID, version: int, change: SettingsChange) -> SettingsView:
        """Change the settings of a company, as they were in that version."""

    @abstractmethod
    async def delete_company(self, token: str, id: UUID) -> None:
        """Delete a company in which there is nothing."""

    @abstractmethod
    async def delete_everything(self, token: str, id: UUID) -> UUID:
        """Delete a company with everything in it; the job that does."""

    @abstractmethod
    async def happened(self, token: str, id: UUID) -> Sequence[HappeningView]:
        """What happened in a company."""

    @abstractmethod
    async def members(self, token: str, id: UUID) -> Sequence[MemberView]:
        """Who belongs to a company."""

    @abstractmethod
    async def give_role(self, token: str, id: UUID, user: UUID, role: CompanyRole) -> MemberView:
        """Give somebody another role."""

    @abstractmethod
    async def remove_member(self, token: str, id: UUID, user: UUID) -> None:
        """Take somebody out."""

    @abstractmethod
    async def leave(self, token: str, id: UUID) -> None:
        """Belong to it no more."""

    @abstractmethod
    async def hand_over(self, token: str, id: UUID, user: UUID) -> MemberView:
        """Make somebody else the owner."""

    @abstractmethod
    async def invite(self, token: str, id: UUID, email: str, role: CompanyRole) -> InvitationView:
        """Invite somebody."""

    @abstractmethod
    async def invitations(self, token: str, id: UUID) -> Sequence[InvitationView]:
        """Who was invited."""

    @abstractmethod
    async def resend_invitation(self, token: str, id: UUID, invitation: UUID) -> InvitationView:
        """Send an invitation again."""

    @abstractmethod
    async def revoke_invitation(self, token: str, id: UUID, invitation: UUID) -> None:
        """Take an invitation back."""

    @abstractmethod
    async def invited(self, link: str) -> InvitedView:
        """What the link out of a mail is for."""

    @abstractmethod
    async def accept(self, token: str, link: str) -> Joined:
        """Join."""

    @abstractmethod
    async def decline(self, link: str) -> None:
        """Do not."""

    @abstractmethod
    async def add_client(self, token: str, id: UUID, new: NewClient) -> Client:
        """Add a client."""

    @abstractmethod
    async def clients(self, token: str, id: UUID, search: str = "") -> Sequence[Client]:
        """Those whose name, phone or address begins so."""

    @abstractmethod
    async def change_client(self, token: str, id: UUID, client: UUID, version: int, change: ClientChange) -> Client:
        """Change a client, as they were in that version."""

    @abstractmethod
    async def erase_client(self, token: str, id: UUID, client: UUID) -> None:
        """Forget a client."""

    @abstractmethod
    async def export_clients(self, token: str, id: UUID) -> bytes:
        """All clients as a table."""

    @abstractmethod
    async def administer(self, token: str, id: UUID, change: CompanyAdministration) -> CompanyAccount:
        """Set what a company may have."""

    @abstractmethod
    async def all_companies(self, token: str) -> Sequence[CompanyAccount]:
        """All companies of the service."""


class AgenciesInProcess(Agencies):
    """The container's use cases, called directly."""

    _use: Container

    @abstractmethod
    async def _actor(self, token: str) -> Actor:
        """Whom the token speaks for."""

    async def found(self, token: str, new: NewCompany) -> CompanyView:
        return await self._use.create_company()(await self._actor(token), new)

    async def company(self, token: str, id: UUID) -> CompanyView:
        return await self._use.get_company()(await self._actor(token), CompanyId(id))

    async def companies(self, token: str) -> Sequence[CompanySummary]:
        return (await self._use.list_companies()(await self._actor(token))).items

    async def change_company(self, token: str, id: UUID, version: int, change: CompanyChange) -> CompanyView:
        return await self._use.change_company()(await self._actor(token), CompanyId(id), change, version)

    async def configure(self, token: str, id: UUID, version: int, change: SettingsChange) -> SettingsView:
        return await self._use.change_company_settings()(await self._actor(token), CompanyId(id), change, version)

    async def delete_company(self, token: str, id: UUID) -> None:
        await self._use.delete_company()(await self._actor(token), CompanyId(id))

    async def delete_everything(self, token: str, id: UUID) -> UUID:
        return (await self._use.delete_company()(await self._actor(token), CompanyId(id), cascade=True)).job

    async def happened(self, token: str, id: UUID) -> Sequence[HappeningView]:
        return (await self._use.list_activity()(await self._actor(token), CompanyId(id))).items

    async def members(self, token: str, id: UUID) -> Sequence[MemberView]:
        return (await self._use.list_members()(await self._actor(token), CompanyId(id))).items

    async def give_role(self, token: str, id: UUID, user: UUID, role: CompanyRole) -> MemberView:
        actor, new = await self._actor(token), NewRole(role=role)
        return await self._use.change_role()(actor, CompanyId(id), UserId(user), new)

    async def remove_member(self, token: str, id: UUID, user: UUID) -> None:
        await self._use.remove_member()(await self._actor(token), CompanyId(id), UserId(user))

    async def leave(self, token: str, id: UUID) -> None:
        await self._use.leave_company()(await self._actor(token), CompanyId(id))

    async def hand_over(self, token: str, id: UUID, user: UUID) -> MemberView:
        actor, to = await self._actor(token), NewOwner(user=UserId(user))
        return await self._use.transfer_ownership()(actor, CompanyId(id), to)

    async def invite(self, token: str, id: UUID, email: str, role: CompanyRole) -> InvitationView:
        actor, new = await self._actor(token), NewInvitation(email=email, role=role)
        return await self._use.invite_member()(actor, CompanyId(id), new)

    async def invitations(self, token: str, id: UUID) -> Sequence[InvitationView]:
        return (await self._use.list_invitations()(await self._actor(token), CompanyId(id))).items

    async def resend_invitation(self, token: str, id: UUID, invitation: UUID) -> InvitationView:
        actor = await self._actor(token)
        return await self._use.resend_invitation()(actor, CompanyId(id), InvitationId(invitation))

    async def revoke_invitation(self, token: str, id: UUID, invitation: UUID) -> None:
        actor = await self._actor(token)
        await self._use.revoke_invitation()(actor, CompanyId(id), InvitationId(invitation))

    async def invited(self, link: str) -> InvitedView:
        return await self._use.show_invitation()(link)

    async def accept(self, token: str, link: str) -> Joined:
        return await self._use.accept_invitation()(await self._actor(token), link)

    async def decline(self, link: str) -> None:
        await self._use.decline_invitation()(link)

    async def add_client(self, token: str, id: UUID, new: NewClient) -> Client:
        return await self._use.add_client()(await self._actor(token), CompanyId(id), new)

    async def clients(self, token: str, id: UUID, search: str = "") -> Sequence[Client]:
        page = PageRequest(filters={"search": search} if search else {})
        return (await self._use.list_clients()(await self._actor(token), CompanyId(id), page)).items

    async def change_client(self, token: str, id: UUID, client: UUID, version: int, change: ClientChange) -> Client:
        actor = await self._actor(token)
        return await self._use.change_client()(actor, CompanyId(id), ClientId(client), change, version)

    async def erase_client(self, token: str, id: UUID, client: UUID) -> None:
        await self._use.erase_client()(await self._actor(token), CompanyId(id), ClientId(client))

    async def export_clients(self, token: str, id: UUID) -> bytes:
        export = await self._use.export_clients()(await self._actor(token), CompanyId(id))
        return b"".join([some async for some in export.rows])

    async def administer(self, token: str, id: UUID, change: CompanyAdministration) -> CompanyAccount:
        return await self._use.administer_company()(await self._actor(token), CompanyId(id), change)

    async def all_companies(self, token: str) -> Sequence[CompanyAccount]:
        return (await self._use.list_all_companies()(await self._actor(token))).items


class AgenciesOverHttp(Rest, Agencies):
    """Requests to `/api/v1`."""

    async def found(self, token: str, new: NewCompany) -> CompanyView:
        return read(await self._send("POST", "/companies", token, json=plain(new)), CompanyView)

    async def company(self, token: str, id: UUID) -> CompanyView:
        return read(await self._send("GET", f"/companies/{id}", token), CompanyView)

    async def companies(self, token: str) -> Sequence[CompanySummary]:
        return read_items(await self._send("GET", "/companies", token), CompanySummary)

    async def change_company(self, token: str, id: UUID, version: int, change: CompanyChange) -> CompanyView:
        return read(await self._patch(f"/companies/{id}", token, change, version), CompanyView)

    async def configure(self, token: str, id: UUID, version: int, change: SettingsChange) -> SettingsView:
        return read(await self._patch(f"/companies/{id}/settings", token, change, version), SettingsView)

    async def delete_company(self, token: str, id: UUID) -> None:
        assert (await self._send("DELETE", f"/companies/{id}", token)).status_code == 204

    async def delete_everything(self, token: str, id: UUID) -> UUID:
        answer = await self._send("DELETE", f"/companies/{id}", token, params={"cascade": "true"})
        assert answer.status_code == 202
        return UUID(answer.headers["location"].rpartition("/")[2])

    async def happened(self, token: str, id: UUID) -> Sequence[HappeningView]:
        return read_items(await self._send("GET", f"/companies/{id}/activity", token), HappeningView)

    async def members(self, token: str, id: UUID) -> Sequence[MemberView]:
        return read_items(await self._send("GET", f"/companies/{id}/members", token), MemberView)

    async def give_role(self, token: str, id: UUID, user: UUID, role: CompanyRole) -> MemberView:
        answer = await self._send("PATCH", f"/companies/{id}/members/{user}", token, json={"role": role})
        return read(answer, MemberView)

    async def remove_member(self, token: str, id: UUID, user: UUID) -> None:
        await self._send("DELETE", f"/companies/{id}/members/{user}", token)

    async def leave(self, token: str, id: UUID) -> None:
        await self._send("POST", f"/companies/{id}/leave", token)

    async def hand_over(self, token: str, id: UUID, user: UUID) -> MemberView:
        answer = await self._send("POST", f"/companies/{id}/owner", token, json={"user": str(user)})
        return read(answer, MemberView)

    async def invite(self, token: str, id: UUID, email: str, role: CompanyRole) -> InvitationView:
        body = {"email": email, "role": role}
        return read(await self._send("POST", f"/companies/{id}/invitations", token, json=body), InvitationView)

    async def invitations(self, token: str, id: UUID) -> Sequence[InvitationView]:
        return read_items(await self._send("GET", f"/companies/{id}/invitations", token), InvitationView)

    async def resend_invitation(self, token: str, id: UUID, invitation: UUID) -> InvitationView:
        where = f"/companies/{id}/invitations/{invitation}/resend"
        return read(await self._send("POST", where, token), InvitationView)

    async def revoke_invitation(self, token: str, id: UUID, invitation: UUID) -> None:
        await self._send("DELETE", f"/companies/{id}/invitations/{invitation}", token)

    async def invited(self, link: str) -> InvitedView:
        return read(await self._send("GET", f"/invitations/{link}"), InvitedView)

    async def accept(self, token: str, link: str) -> Joined:
        return read(await self._send("POST", f"/invitations/{link}/accept", token), Joined)

    async def decline(self, link: str) -> None:
        await self._send("POST", f"/invitations/{link}/decline")

    async def add_client(self, token: str, id: UUID, new: NewClient) -> Client:
        return read(await self._send("POST", f"/companies/{id}/clients", token, json=plain(new)), Client)

    async def clients(self, token: str, id: UUID, search: str = "") -> Sequence[Client]:
        params = {"filter[search]": search} if search else {}
        return read_items(await self._send("GET", f"/companies/{id}/clients", token, params=params), Client)

    async def change_client(self, token: str, id: UUID, client: UUID, version: int, change: ClientChange) -> Client:
        return read(await self._patch(f"/companies/{id}/clients/{client}", token, change, version), Client)

    async def erase_client(self, token: str, id: UUID, client: UUID) -> None:
        await self._send("DELETE", f"/companies/{id}/clients/{client}", token)

    async def export_clients(self, token: str, id: UUID) -> bytes:
        return (await self._send("GET", f"/companies/{id}/clients/export", token)).content

    async def administer(self, token: str, id: UUID, change: CompanyAdministration) -> CompanyAccount:
        return read(await self._send("PATCH", f"/admin/companies/{id}", token, json=plain(change)), CompanyAccount)

    async def all_companies(self, token: str) -> Sequence[CompanyAccount]:
        return read_items(await self._send("GET", "/admin/companies", token), CompanyAccount)

    async def _patch(self, path: str, token: str, change: Any, version: int) -> Any:
        headers = {"if-match": f'"{version}"'}
        return await self._send("PATCH", path, token, json=plain(change), headers=headers)

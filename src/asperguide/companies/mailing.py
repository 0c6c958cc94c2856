"""Turning invitations into mails; run by workers, at least once, with the same Message-ID every time."""

from collections.abc import Callable
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from asperguide.companies.events import InvitationAsked
from asperguide.companies.invitations import Invitation, InvitationState
from asperguide.companies.ports import Account, Accounts, CompaniesUnitOfWork, CompanyPolicy, CompanyReads
from asperguide.shared.ports import Clock, Ids, Letters, Mail, Mailer
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import CompanyFacts

KIND = "company-invitation"


class SendInvitation(Struct, frozen=True, kw_only=True):
    """Send an invitation that is still wanted, with a token that is made now and kept nowhere else.

    A second attempt replaces the token of the first: what counts is the last mail that left.
    """

    begin: Callable[[], CompaniesUnitOfWork]
    reads: CompanyReads
    accounts: Accounts
    letters: Letters
    mailer: Mailer
    clock: Clock
    ids: Ids
    policy: CompanyPolicy

    async def __call__(self, message: InvitationAsked, job: UUID) -> None:
        company = (await self.reads.known((message.company,))).get(message.company)
        made = None if company is None else await until_unhindered(partial(self._make, message))
        if company is None or made is None:
            return
        invitation, token = made
        await self._write(company, invitation, token)

    async def _make(self, message: InvitationAsked) -> tuple[Invitation, str] | None:
        now = self.clock.now()
        async with self.begin() as uow:
            invitation = await uow.invitations.get(message.company, message.invitation)
            if invitation is None or invitation.state(now) is not InvitationState.WAITING:
                return None
            if invitation.sendings != message.sending:
                return None
            sent, token = invitation.sent(self.ids.secret(), now)
            saved = await uow.invitations.save(sent)
            await uow.commit()
        return saved, token

    async def _write(self, company: CompanyFacts, invitation: Invitation, token: str) -> None:
        holder = await self.accounts.holder(invitation.email_key)
        people = await self.accounts.known({invitation.by, *([holder] if holder else [])})
        by, to = people.get(invitation.by), people.get(holder) if holder else None
        locale = to.locale if to else company.locale
        data = {
            "company": company.name,
            "role": invitation.role.value,
            "sender": by.name if by else "",
            "link": f"{self.policy.public_url}/account/invitations/{token}",
            "until": _until(invitation, to, company),
            "name": to.name if to else "",
        }
        letter = self.letters.write(KIND, locale, data)
        key = f"{KIND}:{invitation.id}:{invitation.sendings}"
        await self.mailer.send(
            Mail(
                key=key, to=invitation.email, subject=letter.subject, text=letter.text, html=letter.html, locale=locale
            )
        )


def _until(invitation: Invitation, to: Account | None, company: CompanyFacts) -> str:
    zone = to.time_zone if to else company.time_zone
    return f"{invitation.expires_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"

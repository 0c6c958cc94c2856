"""How a company wants things: reading its settings, and changing them under a version of their own."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
from msgspec import UNSET, Struct, UnsetType

from asperguide.companies.activity import What, happening
from asperguide.companies.errors import CompanyNotFound, InvalidCompanySettings
from asperguide.companies.model import Right
from asperguide.companies.ports import CompaniesUnitOfWork, CompanyReads
from asperguide.companies.settings import Colour, Days, Language, TimeZone
from asperguide.companies.standing import entered, seen
from asperguide.companies.views import SettingsView, settings_view
from asperguide.shared.actor import Actor
from asperguide.shared.commands import checked
from asperguide.shared.emails import Email
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.tenancy import CompanyId


class SettingsChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: absent fields stay, null takes the colour or the address away."""

    time_zone: TimeZone | UnsetType = UNSET
    locale: Language | UnsetType = UNSET
    accent: Colour | UnsetType | None = UNSET
    expiry_notice_days: Days | UnsetType = UNSET
    email: Email | UnsetType | None = UNSET


class GetCompanySettings(Struct, frozen=True, kw_only=True):
    """How a company of mine wants things."""

    reads: CompanyReads

    async def __call__(self, actor: Actor, id: CompanyId) -> SettingsView:
        await seen(self.reads, actor, id, Right.SEE)
        if (settings := await self.reads.settings(id)) is None:
            raise CompanyNotFound
        return settings_view(settings)


class ChangeCompanySettings(Struct, frozen=True, kw_only=True):
    """Change how a company wants things. With `version`, only if the settings are still that one."""

    begin: Callable[[], CompaniesUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(
        self, actor: Actor, id: CompanyId, change: SettingsChange, version: int | None = None
    ) -> SettingsView:
        change, now = checked(change, InvalidCompanySettings), self.clock.now()
        given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
        async with self.begin() as uow:
            await entered(uow, actor, id, Right.CONFIGURE)
            if (settings := await uow.companies.settings(id)) is None:
                raise CompanyNotFound
            if version not in (None, settings.version):
                raise EditedMeanwhile
            changed = replace(settings, **given).checked()
            if changed == settings:
                return settings_view(settings)
            saved = await uow.companies.save_settings(changed)
            fields = ", ".join(sorted(name for name in given if getattr(changed, name) != getattr(settings, name)))
            await uow.activity.add(happening(self.ids.new(), id, now, actor.user, What.SETTINGS_CHANGED, detail=fields))
            await uow.commit()
        return settings_view(saved)

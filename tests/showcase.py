"""A print that everybody can see, in a database, as if all that leads to it had happened."""

from dataclasses import replace
from typing import Any

from asperguide.ar.model import Content, ContentId, ContentState, public_id
from asperguide.companies import NewCompany
from asperguide.container import Container
from asperguide.projects import NewProject
from asperguide.shared.actor import Actor
from asperguide.shared.tenancy import CompanyId, ProjectId
from tests.playing import film
from tests.viewing import shown


async def print_of(container: Container, actor: Actor, **different: Any) -> Content:
    """A published print of a new company of the actor, without any bytes."""
    ids, now = container.ids(), container.clock().now()
    company = await container.create_company()(actor, NewCompany(name=f"Atelier {ids.new()}"))
    project = await container.create_project()(actor, CompanyId(company.id), NewProject(name="Weddings"))
    await container.activate_project()(actor, ProjectId(project.id))
    videos = tuple(replace(film(letter, n), id=ids.new(), created_at=now) for n, letter in enumerate("ab"))
    given = {
        "id": ContentId(ids.new()), "public_id": public_id(ids.secret()), "company": CompanyId(company.id),
        "project": ProjectId(project.id), "created_by": actor.user, "created_at": now, "updated_at": now,
        "state": ContentState.PUBLISHED, "published_at": now, "number": f"ORD-20260101-{ids.new().int % 10**6:06d}",
    }  # fmt: skip
    content = shown(*videos, **{**given, **different})
    async with container.begin_ar()() as uow:
        await uow.contents.add(content)
        await uow.commit()
    return content


async def change(container: Container, content: Content, **different: Any) -> Content:
    """The print as somebody has changed it, by whatever process the container is of."""
    async with container.begin_ar()() as uow:
        found = await uow.contents.get(content.company, content.id)
        assert found is not None
        saved = await uow.contents.save(replace(found, **different))
        await uow.commit()
    return saved

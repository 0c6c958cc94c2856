"""Companies with a project and a print in it, whose films need not be sent first."""

from dataclasses import dataclass, replace
from typing import Any

import httpx

from asperguide.ar.model import Content, ContentId, PublicId
from asperguide.ar.videos import FileId, VideoId
from asperguide.companies import NewCompany
from asperguide.container import Container
from asperguide.projects import NewProject
from asperguide.shared.actor import Actor
from asperguide.shared.tenancy import CompanyId, ProjectId
from asperguide.testing import Person
from tests.http.identity.api import Api, token_of
from tests.playing import content, film


async def print_in(container: Container, actor: Actor, **different: Any) -> Content:
    """A print of the videos a, b and c, in a company and a project of its own."""
    ids = container.ids()
    name = f"Atelier {ids.new()}"
    company = await container.create_company()(actor, NewCompany(name=name))
    project = await container.create_project()(actor, CompanyId(company.id), NewProject(name="Weddings"))
    videos = [replace(film(letter, n), id=VideoId(ids.new()), file=FileId(ids.new())) for n, letter in enumerate("abc")]
    made = content(
        *videos, id=ContentId(ids.new()), company=company.id, project=ProjectId(project.id),
        number=name[-32:], public_id=PublicId(ids.secret().hex()[:22]), **different,
    )  # fmt: skip
    async with container.ar_unit_of_work() as uow:
        await uow.contents.add(made)
        await uow.commit()
    return made


@dataclass
class Printer:
    """Somebody with a print, who sends requests about it."""

    api: Api
    person: Person
    content: Content

    @classmethod
    async def called(cls, api: Api, username: str = "siobhan", **different: Any) -> "Printer":
        """Somebody new, with a print of the videos a, b and c."""
        person = await api.member(username)
        return cls(api, person, await print_in(api.world.container, person.actor, **different))

    def video(self, letter: str) -> str:
        """The id of the video of that title."""
        return str(next(video.id for video in self.content.videos if video.title == letter))

    async def __call__(self, method: str, path: str = "", **rest: Any) -> httpx.Response:
        """The answer to a request about the print."""
        return await self.api(method, f"/contents/{self.content.id}{path}", token_of(self.person), **rest)

    async def expect(self, status: int, method: str, path: str = "", **rest: Any) -> Any:
        """The JSON of an answer of this status."""
        answer = await self(method, path, **rest)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


def places(answer: httpx.Response) -> list[str]:
    """Where something is wrong."""
    return [wrong["pointer"] for wrong in answer.json()["errors"]]

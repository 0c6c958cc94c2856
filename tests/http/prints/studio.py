"""A project over HTTP, and prints that are made in it."""

from dataclasses import dataclass
from typing import Any, Self

import httpx

from asperguide.adapters.memory.video_tools import toy_clip
from tests.http.capsules.people import Somebody, expect
from tests.http.identity.api import Api
from tests.http.projects.firm import Firm
from tests.media import png

PHOTO = ("photo", ("Hochzeit.png", png(640, 480), "image/png"))
FILM = ("video", ("Walzer.mp4", toy_clip(), "video/mp4"))


@dataclass
class Studio:
    """A firm, and its project."""

    firm: Firm
    project: str

    @classmethod
    async def begun(cls, api: Api, owner: str = "siobhan", name: str = "O'Neil & Söhne") -> Self:
        """A new one."""
        firm = await Firm.founded(api, owner, name)
        return cls(firm, (await firm.project())["id"])

    @property
    def owner(self) -> Somebody:
        """Who may do everything."""
        return self.firm.owner

    @property
    def where(self) -> str:
        """The path of the project's prints."""
        return f"/projects/{self.project}/contents"

    async def upload(self, content: bytes, name: str = "p.png", kind: str = "image/png", by: Any = None) -> str:
        """The id of a file that was sent."""
        answer = await (by or self.owner)("POST", "/files", files={"file": (name, content, kind)})
        return str(expect(201, answer)["id"])

    async def post(self, body: Any, by: Somebody | None = None, **rest: Any) -> httpx.Response:
        """The answer to a JSON body."""
        return await (by or self.owner)("POST", self.where, json=body, **rest)

    async def send(self, *files: Any, by: Somebody | None = None, **rest: Any) -> httpx.Response:
        """The answer to a form with these files."""
        return await (by or self.owner)("POST", self.where, files=list(files), **rest)

    async def made(self, *, settled: bool = True, **fields: str) -> dict[str, Any]:
        """A print with a film; as it is when all jobs have run."""
        made: dict[str, Any] = expect(201, await self.send(PHOTO, FILM, data=fields))
        if not settled:
            return made
        await self.firm.api.world.settle()
        return await self.seen(made["id"])

    async def seen(self, id: str) -> dict[str, Any]:
        """As the owner sees it."""
        seen: dict[str, Any] = await self.owner.get(f"/contents/{id}")
        return seen

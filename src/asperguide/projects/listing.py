"""What the list of projects can be asked."""

from asperguide.projects.model import Lifecycle
from asperguide.shared.emails import folded
from asperguide.shared.pages import Instant, ListRules, Sort
from asperguide.shared.tenancy import ProjectState


def _search(text: str) -> str:
    if not 1 <= len(text) <= 100:
        raise ValueError(text)
    return folded(text)


def _tag(text: str) -> str:
    if not 1 <= len(text) <= 50:
        raise ValueError(text)
    return text


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


PROJECTS = ListRules(
    name="projects",
    sorts={
        "created_at": Sort(field="created_at", type=Instant),
        "name": Sort(field="name_key", type=str),
        "ends_at": Sort(field="ends_key", type=Instant),
    },
    default="-created_at",
    filters={"state": ProjectState, "lifecycle": Lifecycle, "tag": _tag, "template": _flag, "name": _search},
)

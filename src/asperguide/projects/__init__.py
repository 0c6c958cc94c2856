"""Projects of companies: their period, who may see them, and what is told before they end."""

from asperguide.projects.arriving import DiscardProject, PrepareProject, RevealProject
from asperguide.projects.changing import (
    ActivateProject,
    ArchiveProject,
    ExtendProject,
    Extension,
    MoveProject,
    ProjectChange,
    RestoreProject,
    UpdateProject,
)
from asperguide.projects.copying import (
    CopyContents,
    CopyProject,
    DuplicateProject,
    FromTemplate,
    NewCopy,
    UseTemplate,
)
from asperguide.projects.creating import AddProject, CreateProject, NewProject
from asperguide.projects.entering import EnterProject
from asperguide.projects.finding import GetProject, ListProjects, ShowProject
from asperguide.projects.model import Lifecycle, Listed, Move, Project
from asperguide.projects.notices import Notice, Stage
from asperguide.projects.ports import ProjectPolicy
from asperguide.projects.removing import (
    ClearRemoved,
    DeleteProject,
    DeleteProjectWithAll,
    ForgetProjectCount,
    RemoveProject,
    RemoveSomeOfCompany,
    StopRemoving,
)
from asperguide.projects.rights import Access, Right
from asperguide.projects.sharing import (
    AccessChange,
    ChangeAccess,
    ForgetListed,
    GetAccess,
    ListMember,
    MemberAccess,
    UnlistMember,
)
from asperguide.projects.sweeping import SweepProjects
from asperguide.projects.telling import TellCompany, TellContact
from asperguide.projects.views import AccessView, Copying, ListedView, ProjectView, Removing

__all__ = [
    # projects
    "CreateProject", "NewProject", "ListProjects", "GetProject", "ProjectView", "UpdateProject", "ProjectChange",
    "ActivateProject", "ArchiveProject", "RestoreProject", "ExtendProject", "Extension", "DeleteProject",
    "DeleteProjectWithAll", "Removing",
    # copies
    "DuplicateProject", "NewCopy", "UseTemplate", "FromTemplate", "Copying",
    # access
    "GetAccess", "AccessView", "ListedView", "ChangeAccess", "AccessChange", "ListMember", "MemberAccess",
    "UnlistMember",
    # in the background
    "SweepProjects", "TellCompany", "TellContact", "CopyContents", "RemoveProject", "StopRemoving", "ClearRemoved",
    "RemoveSomeOfCompany", "ForgetListed", "ForgetProjectCount",
    # made of archives
    "PrepareProject", "RevealProject", "DiscardProject",
    # parts that a container puts together
    "ProjectPolicy", "AddProject", "CopyProject", "EnterProject", "MoveProject", "ShowProject",
    # what a project is, and who may do what in it
    "Project", "Lifecycle", "Listed", "Move", "Notice", "Stage", "Access", "Right",
]  # fmt: skip

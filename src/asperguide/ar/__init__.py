"""Augmented-reality prints: contents with a marker and videos, what plays when, and who watched."""

from asperguide.ar.analytics_intake import EventsTaken, NewEvent, NewEvents, TakeEvents
from asperguide.ar.analytics_model import EventKind, Level
from asperguide.ar.analytics_reading import Period, ShowAnalytics
from asperguide.ar.analytics_views import AnalyticsView
from asperguide.ar.analyzing import AnalyzeMarker, MarkerReportView, report_view
from asperguide.ar.changing import (
    ArchiveContent,
    ContentChange,
    MoveContent,
    Photo,
    PublishContent,
    RegenerateMedia,
    ReplacePhoto,
    UnpublishContent,
    UpdateContent,
)
from asperguide.ar.coding import Code, CodeFormat, ShowCode
from asperguide.ar.content_views import ArPolicy, ContentView
from asperguide.ar.copying import CopyContent, CopyContents, DuplicateContent
from asperguide.ar.creating import (
    AboutContent,
    CompareFiles,
    CreateContent,
    CreateContentWithFiles,
    KeepContent,
    NewContent,
    SentFile,
)
from asperguide.ar.desk import ChangeContent, OpenContent
from asperguide.ar.filming import (
    AddFilms,
    ChangeFilm,
    FilmChange,
    ListFilms,
    NewFilm,
    NewFilms,
    Order,
    OrderFilms,
    RemoveFilm,
)
from asperguide.ar.finding import GetContent, ListContents
from asperguide.ar.forgetting import (
    ForgetClient,
    ForgetContent,
    ForgetPrintsOfCompany,
    ForgetSessions,
    ForgetVideos,
)
from asperguide.ar.manifests import Manifest
from asperguide.ar.markers import MarkerReport, report_of
from asperguide.ar.model import Content, ContentId, ContentState, Customer, Marker, MarkerState, PublicId
from asperguide.ar.packing import ExportProject, MakeProjectExport, PackingAsked
from asperguide.ar.packing_shelf import DropProjectExport, OpenProjectExport, PrunePackedProjects
from asperguide.ar.playback import GetPlayback, Moment, PlaybackChange, RenewThumbnail, SetPlayback, ShowCalendar
from asperguide.ar.playing import Choice, Source, choose
from asperguide.ar.reaching import Reach
from asperguide.ar.refreshing import FollowContent, FollowFile, LookAgain, LookAtMarker, RefreshContent
from asperguide.ar.removing import DeleteContent, DropLeftFiles, RemoveSomeContents, SweepFiles
from asperguide.ar.rights import RIGHTS, Right
from asperguide.ar.rotating import (
    CreateRotation,
    GetRotation,
    NewDateRule,
    NewRotation,
    RemoveRotation,
    ReplaceRotation,
    Rotate,
)
from asperguide.ar.rotation import DateRule, PlaybackMode, Rotation, RotationKind
from asperguide.ar.scenes import NewScene
from asperguide.ar.scheduling import AddWindow, ListWindows, MoveWindow, NewWindow, RemoveWindow, WindowChange
from asperguide.ar.sending_films import AddSentFilms, CompareSentFilms
from asperguide.ar.showing import LookAt
from asperguide.ar.staging import GetScene, PutScene, RemoveScene, SceneView
from asperguide.ar.unavailable import Reason
from asperguide.ar.unpacked import MakePrints
from asperguide.ar.unpacking import BringFiles, DropImport, ImportProject, MakeProject, NewImport, UndoImport
from asperguide.ar.unpacking_checks import LookThrough
from asperguide.ar.video_views import (
    CalendarView,
    FilmsView,
    FilmView,
    PlaybackView,
    RotationView,
    WindowsView,
    WindowView,
)
from asperguide.ar.videos import ContentVideo, FileId, Footage, VideoId, VideoState, Window
from asperguide.ar.viewing import (
    Availability,
    CheckPrint,
    MakeSheet,
    PrintPage,
    SeePrint,
    ShowManifest,
    ShowPhoto,
    ShowSceneImage,
    ShowVideo,
    TakeTurn,
)

__all__ = [
    # making prints
    "NewContent", "AboutContent", "SentFile", "CreateContent", "CreateContentWithFiles", "CompareFiles", "ContentView",
    "DuplicateContent",
    # my prints
    "GetContent", "ListContents", "UpdateContent", "ContentChange", "ReplacePhoto", "Photo", "RegenerateMedia",
    "PublishContent", "UnpublishContent", "ArchiveContent", "DeleteContent", "ShowCode", "Code", "CodeFormat",
    # videos and what plays when
    "NewFilms", "NewFilm", "AddFilms", "ChangeFilm", "FilmChange", "OrderFilms", "Order", "RemoveFilm", "ListFilms",
    "AddSentFilms", "CompareSentFilms", "GetPlayback", "SetPlayback", "PlaybackChange", "RenewThumbnail", "Moment",
    "ShowCalendar", "ListWindows", "AddWindow", "NewWindow", "MoveWindow", "WindowChange", "RemoveWindow",
    "GetRotation", "CreateRotation", "ReplaceRotation", "NewRotation", "NewDateRule", "RemoveRotation", "FilmView",
    "FilmsView", "PlaybackView", "CalendarView", "WindowView", "WindowsView", "RotationView", "choose", "Choice",
    "Source",
    # scenes
    "GetScene", "PutScene", "RemoveScene", "SceneView", "NewScene",
    # markers
    "AnalyzeMarker", "MarkerReportView", "report_view", "MarkerReport", "report_of",
    # the public
    "CheckPrint", "Availability", "ShowManifest", "SeePrint", "PrintPage", "ShowPhoto", "ShowVideo", "ShowSceneImage",
    "Manifest", "Reason",
    # what is counted of views
    "NewEvent", "NewEvents", "EventsTaken", "TakeEvents", "Period", "ShowAnalytics", "AnalyticsView", "EventKind",
    "Level",
    # packing
    "ExportProject", "PackingAsked", "OpenProjectExport", "ImportProject", "NewImport",
    # in the background
    "FollowContent", "FollowFile", "LookAgain", "DropLeftFiles", "SweepFiles", "ForgetClient", "ForgetContent",
    "ForgetPrintsOfCompany", "ForgetSessions", "ForgetVideos", "MakeProjectExport", "DropProjectExport",
    "PrunePackedProjects", "MakeProject", "DropImport",
    # what projects ask of prints
    "CopyContents", "RemoveSomeContents",
    # parts that a container puts together
    "ArPolicy", "Reach", "OpenContent", "ChangeContent", "KeepContent", "MoveContent", "CopyContent", "Rotate",
    "LookAtMarker", "RefreshContent", "LookAt", "MakeSheet", "TakeTurn", "MakePrints", "BringFiles", "UndoImport",
    "LookThrough",
    # the model
    "Content", "ContentId", "ContentState", "PublicId", "Marker", "MarkerState", "Customer", "ContentVideo", "VideoId",
    "FileId", "VideoState", "Footage", "Window", "Rotation", "RotationKind", "PlaybackMode", "DateRule", "Right",
    "RIGHTS",
]  # fmt: skip

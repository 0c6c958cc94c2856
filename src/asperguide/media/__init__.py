"""Files, images and videos: how they arrive, are checked, kept, shown, thrown away and made into others."""

from asperguide.media.appending import AppendToUpload, Checksum
from asperguide.media.arriving import Arrive
from asperguide.media.checking import CheckFile
from asperguide.media.converting import Conversion, Convert, ConvertFile, Converting, StopConverting, Target
from asperguide.media.examining import ExamineFile
from asperguide.media.filing import (
    DeleteFile,
    FileChange,
    GetFile,
    GetQuota,
    ListFiles,
    RestoreFile,
    UpdateFile,
)
from asperguide.media.housekeeping import ExpireUploads, ForgetOwner, PruneLinks, PurgeDeletedFiles, RemoveObjects
from asperguide.media.imaging import Fit, ImageFormat, ImageWanted, MakeImage, ShowImage, ShowImageOf
from asperguide.media.making import MakeConversion
from asperguide.media.model import File, FileId, FileState, OwnerId, Visibility
from asperguide.media.owning import ChooseMoment, DropFiles, HandOver, ProcessAgain
from asperguide.media.playing import GetVideo, PlaybackTokens, PlayPlaylist, PlayVideo, SeeVideo
from asperguide.media.ports import MediaPolicy, Room
from asperguide.media.posters import MakeStills, Poster, SetPoster
from asperguide.media.processing import ProcessVideo
from asperguide.media.receiving import ReceiveFile
from asperguide.media.reconciling import Findings, QuotaDifference, Reconcile, TidyMedia
from asperguide.media.repositories import LinkId
from asperguide.media.retrying import CancelProcessing, RetryProcessing, StopProcessing
from asperguide.media.sending_small import SmallUpload, UploadSmall
from asperguide.media.serving import (
    FollowLink,
    LinkToContent,
    ListLinks,
    MakeLink,
    NewLink,
    Readable,
    ReadFile,
    RevokeLink,
    may_be_inline,
)
from asperguide.media.transport import Transport, Upload, Usage
from asperguide.media.uploading import (
    AbortUpload,
    FinishUpload,
    GetUpload,
    LinkParts,
    ListUploads,
    NewUpload,
    StartUpload,
)
from asperguide.media.video_views import VideoView
from asperguide.media.videos import VideoState
from asperguide.media.views import (
    FileView,
    LinkView,
    MadeLink,
    PartLink,
    QuotaView,
    SendBy,
    StartedUpload,
    UploadView,
)

__all__ = [
    # sending files
    "NewUpload", "StartUpload", "StartedUpload", "SendBy", "GetUpload", "ListUploads", "UploadView", "AbortUpload",
    "LinkParts", "PartLink", "FinishUpload", "AppendToUpload", "Checksum", "SmallUpload", "UploadSmall", "Transport",
    # my files
    "GetFile", "FileView", "ListFiles", "UpdateFile", "FileChange", "DeleteFile", "RestoreFile", "GetQuota",
    "QuotaView",
    # bytes
    "ReadFile", "Readable", "may_be_inline", "LinkToContent", "NewLink", "MakeLink", "MadeLink", "ListLinks",
    "LinkView", "RevokeLink", "FollowLink",
    "ShowImage", "ShowImageOf", "MakeImage", "ImageWanted", "Fit", "ImageFormat",
    # videos
    "GetVideo", "VideoView", "VideoState", "PlayVideo", "PlayPlaylist", "SetPoster", "Poster",
    "RetryProcessing", "CancelProcessing", "Convert", "Conversion", "Converting", "Target",
    # files of those who are no users
    "Room", "HandOver", "DropFiles", "ProcessAgain", "ChooseMoment", "ReceiveFile",
    # in the background
    "ProcessVideo", "StopProcessing", "MakeStills", "ConvertFile", "StopConverting",
    "CheckFile", "ExpireUploads", "PurgeDeletedFiles", "PruneLinks", "ForgetOwner", "RemoveObjects", "Reconcile",
    "Findings", "QuotaDifference", "TidyMedia",
    # parts that a container puts together
    "MakeConversion", "PlaybackTokens", "SeeVideo",
    "MediaPolicy", "ExamineFile", "Arrive",
    # the model
    "File", "FileId", "FileState", "OwnerId", "LinkId", "Visibility", "Upload", "Usage",
]  # fmt: skip

"""Which adapter answers which port, and what every use case is made of.

One flat container. Adapters are singletons; use cases are made anew for each call, so that an override of any provider
takes effect at once: `container.mailer.override(...)`.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from asperguide import ar as a
from asperguide import capsules as c
from asperguide import choosing
from asperguide import companies as co
from asperguide import identity as i
from asperguide import media as m
from asperguide import operations as o
from asperguide import projects as p
from asperguide.adapters.caching.editions import Editions
from asperguide.adapters.caching.identity import CachedIdentityReads
from asperguide.adapters.caching.read_through import ReadThrough
from asperguide.adapters.caching.sheets import KeptSheets
from asperguide.adapters.caching.showings import CachedShowings
from asperguide.adapters.caching.watched import CachedWatched
from asperguide.adapters.jinja.letters import JinjaLetters
from asperguide.adapters.jinja.view_pages import JinjaViewPages
from asperguide.adapters.local.ar_files import LocalMediaFiles, LocalPictures
from asperguide.adapters.local.ar_packing import LocalLuggage, LocalProjectBooks
from asperguide.adapters.local.ar_views import LocalWatched
from asperguide.adapters.local.capsules import LocalAttachments, LocalPeople
from asperguide.adapters.local.companies import LocalAccounts, LocalHoldings, LocalProjectHoldings
from asperguide.adapters.local.identity import LocalBelongings, LocalPortraits
from asperguide.adapters.local.media import LocalLongWork
from asperguide.adapters.local.projects import LocalContents
from asperguide.adapters.local.tenancy import LocalCompanies, LocalProjects
from asperguide.adapters.magic import MagicTypes
from asperguide.adapters.maintenance import MaintenanceWatch
from asperguide.adapters.measuring import Monitor
from asperguide.adapters.memory.work_once import MemoryWorkOnce
from asperguide.adapters.pillow.images import PillowImages, image_threads
from asperguide.adapters.pillow.markers import PillowMarkerEye
from asperguide.adapters.pool import LowPriorityPool
from asperguide.adapters.prometheus.exposition import Exposition
from asperguide.adapters.prometheus.neighbours import Neighbours
from asperguide.adapters.prometheus.shared import SharedFigures
from asperguide.adapters.security.derive import derive
from asperguide.adapters.security.passwords import ArgonPasswords
from asperguide.adapters.security.strength import ZxcvbnStrength
from asperguide.adapters.security.tokens import JwtAccessTokens
from asperguide.adapters.segno.codes import SegnoQrCodes
from asperguide.adapters.signing import Door
from asperguide.adapters.sql.analytics import SqlAnalyticsUnitOfWork
from asperguide.adapters.sql.analytics_log import SqlEventLog
from asperguide.adapters.sql.analytics_reads import SqlAnalyticsReads
from asperguide.adapters.sql.ar import SqlArReads, SqlArUnitOfWork
from asperguide.adapters.sql.capsules import SqlCapsuleReads, SqlCapsulesUnitOfWork
from asperguide.adapters.sql.companies import SqlCompaniesUnitOfWork, SqlCompanyReads
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.idempotency import SqlIdempotency
from asperguide.adapters.sql.identity import SqlGuessCounter, SqlIdentityReads, SqlIdentityUnitOfWork
from asperguide.adapters.sql.job_board import SqlJobReads
from asperguide.adapters.sql.ledger import SqlLedger
from asperguide.adapters.sql.maintenance import SqlMaintenanceReads
from asperguide.adapters.sql.media import SqlMediaReads, SqlMediaUnitOfWork
from asperguide.adapters.sql.operations import SqlOperationsUnitOfWork
from asperguide.adapters.sql.projects import SqlProjectReads, SqlProjectsUnitOfWork
from asperguide.adapters.sql.watch import SqlWatch
from asperguide.adapters.system import SystemClock, SystemIds
from asperguide.adapters.tracing import Tracer
from asperguide.ar import analytics as v
from asperguide.ar.marker_ports import MarkerEye, QrCodes
from asperguide.ar.packing_ports import Luggage, ProjectBooks
from asperguide.ar.ports import ArReads, ArUnitOfWork
from asperguide.ar.viewer_ports import Pictures, Sheets, Showings
from asperguide.capsules.ports import Attachments, CapsuleReads, CapsulesUnitOfWork, People, Vault
from asperguide.companies.ports import Accounts, CompaniesUnitOfWork, CompanyReads, Holdings
from asperguide.identity.belongings import Belongings
from asperguide.identity.ports import (
    SESSION_KEYS,
    USER_KEYS,
    AccessTokens,
    GuessCounter,
    IdentityReads,
    IdentityUnitOfWork,
    LiveSession,
    PasswordHasher,
    PasswordStrength,
    Portraits,
)
from asperguide.injector import Callable, DeclarativeContainer, Dependency, Factory, Provider, Singleton
from asperguide.media.ports import Images, LongWork, MediaReads, MediaUnitOfWork, TypeDetector, VideoTools, WorkOnce
from asperguide.operations.doctor import Examine
from asperguide.operations.health import CheckReadiness
from asperguide.operations.housekeeping import PruneLedger
from asperguide.operations.ports import MailArchive
from asperguide.projects.ports import ProjectContents, ProjectReads, ProjectsUnitOfWork
from asperguide.settings import Settings
from asperguide.shared.ledger import Ledger
from asperguide.shared.ports import Cache, Clock, Doorbell, Idempotency, Ids, Letters, Mailer, Probe, RateLimiter
from asperguide.shared.storage import Storage
from asperguide.shared.tenancy import Companies, Projects

if TYPE_CHECKING:
    from asperguide.adapters.opentelemetry.figures import FigureSender

MIB = 1024 * 1024


def policy_of(settings: Settings) -> i.Policy:
    """The settings that rules of identity depend on."""
    return i.Policy(
        public_url=settings.url,
        password_min_length=settings.password_min_length,
        require_verified_email=settings.require_verified_email,
        access_token_lifetime=settings.access_token_lifetime,
        session_idle=timedelta(days=settings.session_idle_days),
        session_absolute=timedelta(days=settings.session_absolute_days),
    )


def media_policy_of(settings: Settings) -> m.MediaPolicy:
    """The settings that rules of media depend on."""
    return m.MediaPolicy(
        public_url=settings.url,
        largest_file=settings.media_max_mb * MIB,
        quota_bytes=settings.media_quota_mb * MIB,
        quota_files=settings.media_quota_files,
    )


def capsule_policy_of(settings: Settings) -> c.CapsulePolicy:
    """The settings that rules of capsules depend on."""
    return c.CapsulePolicy(
        public_url=settings.url,
        latest=timedelta(days=365.25 * settings.capsule_max_years + 1),
        sweep=timedelta(seconds=settings.capsule_sweep_seconds),
    )


def company_policy_of(settings: Settings, stores: Mapping[str, Storage]) -> co.CompanyPolicy:
    """The settings that rules of companies depend on."""
    return co.CompanyPolicy(public_url=settings.url, stores=tuple(stores))


def analytics_policy_of(settings: Settings) -> v.AnalyticsPolicy:
    """The settings that counting views depends on."""
    return v.AnalyticsPolicy(keep=timedelta(days=settings.analytics_keep_days))


def cached(cache: Cache, clock: Clock, settings: Settings, name: str, kind: type[Any]) -> ReadThrough[Any]:
    """A read-through of versioned entities on which authorization depends."""
    ttl = timedelta(seconds=settings.session_staleness_seconds)
    return ReadThrough(cache, clock, name, kind, version=lambda entity: entity.version, ttl=ttl)


class Container(DeclarativeContainer):
    """Everything the service is made of, by name."""

    settings: Provider[Settings] = Dependency(instance_of=Settings)

    clock: Provider[Clock] = Singleton(SystemClock)
    ids: Provider[Ids] = Singleton(SystemIds)

    tracer: Provider[Tracer | None] = Singleton(choosing.tracer, settings, clock)
    database: Provider[Database] = Singleton(choosing.database, settings, tracer)
    redis: Provider[choosing.RedisServer | None] = Singleton(choosing.redis_server, settings, tracer)
    cache: Provider[Cache] = Singleton(choosing.cache, redis, clock)
    editions: Provider[Editions] = Singleton(Editions, cache, ids)
    limiter: Provider[RateLimiter] = Singleton(choosing.limiter, redis, clock)
    doorbell: Provider[Doorbell] = Singleton(choosing.doorbell, redis)
    mailer: Provider[Mailer] = Singleton(choosing.mailer, settings, clock, tracer)
    door: Provider[Door] = Singleton(choosing.door, settings, clock)
    storage: Provider[Storage] = Singleton(choosing.storage, settings, door, clock, ids, tracer)
    stores: Provider[Mapping[str, Storage]] = Singleton(choosing.stores, settings, storage, clock, ids, tracer)
    buckets: Provider[o.Buckets] = Singleton(choosing.buckets, stores)
    letters: Provider[Letters] = Singleton(JinjaLetters)
    ledger: Provider[Ledger] = Singleton(SqlLedger, database, clock)
    idempotency: Provider[Idempotency] = Singleton(
        SqlIdempotency, database, clock, ids, secret=Callable(derive, settings.provided.oauth_secret_key, "idempotency")
    )
    probes: Provider[tuple[Probe, ...]] = Singleton(choosing.probes, settings, database, redis, stores)

    image_threads: Provider[LowPriorityPool] = Singleton(image_threads)
    images: Provider[Images] = Singleton(PillowImages, pool=image_threads)
    vault: Provider[Vault] = Singleton(choosing.vault, settings, ids)

    # identity: adapters
    policy: Provider[i.Policy] = Singleton(policy_of, settings)
    hasher: Provider[PasswordHasher] = Singleton(ArgonPasswords)
    strength: Provider[PasswordStrength] = Singleton(ZxcvbnStrength)
    tokens: Provider[AccessTokens] = Singleton(
        JwtAccessTokens,
        algorithm=settings.provided.oauth_algorithm,
        secret=settings.provided.oauth_secret_key,
        private_key_pem=settings.provided.oauth_private_key,
        retired_keys=settings.provided.oauth_retired_keys,
        issuer=settings.provided.url,
        audience=settings.provided.url,
        clock=clock,
    )
    refresh_tokens: Provider[i.RefreshTokens] = Singleton(
        i.RefreshTokens, Callable(derive, settings.provided.oauth_secret_key, "refresh")
    )
    devices: Provider[i.DeviceTokens] = Singleton(
        i.DeviceTokens, Callable(derive, settings.provided.oauth_secret_key, "device")
    )
    export_tokens: Provider[i.ExportTokens] = Singleton(
        i.ExportTokens, Callable(derive, settings.provided.oauth_secret_key, "export")
    )
    identity_unit_of_work: Provider[IdentityUnitOfWork] = Factory(
        SqlIdentityUnitOfWork, database, clock=clock, ids=ids, purge=cache.provided.purge, doorbell=doorbell
    )
    begin = identity_unit_of_work.provider
    cached_sessions: Provider[ReadThrough[LiveSession]] = Singleton(
        cached, cache, clock, settings, SESSION_KEYS, LiveSession
    )
    cached_profiles: Provider[ReadThrough[i.Profile]] = Singleton(cached, cache, clock, settings, USER_KEYS, i.Profile)
    counter: Provider[GuessCounter] = Singleton(SqlGuessCounter, database)
    reads: Provider[IdentityReads] = Singleton(
        CachedIdentityReads, Singleton(SqlIdentityReads, database), cached_sessions, cached_profiles
    )

    # identity: parts of use cases
    rules: Provider[i.PasswordRules] = Factory(i.PasswordRules, hasher=hasher, strength=strength, policy=policy)
    guess: Provider[i.GuessPassword] = Factory(
        i.GuessPassword, begin=begin, reads=reads, counter=counter, hasher=hasher, clock=clock
    )
    prove: Provider[i.ProveOwner] = Factory(i.ProveOwner, begin=begin, guess=guess, clock=clock, policy=policy)
    issue: Provider[i.IssueTokens] = Factory(i.IssueTokens, tokens=tokens, clock=clock, ids=ids, policy=policy)
    check_login: Provider[i.CheckLogin] = Factory(
        i.CheckLogin, begin=begin, reads=reads, guess=guess, devices=devices, clock=clock, ids=ids
    )
    set_password: Provider[i.SetPassword] = Factory(i.SetPassword, begin=begin, rules=rules, clock=clock, ids=ids)
    recognise: Provider[i.RecogniseToken] = Factory(
        i.RecogniseToken, begin=begin, tokens=tokens, refresh_tokens=refresh_tokens, clock=clock
    )
    write_mail: Provider[i.WriteMail] = Factory(i.WriteMail, letters=letters, mailer=mailer)
    send_code: Provider[i.SendCode] = Factory(
        i.SendCode, begin=begin, write=write_mail, clock=clock, ids=ids, policy=policy
    )

    # identity: becoming a user
    register: Provider[i.Register] = Factory(i.Register, begin=begin, hasher=hasher, rules=rules, clock=clock, ids=ids)
    confirm_email: Provider[i.ConfirmEmail] = Factory(i.ConfirmEmail, begin=begin, clock=clock, ids=ids)
    resend_verification: Provider[i.ResendVerification] = Factory(i.ResendVerification, begin=begin)
    check_username: Provider[i.CheckUsername] = Factory(i.CheckUsername, reads=reads)

    # identity: signing in
    sign_in: Provider[i.SignIn] = Factory(
        i.SignIn,
        begin=begin,
        check=check_login,
        hasher=hasher,
        refresh_tokens=refresh_tokens,
        devices=devices,
        issue=issue,
        ids=ids,
        policy=policy,
    )
    refresh_session: Provider[i.RefreshSession] = Factory(
        i.RefreshSession,
        begin=begin,
        refresh_tokens=refresh_tokens,
        issue=issue,
        clock=clock,
        ids=ids,
        policy=policy,
    )
    sign_out: Provider[i.SignOut] = Factory(i.SignOut, begin=begin, clock=clock, ids=ids)
    authenticate: Provider[i.Authenticate] = Factory(
        i.Authenticate, tokens=tokens, reads=reads, clock=clock, policy=policy
    )
    list_sessions: Provider[i.ListSessions] = Factory(i.ListSessions, reads=reads, clock=clock)
    end_session: Provider[i.EndSession] = Factory(i.EndSession, begin=begin, clock=clock, ids=ids)
    end_all_sessions: Provider[i.EndAllSessions] = Factory(i.EndAllSessions, begin=begin, clock=clock, ids=ids)
    end_other_sessions: Provider[i.EndOtherSessions] = Factory(i.EndOtherSessions, end=end_all_sessions)
    revoke_token: Provider[i.RevokeToken] = Factory(
        i.RevokeToken, begin=begin, recognise=recognise, clock=clock, ids=ids
    )
    introspect_token: Provider[i.IntrospectToken] = Factory(
        i.IntrospectToken, recognise=recognise, reads=reads, policy=policy
    )

    # identity: my account
    get_me: Provider[i.GetMe] = Factory(i.GetMe, reads=reads)
    update_me: Provider[i.UpdateMe] = Factory(i.UpdateMe, begin=begin, clock=clock, ids=ids)
    change_username: Provider[i.ChangeUsername] = Factory(i.ChangeUsername, update=update_me)
    change_email: Provider[i.ChangeEmail] = Factory(i.ChangeEmail, begin=begin, prove=prove)
    search_users: Provider[i.SearchUsers] = Factory(i.SearchUsers, reads=reads)
    portraits: Provider[Portraits] = Singleton(LocalPortraits, images, storage)
    change_portrait: Provider[i.ChangePortrait] = Factory(i.ChangePortrait, begin=begin, clock=clock, ids=ids)
    set_avatar: Provider[i.SetAvatar] = Factory(
        i.SetAvatar, begin=begin, portraits=portraits, change=change_portrait, clock=clock, ids=ids
    )
    remove_avatar: Provider[i.RemoveAvatar] = Factory(i.RemoveAvatar, change=change_portrait)
    show_avatar: Provider[i.ShowAvatar] = Factory(i.ShowAvatar, portraits=portraits)
    change_password: Provider[i.ChangePassword] = Factory(i.ChangePassword, prove=prove, set_password=set_password)
    ask_for_reset: Provider[i.AskForReset] = Factory(i.AskForReset, begin=begin)
    reset_password: Provider[i.ResetPassword] = Factory(
        i.ResetPassword, begin=begin, set_password=set_password, clock=clock
    )
    close_account: Provider[i.CloseAccount] = Factory(
        i.CloseAccount, begin=begin, prove=prove, clock=clock, ids=ids, policy=policy
    )
    reopen_account: Provider[i.ReopenAccount] = Factory(
        i.ReopenAccount, begin=begin, check=check_login, clock=clock, ids=ids
    )
    ask_for_export: Provider[i.AskForExport] = Factory(i.AskForExport, begin=begin, prove=prove, clock=clock, ids=ids)
    open_export: Provider[i.OpenExport] = Factory(
        i.OpenExport, reads=reads, tokens=export_tokens, storage=storage, links=storage, clock=clock
    )
    open_my_export: Provider[i.OpenMyExport] = Factory(i.OpenMyExport, storage=storage, links=storage, clock=clock)
    my_security_log: Provider[i.MySecurityLog] = Factory(i.MySecurityLog, reads=reads)

    # identity: administering
    list_users: Provider[i.ListUsers] = Factory(i.ListUsers, reads=reads)
    get_user: Provider[i.GetUser] = Factory(i.GetUser, begin=begin)
    grant_role: Provider[i.GrantRole] = Factory(i.GrantRole, begin=begin, clock=clock, ids=ids)
    revoke_role: Provider[i.RevokeRole] = Factory(i.RevokeRole, begin=begin, clock=clock, ids=ids)
    suspend_user: Provider[i.SuspendUser] = Factory(i.SuspendUser, begin=begin, clock=clock, ids=ids)
    restore_user: Provider[i.RestoreUser] = Factory(i.RestoreUser, begin=begin, clock=clock, ids=ids)
    end_user_sessions: Provider[i.EndUserSessions] = Factory(i.EndUserSessions, begin=begin, clock=clock, ids=ids)
    impersonate: Provider[i.Impersonate] = Factory(
        i.Impersonate, begin=begin, issue=issue, clock=clock, ids=ids, policy=policy
    )
    security_log: Provider[i.SecurityLog] = Factory(i.SecurityLog, reads=reads)
    create_admin: Provider[i.CreateAdmin] = Factory(
        i.CreateAdmin, begin=begin, hasher=hasher, rules=rules, clock=clock, ids=ids
    )

    # identity: in the background
    send_verification: Provider[i.SendVerification] = Factory(i.SendVerification, begin=begin, send_code=send_code)
    send_reset: Provider[i.SendReset] = Factory(i.SendReset, begin=begin, send_code=send_code)
    tell_taken_address: Provider[i.TellTakenAddress] = Factory(
        i.TellTakenAddress, begin=begin, write=write_mail, clock=clock, ids=ids, policy=policy
    )
    send_email_change: Provider[i.SendEmailChange] = Factory(
        i.SendEmailChange, begin=begin, send_code=send_code, tell=tell_taken_address
    )
    send_closing: Provider[i.SendClosing] = Factory(i.SendClosing, begin=begin, send_code=send_code)
    tell_owner: Provider[i.TellOwner] = Factory(i.TellOwner, begin=begin, write=write_mail)
    prune_sessions: Provider[i.PruneSessions] = Factory(i.PruneSessions, begin=begin, clock=clock)
    prune_codes: Provider[i.PruneCodes] = Factory(i.PruneCodes, begin=begin, clock=clock)
    prune_unconfirmed: Provider[i.PruneUnconfirmed] = Factory(
        i.PruneUnconfirmed, begin=begin, clock=clock, policy=policy
    )
    forget_portrait: Provider[i.ForgetPortrait] = Factory(i.ForgetPortrait, begin=begin, portraits=portraits)
    purge_closed_accounts: Provider[i.PurgeClosedAccounts] = Factory(
        i.PurgeClosedAccounts, begin=begin, clock=clock, ids=ids
    )

    # media: adapters
    media_policy: Provider[m.MediaPolicy] = Singleton(media_policy_of, settings)
    type_detector: Provider[TypeDetector] = Singleton(MagicTypes)
    work_once: Provider[WorkOnce] = Singleton(MemoryWorkOnce)
    video_tools: Provider[VideoTools] = Singleton(choosing.video_tools, settings)
    playback_tokens: Provider[m.PlaybackTokens] = Singleton(
        m.PlaybackTokens, Callable(derive, settings.provided.oauth_secret_key, "playback")
    )
    media_unit_of_work: Provider[MediaUnitOfWork] = Factory(
        SqlMediaUnitOfWork, database, clock=clock, ids=ids, doorbell=doorbell
    )
    begin_media = media_unit_of_work.provider
    media_reads: Provider[MediaReads] = Singleton(SqlMediaReads, database)

    # media: parts of use cases
    examine_file: Provider[m.ExamineFile] = Factory(
        m.ExamineFile, storage=storage, detector=type_detector, images=images, tools=video_tools
    )
    arrive: Provider[m.Arrive] = Factory(
        m.Arrive, begin=begin_media, reads=media_reads, storage=storage, examine=examine_file, clock=clock
    )

    # media: sending files
    start_upload: Provider[m.StartUpload] = Factory(
        m.StartUpload,
        begin=begin_media,
        links=storage,
        detector=type_detector,
        clock=clock,
        ids=ids,
        policy=media_policy,
    )
    get_upload: Provider[m.GetUpload] = Factory(m.GetUpload, reads=media_reads, clock=clock)
    list_uploads: Provider[m.ListUploads] = Factory(m.ListUploads, reads=media_reads)
    abort_upload: Provider[m.AbortUpload] = Factory(m.AbortUpload, begin=begin_media, clock=clock)
    link_parts: Provider[m.LinkParts] = Factory(
        m.LinkParts, begin=begin_media, reads=media_reads, storage=storage, clock=clock
    )
    finish_upload: Provider[m.FinishUpload] = Factory(
        m.FinishUpload, reads=media_reads, storage=storage, arrive=arrive, clock=clock
    )
    append_to_upload: Provider[m.AppendToUpload] = Factory(
        m.AppendToUpload,
        begin=begin_media,
        reads=media_reads,
        storage=storage,
        arrive=arrive,
        clock=clock,
        ids=ids,
    )
    upload_small: Provider[m.UploadSmall] = Factory(
        m.UploadSmall,
        begin=begin_media,
        storage=storage,
        detector=type_detector,
        arrive=arrive,
        clock=clock,
        ids=ids,
        policy=media_policy,
    )

    # media: files
    get_file: Provider[m.GetFile] = Factory(m.GetFile, reads=media_reads)
    list_files: Provider[m.ListFiles] = Factory(m.ListFiles, reads=media_reads)
    update_file: Provider[m.UpdateFile] = Factory(m.UpdateFile, begin=begin_media, clock=clock)
    delete_file: Provider[m.DeleteFile] = Factory(m.DeleteFile, begin=begin_media, clock=clock)
    restore_file: Provider[m.RestoreFile] = Factory(m.RestoreFile, begin=begin_media, clock=clock)
    get_quota: Provider[m.GetQuota] = Factory(m.GetQuota, reads=media_reads, policy=media_policy)

    # media: bytes
    read_file: Provider[m.ReadFile] = Factory(m.ReadFile, reads=media_reads, storage=storage)
    make_image: Provider[m.MakeImage] = Factory(m.MakeImage, storage=storage, images=images, once=work_once)
    show_image: Provider[m.ShowImage] = Factory(m.ShowImage, reads=media_reads, make=make_image)
    show_image_of: Provider[m.ShowImageOf] = Factory(m.ShowImageOf, reads=media_reads, make=make_image)
    link_to_content: Provider[m.LinkToContent] = Factory(m.LinkToContent, reads=media_reads, links=storage)
    make_link: Provider[m.MakeLink] = Factory(
        m.MakeLink, begin=begin_media, reads=media_reads, clock=clock, ids=ids, policy=media_policy
    )
    list_links: Provider[m.ListLinks] = Factory(m.ListLinks, reads=media_reads, clock=clock)
    revoke_link: Provider[m.RevokeLink] = Factory(m.RevokeLink, begin=begin_media)
    follow_link: Provider[m.FollowLink] = Factory(m.FollowLink, reads=media_reads, storage=storage, clock=clock)

    # media: videos
    see_video: Provider[m.SeeVideo] = Factory(m.SeeVideo, reads=media_reads, tokens=playback_tokens, clock=clock)
    get_video: Provider[m.GetVideo] = Factory(m.GetVideo, see=see_video, tokens=playback_tokens, clock=clock)
    play_video: Provider[m.PlayVideo] = Factory(m.PlayVideo, see=see_video, storage=storage)
    play_playlist: Provider[m.PlayPlaylist] = Factory(
        m.PlayPlaylist, see=see_video, storage=storage, tokens=playback_tokens, clock=clock
    )
    set_poster: Provider[m.SetPoster] = Factory(m.SetPoster, begin=begin_media, clock=clock)
    retry_processing: Provider[m.RetryProcessing] = Factory(m.RetryProcessing, begin=begin_media, clock=clock)
    convert: Provider[m.Convert] = Factory(
        m.Convert, begin=begin_media, reads=media_reads, clock=clock, ids=ids, policy=media_policy
    )

    # media: in the background
    process_video: Provider[m.ProcessVideo] = Factory(
        m.ProcessVideo, begin=begin_media, storage=storage, tools=video_tools, clock=clock, ids=ids
    )
    stop_processing: Provider[m.StopProcessing] = Factory(m.StopProcessing, begin=begin_media, clock=clock)
    make_stills: Provider[m.MakeStills] = Factory(
        m.MakeStills, begin=begin_media, storage=storage, tools=video_tools, clock=clock, ids=ids
    )
    make_conversion: Provider[m.MakeConversion] = Factory(
        m.MakeConversion, storage=storage, tools=video_tools, images=images, policy=media_policy
    )
    convert_file: Provider[m.ConvertFile] = Factory(
        m.ConvertFile, begin=begin_media, make=make_conversion, clock=clock, policy=media_policy
    )
    stop_converting: Provider[m.StopConverting] = Factory(m.StopConverting, begin=begin_media, clock=clock)
    check_file: Provider[m.CheckFile] = Factory(
        m.CheckFile, begin=begin_media, storage=storage, examine=examine_file, clock=clock
    )
    expire_uploads: Provider[m.ExpireUploads] = Factory(m.ExpireUploads, begin=begin_media, clock=clock)
    purge_deleted_files: Provider[m.PurgeDeletedFiles] = Factory(m.PurgeDeletedFiles, begin=begin_media, clock=clock)
    forget_owner: Provider[m.ForgetOwner] = Factory(m.ForgetOwner, begin=begin_media, reads=media_reads)
    prune_links: Provider[m.PruneLinks] = Factory(m.PruneLinks, begin=begin_media, clock=clock)
    remove_objects: Provider[m.RemoveObjects] = Factory(m.RemoveObjects, begin=begin_media, storage=storage)
    reconcile: Provider[m.Reconcile] = Factory(
        m.Reconcile, begin=begin_media, reads=media_reads, storage=storage, clock=clock
    )
    tidy_media: Provider[m.TidyMedia] = Factory(m.TidyMedia, begin=begin_media, reconcile=reconcile)

    # capsules: adapters
    capsules_unit_of_work: Provider[CapsulesUnitOfWork] = Factory(
        SqlCapsulesUnitOfWork, database, clock=clock, ids=ids, doorbell=doorbell
    )
    begin_capsules = capsules_unit_of_work.provider
    capsule_reads: Provider[CapsuleReads] = Singleton(SqlCapsuleReads, database)

    # capsules: what they need of others
    capsule_policy: Provider[c.CapsulePolicy] = Singleton(capsule_policy_of, settings)
    people: Provider[People] = Singleton(LocalPeople, reads)
    attachments: Provider[Attachments] = Singleton(LocalAttachments, media_reads, storage)
    claim_tokens: Provider[c.ClaimTokens] = Singleton(choosing.claim_tokens, settings)

    # capsules: parts of use cases
    read_draft: Provider[c.ReadDraft] = Factory(c.ReadDraft, reads=capsule_reads, vault=vault)
    find_addressees: Provider[c.FindAddressees] = Factory(c.FindAddressees, reads=capsule_reads, people=people, ids=ids)
    make_capsule: Provider[c.MakeCapsule] = Factory(
        c.MakeCapsule,
        find=find_addressees,
        people=people,
        files=attachments,
        vault=vault,
        clock=clock,
        ids=ids,
        policy=capsule_policy,
    )
    read_letter: Provider[c.ReadLetter] = Factory(c.ReadLetter, reads=capsule_reads, vault=vault, clock=clock)
    show_capsule: Provider[c.ShowCapsule] = Factory(
        c.ShowCapsule, reads=capsule_reads, people=people, files=attachments, read=read_letter, clock=clock
    )
    write_about_capsule: Provider[c.WriteAboutCapsule] = Factory(c.WriteAboutCapsule, letters=letters, mailer=mailer)

    # capsules: writing
    create_draft: Provider[c.CreateDraft] = Factory(
        c.CreateDraft, begin=begin_capsules, vault=vault, clock=clock, ids=ids
    )
    get_draft: Provider[c.GetDraft] = Factory(c.GetDraft, read=read_draft)
    list_drafts: Provider[c.ListDrafts] = Factory(c.ListDrafts, reads=capsule_reads, read=read_draft)
    save_draft: Provider[c.SaveDraft] = Factory(c.SaveDraft, begin=begin_capsules, vault=vault, clock=clock)
    delete_draft: Provider[c.DeleteDraft] = Factory(c.DeleteDraft, begin=begin_capsules)
    add_recipient: Provider[c.AddRecipient] = Factory(
        c.AddRecipient, begin=begin_capsules, people=people, clock=clock, ids=ids
    )
    get_recipient: Provider[c.GetRecipient] = Factory(c.GetRecipient, reads=capsule_reads)
    list_recipients: Provider[c.ListRecipients] = Factory(c.ListRecipients, reads=capsule_reads)
    change_recipient: Provider[c.ChangeRecipient] = Factory(
        c.ChangeRecipient, begin=begin_capsules, reads=capsule_reads, people=people, clock=clock
    )
    remove_recipient: Provider[c.RemoveRecipient] = Factory(c.RemoveRecipient, begin=begin_capsules)

    # capsules: sealing
    seal_capsule: Provider[c.SealCapsule] = Factory(c.SealCapsule, begin=begin_capsules, make=make_capsule, ids=ids)
    seal_draft: Provider[c.SealDraft] = Factory(
        c.SealDraft, begin=begin_capsules, reads=capsule_reads, read=read_draft, make=make_capsule
    )
    cancel_capsule: Provider[c.CancelCapsule] = Factory(
        c.CancelCapsule, begin=begin_capsules, show=show_capsule, clock=clock
    )
    postpone_capsule: Provider[c.PostponeCapsule] = Factory(
        c.PostponeCapsule, begin=begin_capsules, show=show_capsule, clock=clock, policy=capsule_policy
    )
    readdress_capsule: Provider[c.ReaddressCapsule] = Factory(
        c.ReaddressCapsule, begin=begin_capsules, people=people, show=show_capsule, clock=clock
    )
    share_countdown: Provider[c.ShareCountdown] = Factory(
        c.ShareCountdown, begin=begin_capsules, clock=clock, ids=ids, policy=capsule_policy
    )
    list_countdowns: Provider[c.ListCountdowns] = Factory(c.ListCountdowns, reads=capsule_reads)
    revoke_countdown: Provider[c.RevokeCountdown] = Factory(c.RevokeCountdown, begin=begin_capsules)
    see_countdown: Provider[c.SeeCountdown] = Factory(c.SeeCountdown, reads=capsule_reads, clock=clock)

    # capsules: reading and answering
    list_capsules: Provider[c.ListCapsules] = Factory(c.ListCapsules, reads=capsule_reads, people=people, clock=clock)
    get_capsule: Provider[c.GetCapsule] = Factory(c.GetCapsule, reads=capsule_reads, show=show_capsule, clock=clock)
    open_capsule: Provider[c.OpenCapsule] = Factory(
        c.OpenCapsule, begin=begin_capsules, reads=capsule_reads, read=read_letter, show=show_capsule, clock=clock
    )
    peek_capsule: Provider[c.PeekCapsule] = Factory(c.PeekCapsule, reads=capsule_reads, show=show_capsule, clock=clock)
    link_attachment: Provider[c.LinkAttachment] = Factory(
        c.LinkAttachment, reads=capsule_reads, read=read_letter, files=attachments, clock=clock
    )
    prove_capsule: Provider[c.ProveCapsule] = Factory(
        c.ProveCapsule, reads=capsule_reads, read=read_letter, clock=clock
    )
    show_claim: Provider[c.ShowClaim] = Factory(
        c.ShowClaim, reads=capsule_reads, people=people, tokens=claim_tokens, clock=clock
    )
    claim_capsule: Provider[c.ClaimCapsule] = Factory(
        c.ClaimCapsule, begin=begin_capsules, show=show_capsule, tokens=claim_tokens, clock=clock
    )
    reply_to_capsule: Provider[c.ReplyToCapsule] = Factory(c.ReplyToCapsule, begin=begin_capsules, clock=clock)
    reflect: Provider[c.Reflect] = Factory(c.Reflect, begin=begin_capsules, clock=clock)

    # capsules: in the background
    sweep_capsules: Provider[c.SweepCapsules] = Factory(
        c.SweepCapsules, begin=begin_capsules, clock=clock, policy=capsule_policy
    )
    link_address: Provider[c.LinkAddress] = Factory(c.LinkAddress, begin=begin_capsules)
    tell_recipient: Provider[c.TellRecipient] = Factory(
        c.TellRecipient,
        begin=begin_capsules,
        reads=capsule_reads,
        people=people,
        link=link_address,
        write=write_about_capsule,
        tokens=claim_tokens,
        clock=clock,
        policy=capsule_policy,
    )
    tell_sender: Provider[c.TellSender] = Factory(
        c.TellSender, reads=capsule_reads, people=people, write=write_about_capsule, policy=capsule_policy
    )
    forget_person: Provider[c.ForgetPerson] = Factory(
        c.ForgetPerson, begin=begin_capsules, reads=capsule_reads, clock=clock
    )
    rotate_keys: Provider[c.RotateKeys] = Factory(c.RotateKeys, begin=begin_capsules, vault=vault)
    count_keys: Provider[c.CountKeys] = Factory(c.CountKeys, reads=capsule_reads, vault=vault)

    # capsules: taking them along
    pack_letters: Provider[c.PackLetters] = Factory(
        c.PackLetters, reads=capsule_reads, read=read_draft, show=show_capsule, clock=clock
    )

    # ar: markers and codes
    marker_eye: Provider[MarkerEye] = Singleton(PillowMarkerEye, image_threads)
    qr_codes: Provider[QrCodes] = Singleton(SegnoQrCodes)
    analyze_marker: Provider[a.AnalyzeMarker] = Factory(a.AnalyzeMarker, eye=marker_eye)

    # identity: exports, which hold what media and capsules keep
    company_reads: Provider[CompanyReads] = Singleton(SqlCompanyReads, database)
    belongings: Provider[Belongings] = Singleton(
        LocalBelongings, media_reads, company_reads, storage, pack_letters.provider
    )
    make_export: Provider[i.MakeExport] = Factory(
        i.MakeExport,
        begin=begin,
        reads=reads,
        belongings=belongings,
        portraits=portraits,
        storage=storage,
        clock=clock,
    )
    send_export: Provider[i.SendExport] = Factory(
        i.SendExport, begin=begin, tokens=export_tokens, write=write_mail, policy=policy
    )
    prune_exports: Provider[i.PruneExports] = Factory(i.PruneExports, storage=storage, clock=clock)
    forget_exports: Provider[i.ForgetExports] = Factory(i.ForgetExports, storage=storage)

    # companies: adapters, and what others ask of them
    companies_unit_of_work: Provider[CompaniesUnitOfWork] = Factory(
        SqlCompaniesUnitOfWork, database, clock=clock, ids=ids, purge=editions.provided.purge, doorbell=doorbell
    )
    begin_companies = companies_unit_of_work.provider
    company_standings: Provider[Companies] = Singleton(LocalCompanies, company_reads, reads)
    company_policy: Provider[co.CompanyPolicy] = Singleton(company_policy_of, settings, stores)
    accounts: Provider[Accounts] = Singleton(LocalAccounts, reads)

    # ar: adapters, and the files that prints are made of
    ar_unit_of_work: Provider[ArUnitOfWork] = Factory(
        SqlArUnitOfWork, database, clock=clock, ids=ids, purge=editions.provided.purge, doorbell=doorbell
    )
    begin_ar = ar_unit_of_work.provider
    ar_reads: Provider[ArReads] = Singleton(SqlArReads, database)
    ar_policy: Provider[a.ArPolicy] = Singleton(a.ArPolicy, public_url=settings.provided.url)
    hand_over: Provider[m.HandOver] = Factory(m.HandOver, begin=begin_media, clock=clock, policy=media_policy)
    drop_files: Provider[m.DropFiles] = Factory(m.DropFiles, begin=begin_media)
    process_again: Provider[m.ProcessAgain] = Factory(m.ProcessAgain, begin=begin_media, clock=clock)
    choose_moment: Provider[m.ChooseMoment] = Factory(m.ChooseMoment, begin=begin_media, clock=clock)
    media_files: Provider[LocalMediaFiles] = Singleton(
        LocalMediaFiles,
        reads=media_reads,
        storage=storage,
        hand_over=hand_over.provider,
        upload=upload_small.provider,
        drop_files=drop_files.provider,
        process_again=process_again.provider,
        choose_moment=choose_moment.provider,
    )

    # ar: what projects ask of it
    copy_content: Provider[a.CopyContent] = Factory(
        a.CopyContent, begin=begin_ar, clock=clock, ids=ids, policy=ar_policy
    )
    copy_prints: Provider[a.CopyContents] = Factory(
        a.CopyContents, reads=ar_reads, companies=company_standings, copy=copy_content
    )
    remove_some_contents: Provider[a.RemoveSomeContents] = Factory(a.RemoveSomeContents, begin=begin_ar, clock=clock)
    contents: Provider[ProjectContents] = Singleton(
        LocalContents, reads=ar_reads, remove=remove_some_contents.provider, copies=copy_prints.provider
    )

    # projects: adapters, and what others ask of them
    projects_unit_of_work: Provider[ProjectsUnitOfWork] = Factory(
        SqlProjectsUnitOfWork, database, clock=clock, ids=ids, purge=editions.provided.purge, doorbell=doorbell
    )
    begin_projects = projects_unit_of_work.provider
    project_reads: Provider[ProjectReads] = Singleton(SqlProjectReads, database)
    project_policy: Provider[p.ProjectPolicy] = Singleton(p.ProjectPolicy)
    enter_project: Provider[p.EnterProject] = Factory(p.EnterProject, reads=project_reads, companies=company_standings)
    remove_some_of_company: Provider[p.RemoveSomeOfCompany] = Factory(
        p.RemoveSomeOfCompany, begin=begin_projects, reads=project_reads, contents=contents, clock=clock
    )
    project_holdings: Provider[Holdings] = Factory(LocalProjectHoldings, project_reads, remove_some_of_company.provider)
    project_standings: Provider[Projects] = Singleton(LocalProjects, project_reads, company_standings, enter_project)

    holdings: Provider[Holdings] = Singleton(LocalHoldings, project_holdings.provider)

    # companies: founding, seeing, changing
    create_company: Provider[co.CreateCompany] = Factory(co.CreateCompany, begin=begin_companies, clock=clock, ids=ids)
    get_company: Provider[co.GetCompany] = Factory(co.GetCompany, reads=company_reads)
    list_companies: Provider[co.ListCompanies] = Factory(co.ListCompanies, reads=company_reads)
    change_company: Provider[co.ChangeCompany] = Factory(co.ChangeCompany, begin=begin_companies, clock=clock, ids=ids)
    get_company_settings: Provider[co.GetCompanySettings] = Factory(co.GetCompanySettings, reads=company_reads)
    change_company_settings: Provider[co.ChangeCompanySettings] = Factory(
        co.ChangeCompanySettings, begin=begin_companies, clock=clock, ids=ids
    )
    delete_company: Provider[co.DeleteCompany] = Factory(
        co.DeleteCompany, begin=begin_companies, reads=company_reads, holdings=holdings, clock=clock
    )
    list_activity: Provider[co.ListActivity] = Factory(co.ListActivity, reads=company_reads, accounts=accounts)

    # companies: members and those who are to become some
    list_members: Provider[co.ListMembers] = Factory(co.ListMembers, reads=company_reads, accounts=accounts)
    get_member: Provider[co.GetMember] = Factory(co.GetMember, reads=company_reads, accounts=accounts)
    change_role: Provider[co.ChangeRole] = Factory(
        co.ChangeRole, begin=begin_companies, accounts=accounts, clock=clock, ids=ids
    )
    remove_member: Provider[co.RemoveMember] = Factory(co.RemoveMember, begin=begin_companies, clock=clock, ids=ids)
    leave_company: Provider[co.LeaveCompany] = Factory(co.LeaveCompany, begin=begin_companies, clock=clock, ids=ids)
    transfer_ownership: Provider[co.TransferOwnership] = Factory(
        co.TransferOwnership, begin=begin_companies, accounts=accounts, clock=clock, ids=ids
    )
    invite_member: Provider[co.InviteMember] = Factory(
        co.InviteMember, begin=begin_companies, accounts=accounts, clock=clock, ids=ids
    )
    list_invitations: Provider[co.ListInvitations] = Factory(co.ListInvitations, reads=company_reads, clock=clock)
    resend_invitation: Provider[co.ResendInvitation] = Factory(
        co.ResendInvitation, begin=begin_companies, clock=clock, ids=ids
    )
    revoke_invitation: Provider[co.RevokeInvitation] = Factory(
        co.RevokeInvitation, begin=begin_companies, clock=clock, ids=ids
    )
    show_invitation: Provider[co.ShowInvitation] = Factory(
        co.ShowInvitation, reads=company_reads, accounts=accounts, clock=clock
    )
    accept_invitation: Provider[co.AcceptInvitation] = Factory(
        co.AcceptInvitation, begin=begin_companies, reads=company_reads, accounts=accounts, clock=clock, ids=ids
    )
    decline_invitation: Provider[co.DeclineInvitation] = Factory(
        co.DeclineInvitation, begin=begin_companies, reads=company_reads, clock=clock, ids=ids
    )

    # companies: clients
    add_client: Provider[co.AddClient] = Factory(co.AddClient, begin=begin_companies, clock=clock, ids=ids)
    get_client: Provider[co.GetClient] = Factory(co.GetClient, reads=company_reads)
    list_clients: Provider[co.ListClients] = Factory(co.ListClients, reads=company_reads)
    change_client: Provider[co.ChangeClient] = Factory(co.ChangeClient, begin=begin_companies, clock=clock, ids=ids)
    erase_client: Provider[co.EraseClient] = Factory(co.EraseClient, begin=begin_companies, clock=clock, ids=ids)
    export_clients: Provider[co.ExportClients] = Factory(
        co.ExportClients, begin=begin_companies, reads=company_reads, clock=clock, ids=ids
    )

    # companies: administering them
    list_all_companies: Provider[co.ListAllCompanies] = Factory(co.ListAllCompanies, reads=company_reads)
    show_any_company: Provider[co.ShowAnyCompany] = Factory(co.ShowAnyCompany, reads=company_reads)
    administer_company: Provider[co.AdministerCompany] = Factory(
        co.AdministerCompany, begin=begin_companies, clock=clock, ids=ids, policy=company_policy
    )

    # companies: in the background
    send_invitation: Provider[co.SendInvitation] = Factory(
        co.SendInvitation,
        begin=begin_companies,
        reads=company_reads,
        accounts=accounts,
        letters=letters,
        mailer=mailer,
        clock=clock,
        ids=ids,
        policy=company_policy,
    )
    take_apart: Provider[co.TakeApart] = Factory(co.TakeApart, begin=begin_companies, holdings=holdings, clock=clock)
    part_from_companies: Provider[co.PartFromCompanies] = Factory(
        co.PartFromCompanies, begin=begin_companies, clock=clock, ids=ids
    )
    note_activity: Provider[co.NoteActivity] = Factory(co.NoteActivity, begin=begin_companies)
    prune_invitations: Provider[co.PruneInvitations] = Factory(co.PruneInvitations, begin=begin_companies, clock=clock)

    # projects: parts of use cases
    add_project: Provider[p.AddProject] = Factory(p.AddProject, begin=begin_projects)
    copy_project: Provider[p.CopyProject] = Factory(
        p.CopyProject, add=add_project, reads=project_reads, clock=clock, ids=ids
    )
    show_project: Provider[p.ShowProject] = Factory(p.ShowProject, contents=contents, clock=clock)
    move_project: Provider[p.MoveProject] = Factory(
        p.MoveProject, begin=begin_projects, enter=enter_project, show=show_project, clock=clock
    )

    # projects
    create_project: Provider[p.CreateProject] = Factory(
        p.CreateProject, add=add_project, companies=company_standings, clock=clock, ids=ids
    )
    list_projects: Provider[p.ListProjects] = Factory(
        p.ListProjects, reads=project_reads, companies=company_standings, contents=contents, clock=clock
    )
    get_project: Provider[p.GetProject] = Factory(p.GetProject, enter=enter_project, show=show_project)
    update_project: Provider[p.UpdateProject] = Factory(
        p.UpdateProject, begin=begin_projects, enter=enter_project, show=show_project, clock=clock
    )
    extend_project: Provider[p.ExtendProject] = Factory(
        p.ExtendProject, begin=begin_projects, enter=enter_project, show=show_project, clock=clock
    )
    activate_project: Provider[p.ActivateProject] = Factory(p.ActivateProject, move=move_project)
    archive_project: Provider[p.ArchiveProject] = Factory(p.ArchiveProject, move=move_project)
    restore_project: Provider[p.RestoreProject] = Factory(p.RestoreProject, move=move_project)
    duplicate_project: Provider[p.DuplicateProject] = Factory(
        p.DuplicateProject, enter=enter_project, copy=copy_project
    )
    use_template: Provider[p.UseTemplate] = Factory(
        p.UseTemplate, enter=enter_project, copy=copy_project, companies=company_standings
    )
    delete_project: Provider[p.DeleteProject] = Factory(
        p.DeleteProject, begin=begin_projects, enter=enter_project, contents=contents, clock=clock
    )
    delete_project_with_all: Provider[p.DeleteProjectWithAll] = Factory(
        p.DeleteProjectWithAll, begin=begin_projects, enter=enter_project, clock=clock
    )
    get_access: Provider[p.GetAccess] = Factory(p.GetAccess, enter=enter_project, reads=project_reads)
    change_access: Provider[p.ChangeAccess] = Factory(
        p.ChangeAccess, begin=begin_projects, enter=enter_project, clock=clock
    )
    list_member: Provider[p.ListMember] = Factory(
        p.ListMember, begin=begin_projects, enter=enter_project, companies=company_standings, clock=clock
    )
    unlist_member: Provider[p.UnlistMember] = Factory(
        p.UnlistMember, begin=begin_projects, enter=enter_project, clock=clock
    )

    # projects: in the background
    sweep_projects: Provider[p.SweepProjects] = Factory(
        p.SweepProjects, begin=begin_projects, clock=clock, policy=project_policy
    )
    tell_company: Provider[p.TellCompany] = Factory(
        p.TellCompany, begin=begin_projects, reads=project_reads, companies=company_standings, clock=clock
    )
    tell_contact: Provider[p.TellContact] = Factory(
        p.TellContact, reads=project_reads, companies=company_standings, letters=letters, mailer=mailer, clock=clock
    )
    copy_contents: Provider[p.CopyContents] = Factory(p.CopyContents, begin=begin_projects, contents=contents)
    remove_project: Provider[p.RemoveProject] = Factory(
        p.RemoveProject, begin=begin_projects, contents=contents, clock=clock
    )
    stop_removing: Provider[p.StopRemoving] = Factory(p.StopRemoving, begin=begin_projects, clock=clock)
    clear_removed: Provider[p.ClearRemoved] = Factory(p.ClearRemoved, begin=begin_projects, contents=contents)
    forget_listed: Provider[p.ForgetListed] = Factory(p.ForgetListed, begin=begin_projects)

    # ar: projects as archives
    prepare_project: Provider[p.PrepareProject] = Factory(
        p.PrepareProject, begin=begin_projects, add=add_project, clock=clock
    )
    reveal_project: Provider[p.RevealProject] = Factory(p.RevealProject, begin=begin_projects, clock=clock)
    discard_project: Provider[p.DiscardProject] = Factory(p.DiscardProject, begin=begin_projects)
    project_books: Provider[ProjectBooks] = Singleton(
        LocalProjectBooks,
        reads=project_reads,
        to_prepare=prepare_project.provider,
        to_reveal=reveal_project.provider,
        to_discard=discard_project.provider,
    )
    receive_file: Provider[m.ReceiveFile] = Factory(
        m.ReceiveFile,
        begin=begin_media,
        reads=media_reads,
        storage=storage,
        detector=type_detector,
        arrive=arrive,
        clock=clock,
        policy=media_policy,
    )
    luggage: Provider[Luggage] = Singleton(
        LocalLuggage,
        reads=media_reads,
        storage=storage,
        detector=type_detector,
        files=media_files,
        receive=receive_file.provider,
    )
    reach: Provider[a.Reach] = Factory(a.Reach, reads=ar_reads, projects=project_standings)
    export_project: Provider[a.ExportProject] = Factory(a.ExportProject, begin=begin_ar, reach=reach, ids=ids)
    make_project_export: Provider[a.MakeProjectExport] = Factory(
        a.MakeProjectExport,
        begin=begin_ar,
        reads=ar_reads,
        projects=project_standings,
        companies=company_standings,
        books=project_books,
        files=media_files,
        storage=storage,
        clock=clock,
    )
    open_project_export: Provider[a.OpenProjectExport] = Factory(
        a.OpenProjectExport, reach=reach, storage=storage, links=storage, clock=clock
    )
    drop_project_export: Provider[a.DropProjectExport] = Factory(a.DropProjectExport, storage=storage)
    prune_packed_projects: Provider[a.PrunePackedProjects] = Factory(
        a.PrunePackedProjects, storage=storage, clock=clock
    )
    import_project: Provider[a.ImportProject] = Factory(
        a.ImportProject, begin=begin_ar, companies=company_standings, luggage=luggage, ids=ids
    )
    look_through: Provider[a.LookThrough] = Factory(a.LookThrough, luggage=luggage)
    bring_files: Provider[a.BringFiles] = Factory(a.BringFiles, luggage=luggage)
    make_prints: Provider[a.MakePrints] = Factory(a.MakePrints, companies=company_standings)
    undo_import: Provider[a.UndoImport] = Factory(
        a.UndoImport, files=media_files, books=project_books, remove=remove_some_contents
    )
    make_project: Provider[a.MakeProject] = Factory(
        a.MakeProject,
        begin=begin_ar,
        companies=company_standings,
        luggage=luggage,
        books=project_books,
        look=look_through,
        bring=bring_files,
        make=make_prints,
        undo=undo_import,
        clock=clock,
        ids=ids,
    )
    drop_import: Provider[a.DropImport] = Factory(a.DropImport, begin=begin_ar, undo=undo_import)

    # ar: what the public is shown
    sheets: Provider[Sheets] = Singleton(KeptSheets)
    pictures: Provider[Pictures] = Singleton(LocalPictures, show_image_of.provider)
    view_pages: Provider[JinjaViewPages] = Singleton(JinjaViewPages)
    showings: Provider[Showings] = Singleton(CachedShowings, ar_reads, project_standings, cache, editions)
    look_at_print: Provider[a.LookAt] = Factory(a.LookAt, showings=showings, projects=project_standings, clock=clock)
    make_sheet: Provider[a.MakeSheet] = Factory(a.MakeSheet, sheets=sheets, clock=clock, url=settings.provided.url)
    take_turn: Provider[a.TakeTurn] = Factory(a.TakeTurn, begin=begin_ar, clock=clock)
    check_print: Provider[a.CheckPrint] = Factory(a.CheckPrint, look=look_at_print)
    show_manifest: Provider[a.ShowManifest] = Factory(
        a.ShowManifest, look=look_at_print, make=make_sheet, take=take_turn
    )
    see_print: Provider[a.SeePrint] = Factory(a.SeePrint, look=look_at_print, make=make_sheet)
    show_photo: Provider[a.ShowPhoto] = Factory(a.ShowPhoto, look=look_at_print, pictures=pictures)
    show_scene_image: Provider[a.ShowSceneImage] = Factory(a.ShowSceneImage, look=look_at_print, pictures=pictures)
    show_video: Provider[a.ShowVideo] = Factory(a.ShowVideo, look=look_at_print, files=media_files, clock=clock)

    # ar: prints
    open_content: Provider[a.OpenContent] = Factory(a.OpenContent, reach=reach)
    get_scene: Provider[a.GetScene] = Factory(a.GetScene, open=open_content, reads=ar_reads)
    put_scene: Provider[a.PutScene] = Factory(
        a.PutScene, begin=begin_ar, open=open_content, files=media_files, clock=clock
    )
    remove_scene: Provider[a.RemoveScene] = Factory(a.RemoveScene, begin=begin_ar, open=open_content, clock=clock)
    change_content: Provider[a.ChangeContent] = Factory(a.ChangeContent, begin=begin_ar, clock=clock)
    keep_content: Provider[a.KeepContent] = Factory(
        a.KeepContent, begin=begin_ar, clock=clock, ids=ids, policy=ar_policy
    )
    create_content: Provider[a.CreateContent] = Factory(
        a.CreateContent, reach=reach, companies=company_standings, files=media_files, keep=keep_content, clock=clock
    )
    create_content_with_files: Provider[a.CreateContentWithFiles] = Factory(
        a.CreateContentWithFiles,
        reach=reach,
        companies=company_standings,
        files=media_files,
        keep=keep_content,
        clock=clock,
    )
    compare_files: Provider[a.CompareFiles] = Factory(a.CompareFiles, files=media_files)
    get_content: Provider[a.GetContent] = Factory(a.GetContent, open=open_content, clock=clock, policy=ar_policy)
    list_contents: Provider[a.ListContents] = Factory(
        a.ListContents, reach=reach, reads=ar_reads, clock=clock, policy=ar_policy
    )
    update_content: Provider[a.UpdateContent] = Factory(
        a.UpdateContent,
        open=open_content,
        change=change_content,
        companies=company_standings,
        clock=clock,
        policy=ar_policy,
    )
    replace_photo: Provider[a.ReplacePhoto] = Factory(
        a.ReplacePhoto, open=open_content, begin=begin_ar, files=media_files, clock=clock, policy=ar_policy
    )
    move_content: Provider[a.MoveContent] = Factory(
        a.MoveContent, open=open_content, change=change_content, clock=clock, policy=ar_policy
    )
    publish_content: Provider[a.PublishContent] = Factory(a.PublishContent, move=move_content)
    unpublish_content: Provider[a.UnpublishContent] = Factory(a.UnpublishContent, move=move_content)
    archive_content: Provider[a.ArchiveContent] = Factory(a.ArchiveContent, move=move_content)
    regenerate_media: Provider[a.RegenerateMedia] = Factory(
        a.RegenerateMedia, open=open_content, begin=begin_ar, files=media_files, clock=clock, policy=ar_policy
    )
    duplicate_content: Provider[a.DuplicateContent] = Factory(a.DuplicateContent, open=open_content, copy=copy_content)
    delete_content: Provider[a.DeleteContent] = Factory(a.DeleteContent, open=open_content, begin=begin_ar, clock=clock)
    show_code: Provider[a.ShowCode] = Factory(a.ShowCode, open=open_content, codes=qr_codes, policy=ar_policy)

    # ar: analytics of viewers
    analytics_policy: Provider[v.AnalyticsPolicy] = Singleton(analytics_policy_of, settings)
    watched_prints: Provider[v.Watched] = Singleton(
        LocalWatched,
        look=look_at_print.provider,
        reach=reach.provider,
        reads=ar_reads,
        projects=project_standings,
        companies=company_standings,
    )
    watched: Provider[v.Watched] = Singleton(CachedWatched, watched_prints)
    event_log: Provider[v.EventLog] = Singleton(SqlEventLog, database, clock, ids)
    analytics_unit_of_work: Provider[v.AnalyticsUnitOfWork] = Factory(
        SqlAnalyticsUnitOfWork, database, clock=clock, ids=ids, doorbell=doorbell
    )
    begin_analytics = analytics_unit_of_work.provider
    analytics_reads: Provider[v.AnalyticsReads] = Singleton(SqlAnalyticsReads, database)
    take_events: Provider[v.TakeEvents] = Factory(v.TakeEvents, watched=watched, log=event_log, clock=clock)
    fold_events: Provider[v.FoldEvents] = Factory(v.FoldEvents, begin=begin_analytics, reads=analytics_reads)
    fold_all_events: Provider[v.FoldAllEvents] = Factory(v.FoldAllEvents, reads=analytics_reads, fold=fold_events)
    show_analytics: Provider[v.ShowAnalytics] = Factory(
        v.ShowAnalytics, watched=watched, reads=analytics_reads, fold=fold_events, clock=clock
    )
    prune_events: Provider[v.PruneEvents] = Factory(
        v.PruneEvents, begin=begin_analytics, clock=clock, policy=analytics_policy
    )
    forget_views: Provider[v.ForgetViews] = Factory(v.ForgetViews, begin=begin_analytics)

    # ar: in the background
    look_at_marker: Provider[a.LookAtMarker] = Factory(
        a.LookAtMarker, reads=ar_reads, files=media_files, eye=marker_eye
    )
    refresh_content: Provider[a.RefreshContent] = Factory(
        a.RefreshContent, begin=begin_ar, reads=ar_reads, files=media_files, look=look_at_marker, clock=clock
    )
    follow_content: Provider[a.FollowContent] = Factory(a.FollowContent, begin=begin_ar, refresh=refresh_content)
    follow_file: Provider[a.FollowFile] = Factory(a.FollowFile, begin=begin_ar, refresh=refresh_content)
    look_again: Provider[a.LookAgain] = Factory(a.LookAgain, begin=begin_ar, refresh=refresh_content)
    drop_left_files: Provider[a.DropLeftFiles] = Factory(
        a.DropLeftFiles, begin=begin_ar, files=media_files, clock=clock
    )
    sweep_files: Provider[a.SweepFiles] = Factory(
        a.SweepFiles, begin=begin_ar, companies=company_standings, files=media_files, kept=media_files, clock=clock
    )
    forget_sessions: Provider[a.ForgetSessions] = Factory(a.ForgetSessions, begin=begin_ar, clock=clock)
    forget_client: Provider[a.ForgetClient] = Factory(a.ForgetClient, begin=begin_ar, clock=clock)
    forget_content: Provider[a.ForgetContent] = Factory(
        a.ForgetContent, begin=begin_ar, fold=fold_events, forget=forget_views
    )
    forget_videos: Provider[a.ForgetVideos] = Factory(a.ForgetVideos, begin=begin_analytics, fold=fold_events)
    forget_prints_of_company: Provider[a.ForgetPrintsOfCompany] = Factory(
        a.ForgetPrintsOfCompany,
        begin=begin_ar,
        forget=forget_views,
        files=media_files,
        kept=media_files,
        storage=storage,
        clock=clock,
    )
    forget_project_count: Provider[p.ForgetProjectCount] = Factory(p.ForgetProjectCount, begin=begin_projects)

    # ar: what plays when
    list_films: Provider[a.ListFilms] = Factory(a.ListFilms, open=open_content, clock=clock)
    add_films: Provider[a.AddFilms] = Factory(
        a.AddFilms, open=open_content, change=change_content, files=media_files, clock=clock, ids=ids
    )
    add_sent_films: Provider[a.AddSentFilms] = Factory(
        a.AddSentFilms,
        open=open_content,
        change=change_content,
        begin=begin_ar,
        files=media_files,
        clock=clock,
        ids=ids,
    )
    compare_sent_films: Provider[a.CompareSentFilms] = Factory(a.CompareSentFilms, open=open_content, files=media_files)
    change_film: Provider[a.ChangeFilm] = Factory(a.ChangeFilm, open=open_content, change=change_content, clock=clock)
    order_films: Provider[a.OrderFilms] = Factory(a.OrderFilms, open=open_content, change=change_content, clock=clock)
    remove_film: Provider[a.RemoveFilm] = Factory(a.RemoveFilm, open=open_content, change=change_content)
    renew_thumbnail: Provider[a.RenewThumbnail] = Factory(
        a.RenewThumbnail, open=open_content, files=media_files, clock=clock
    )
    get_playback: Provider[a.GetPlayback] = Factory(a.GetPlayback, open=open_content, clock=clock)
    set_playback: Provider[a.SetPlayback] = Factory(
        a.SetPlayback, open=open_content, change=change_content, clock=clock
    )
    show_calendar: Provider[a.ShowCalendar] = Factory(a.ShowCalendar, open=open_content)
    list_windows: Provider[a.ListWindows] = Factory(a.ListWindows, open=open_content)
    add_window: Provider[a.AddWindow] = Factory(a.AddWindow, open=open_content, change=change_content, ids=ids)
    move_window: Provider[a.MoveWindow] = Factory(a.MoveWindow, open=open_content, change=change_content)
    remove_window: Provider[a.RemoveWindow] = Factory(a.RemoveWindow, open=open_content, change=change_content)
    rotate: Provider[a.Rotate] = Factory(a.Rotate, open=open_content, change=change_content)
    get_rotation: Provider[a.GetRotation] = Factory(a.GetRotation, open=open_content)
    create_rotation: Provider[a.CreateRotation] = Factory(a.CreateRotation, rotate=rotate)
    replace_rotation: Provider[a.ReplaceRotation] = Factory(a.ReplaceRotation, rotate=rotate)
    remove_rotation: Provider[a.RemoveRotation] = Factory(a.RemoveRotation, open=open_content, change=change_content)

    # operations
    draining: Provider[asyncio.Event] = Singleton(asyncio.Event)
    check_readiness: Provider[CheckReadiness] = Singleton(
        CheckReadiness, probes=probes, draining=draining.provided.is_set
    )
    sent_mails: Provider[MailArchive] = Singleton(choosing.sent_mails, settings)
    prune_ledger: Provider[PruneLedger] = Factory(PruneLedger, ledger=ledger, idempotency=idempotency, clock=clock)

    # operations: maintenance
    maintenance_reads: Provider[o.MaintenanceReads] = Singleton(SqlMaintenanceReads, database)
    check_maintenance: Provider[o.CheckMaintenance] = Factory(o.CheckMaintenance, reads=maintenance_reads)
    maintenance: Provider[MaintenanceWatch] = Singleton(MaintenanceWatch, check_maintenance)

    # operations: jobs
    operations_unit_of_work: Provider[o.OperationsUnitOfWork] = Factory(
        SqlOperationsUnitOfWork, database, clock=clock, ids=ids, doorbell=doorbell
    )
    begin_operations = operations_unit_of_work.provider
    job_reads: Provider[o.JobReads] = Singleton(SqlJobReads, database)
    list_jobs: Provider[o.ListJobs] = Factory(o.ListJobs, reads=job_reads)
    show_job: Provider[o.ShowJob] = Factory(o.ShowJob, reads=job_reads)
    retry_job: Provider[o.RetryJob] = Factory(
        o.RetryJob, begin=begin_operations, reads=job_reads, doorbell=doorbell, clock=clock, ids=ids
    )
    cancel_job: Provider[o.CancelJob] = Factory(
        o.CancelJob, begin=begin_operations, reads=job_reads, doorbell=doorbell, clock=clock, ids=ids
    )
    list_my_jobs: Provider[o.ListMyJobs] = Factory(o.ListMyJobs, reads=job_reads)
    show_my_job: Provider[o.ShowMyJob] = Factory(o.ShowMyJob, reads=job_reads)
    cancel_my_job: Provider[o.CancelMyJob] = Factory(
        o.CancelMyJob, begin=begin_operations, reads=job_reads, clock=clock
    )
    long_work: Provider[LongWork] = Singleton(LocalLongWork, cancel_my_job.provider)
    cancel_processing: Provider[m.CancelProcessing] = Factory(
        m.CancelProcessing, begin=begin_media, work=long_work, clock=clock
    )
    begin_maintenance: Provider[o.BeginMaintenance] = Factory(
        o.BeginMaintenance, begin=begin_operations, reads=maintenance_reads, clock=clock, ids=ids
    )
    end_maintenance: Provider[o.EndMaintenance] = Factory(
        o.EndMaintenance, begin=begin_operations, clock=clock, ids=ids
    )
    prune_jobs: Provider[o.PruneJobs] = Factory(o.PruneJobs, begin=begin_operations, clock=clock, ids=ids)
    queue_overview: Provider[o.QueueOverview] = Factory(o.QueueOverview, reads=job_reads, clock=clock)
    pause_queue: Provider[o.PauseQueue] = Factory(
        o.PauseQueue, begin=begin_operations, reads=job_reads, clock=clock, ids=ids
    )
    resume_queue: Provider[o.ResumeQueue] = Factory(
        o.ResumeQueue, begin=begin_operations, reads=job_reads, doorbell=doorbell, clock=clock, ids=ids
    )

    # operations: object stores
    list_stores: Provider[o.ListStores] = Factory(o.ListStores, stores=stores)
    try_store: Provider[o.TryStore] = Factory(o.TryStore, stores=stores, ids=ids)
    list_buckets: Provider[o.ListBuckets] = Factory(o.ListBuckets, buckets=buckets)
    create_bucket: Provider[o.CreateBucket] = Factory(
        o.CreateBucket, buckets=buckets, begin=begin_operations, clock=clock, ids=ids
    )
    delete_bucket: Provider[o.DeleteBucket] = Factory(
        o.DeleteBucket, buckets=buckets, begin=begin_operations, clock=clock, ids=ids
    )
    list_objects: Provider[o.ListObjects] = Factory(o.ListObjects, stores=stores)
    show_object: Provider[o.ShowObject] = Factory(o.ShowObject, stores=stores)
    link_object: Provider[o.LinkObject] = Factory(
        o.LinkObject, stores=stores, begin=begin_operations, clock=clock, ids=ids
    )
    delete_object: Provider[o.DeleteObject] = Factory(
        o.DeleteObject, stores=stores, begin=begin_operations, clock=clock, ids=ids
    )

    # operations: what must hold
    watch: Provider[o.Watch] = Singleton(SqlWatch, database)
    check_invariants: Provider[o.CheckInvariants] = Factory(
        o.CheckInvariants, watch=watch, reads=job_reads, clock=clock
    )
    report_invariants: Provider[o.ReportInvariants] = Factory(o.ReportInvariants, check=check_invariants)
    examine: Provider[Examine] = Factory(
        Examine,
        probes=Callable(
            choosing.examined,
            settings,
            database,
            probes,
            stores,
            ids,
            Factory(o.InvariantsProbe, invariants=check_invariants),
            vault.provider,
        ),
    )

    # metrics
    monitor: Provider[Monitor] = Singleton(Monitor)
    neighbours: Provider[Neighbours] = Singleton(Neighbours, settings.provided.metrics_folder, monitor.provided.measure)
    shared_figures: Provider[SharedFigures] = Singleton(SharedFigures, job_reads, check_invariants, clock)
    figure_sender: "Provider[FigureSender | None]" = Singleton(choosing.figure_sender, settings, clock)
    exposition: Provider[Exposition] = Singleton(Exposition, neighbours, shared_figures.provided.figures)

"""People, credentials, sessions, roles: the use cases, what they take and what they answer."""

from asperguide.identity.administering import (
    CreateAdmin,
    EndUserSessions,
    GetUser,
    GrantRole,
    Impersonate,
    ListUsers,
    MySecurityLog,
    NewAdmin,
    RestoreUser,
    RevokeRole,
    RoleChange,
    SecurityLog,
    SuspendUser,
)
from asperguide.identity.closing import CloseAccount, Closing, PurgeClosedAccounts, ReopenAccount, Reopening
from asperguide.identity.exporting import AskForExport, ExportAsked, ExportRequest, MakeExport
from asperguide.identity.exports import ExportTokens
from asperguide.identity.fetching import ForgetExports, OpenExport, OpenMyExport, PruneExports, SendExport
from asperguide.identity.housekeeping import PruneCodes, PruneSessions, PruneUnconfirmed
from asperguide.identity.mailing import (
    SendClosing,
    SendCode,
    SendEmailChange,
    SendReset,
    SendVerification,
    TellOwner,
    TellTakenAddress,
    WriteMail,
)
from asperguide.identity.managing_sessions import EndAllSessions, EndOtherSessions, EndSession, ListSessions
from asperguide.identity.model import AgeRange, ColourFilter, Gender, Preferences, User, UserState
from asperguide.identity.passwords import (
    AskForReset,
    ChangePassword,
    PasswordChange,
    PasswordReset,
    PasswordRules,
    ResetPassword,
    ResetRequest,
    SetPassword,
)
from asperguide.identity.portraits import ChangePortrait, ForgetPortrait, RemoveAvatar, SetAvatar, ShowAvatar
from asperguide.identity.ports import Claims, Found, Policy
from asperguide.identity.profile import (
    ChangeEmail,
    ChangeUsername,
    EmailChange,
    GetMe,
    PreferencesChange,
    ProfileChange,
    SearchUsers,
    UpdateMe,
    UsernameChange,
)
from asperguide.identity.proving import GuessPassword, ProveOwner
from asperguide.identity.registering import (
    AddressOnly,
    CheckUsername,
    Confirmation,
    ConfirmEmail,
    NewUser,
    Register,
    ResendVerification,
)
from asperguide.identity.rotation import DeviceTokens, RefreshTokens, Session
from asperguide.identity.signing_in import (
    CheckLogin,
    RefreshRequest,
    RefreshSession,
    SignIn,
    SignInRequest,
    SignOut,
)
from asperguide.identity.tokens import Authenticate, IntrospectToken, IssueTokens, RecogniseToken, RevokeToken
from asperguide.identity.views import (
    Account,
    Availability,
    Ended,
    Impersonated,
    Introspection,
    Profile,
    Refreshed,
    Registered,
    SessionView,
    SignedIn,
)

__all__ = [
    # becoming a user
    "NewUser", "Register", "Registered", "Confirmation", "ConfirmEmail", "AddressOnly", "ResendVerification",
    "CheckUsername", "Availability",
    # signing in
    "SignInRequest", "SignIn", "SignedIn", "RefreshRequest", "RefreshSession", "Refreshed", "SignOut", "Authenticate",
    "ListSessions", "SessionView", "EndSession", "EndOtherSessions", "EndAllSessions", "Ended",
    "RevokeToken", "IntrospectToken", "Introspection",
    # my account
    "GetMe", "Profile", "UpdateMe", "ProfileChange", "Preferences", "PreferencesChange", "Gender", "AgeRange",
    "ColourFilter", "ChangeUsername", "UsernameChange", "ChangeEmail", "EmailChange", "SearchUsers", "Found",
    "SetAvatar", "RemoveAvatar", "ShowAvatar",
    "ChangePassword", "PasswordChange", "AskForReset", "ResetRequest", "ResetPassword", "PasswordReset",
    "CloseAccount", "Closing", "ReopenAccount", "Reopening", "MySecurityLog",
    "AskForExport", "ExportRequest", "ExportAsked", "OpenExport", "OpenMyExport",
    # administering
    "ListUsers", "GetUser", "Account", "GrantRole", "RevokeRole", "RoleChange", "SuspendUser", "RestoreUser",
    "EndUserSessions", "Impersonate", "Impersonated", "SecurityLog", "CreateAdmin", "NewAdmin",
    # in the background
    "SendVerification", "SendReset", "SendEmailChange", "SendClosing", "TellTakenAddress", "TellOwner",
    "PruneSessions", "PruneCodes", "PruneUnconfirmed", "PurgeClosedAccounts", "ForgetPortrait",
    "MakeExport", "SendExport", "PruneExports", "ForgetExports",
    # parts that a container puts together
    "Policy", "PasswordRules", "SetPassword", "GuessPassword", "ProveOwner", "CheckLogin", "IssueTokens",
    "RefreshTokens", "DeviceTokens", "ExportTokens", "RecogniseToken", "WriteMail", "SendCode", "Claims",
    "ChangePortrait",
    # the model
    "User", "UserState", "Session",
]  # fmt: skip

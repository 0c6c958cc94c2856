"""Everything that identity can refuse."""

from asperguide.shared.errors import Conflict, Forbidden, Invalid, NotFound, Throttled, Unauthenticated, Unavailable


class UsernameTaken(Conflict, code=40910):
    """This username is taken."""


class EmailTaken(Conflict, code=40911):
    """This address cannot be used."""


class LastAdmin(Conflict, code=40912):
    """This is the last administrator; appoint another one first."""


class WrongState(Conflict, code=40913):
    """The account is not in a state that allows this."""


class UserNotFound(NotFound, code=40410):
    """There is no such user."""


class PortraitNotFound(NotFound, code=40412):
    """There is no such picture."""


class ExportNotFound(NotFound, code=40413):
    """There is no such archive (any more). Ask for a new one."""


class SessionNotFound(NotFound, code=40411):
    """There is no such session."""


class SignInRefused(Unauthenticated, code=40110):
    """The login or the password is wrong, the address is not confirmed yet, or there were too many tries lately."""


class AccessTokenRefused(Unauthenticated, code=40111):
    """The access token is missing, malformed, expired or was ended. Refresh it or sign in again."""


class RefreshTokenRefused(Unauthenticated, code=40112):
    """The refresh token is not valid (any more). Sign in again."""


class RefreshTokenReused(Unauthenticated, code=40113):
    """The refresh token was used before, so its session has been ended for safety. Sign in again."""


class PasswordWrong(Forbidden, code=40210):
    """The current password is wrong."""


class ProofNeeded(Forbidden, code=40211):
    """Confirm with your current password, or sign in again: the last sign-in is too long ago."""


class CodeRefused(Invalid, code=42210):
    """The code is wrong, was used already or has expired. Ask for a new one."""


class PasswordTooWeak(Invalid, code=42211):
    """The password is too easy to guess."""


class PasswordUsedBefore(Invalid, code=42212):
    """This password was used before. Choose a new one."""


class InvalidProfile(Invalid, code=42213):
    """Some fields of the profile are not acceptable."""


class SearchTooShort(Invalid, code=42214):
    """Search for 2 to 100 characters."""


class PictureRefused(Invalid, code=42215):
    """This is no image that can be shown."""


class PictureTooLarge(Invalid, code=41310):
    """A picture may have up to 5 MiB."""


class TooManyGuesses(Throttled, code=42910):
    """Too many attempts on this account. Try again later, or reset the password."""


class TooManyExports(Throttled, code=42911):
    """You have asked for your data three times within a day. Ask again tomorrow."""


class PasswordQueueFull(Unavailable, code=50310):
    """Too many people are signing in at this moment. Try again in a few seconds."""

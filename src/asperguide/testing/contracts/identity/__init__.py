"""The law of everything that keeps identity: units of work, reads and the counter of tries over one place."""

from asperguide.testing.contracts.identity.account_keys import AccountKeysContract
from asperguide.testing.contracts.identity.accounts import AccountsContract
from asperguide.testing.contracts.identity.audit import AuditLogContract
from asperguide.testing.contracts.identity.codes import CodesContract
from asperguide.testing.contracts.identity.contacts import ContactsContract
from asperguide.testing.contracts.identity.cursors import CursorsContract
from asperguide.testing.contracts.identity.events import EventsContract
from asperguide.testing.contracts.identity.guesses import GuessesContract
from asperguide.testing.contracts.identity.listing import ListsContract
from asperguide.testing.contracts.identity.logins import LoginsContract
from asperguide.testing.contracts.identity.searching import SearchContract
from asperguide.testing.contracts.identity.sessions import SessionsContract


class IdentityContract(
    AccountsContract,
    AccountKeysContract,
    SessionsContract,
    CodesContract,
    GuessesContract,
    LoginsContract,
    ContactsContract,
    AuditLogContract,
    SearchContract,
    ListsContract,
    EventsContract,
    CursorsContract,
):
    """Give it a fixture `persistence`: a `Persistence` that is empty."""

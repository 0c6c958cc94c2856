"""No statement on what belongs to companies is sent without saying of which: every test in this folder is watched."""

import pytest
import sqlalchemy as sa

from asperguide.adapters.sql.ledger import SqlLedger
from asperguide.testing.contracts import Persistence
from tests.scoping import unscoped


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT ar_contents.id FROM ar_contents WHERE ar_contents.project = ?",
        "SELECT ar_contents.id FROM ar_contents WHERE ar_contents.title_key >= ? ORDER BY ar_contents.company",
        "SELECT projects.id FROM projects WHERE projects.state = ?",
        "SELECT company_clients.id FROM company_clients WHERE company_clients.id = ?",
        "SELECT company_clients.id FROM company_clients",
        "SELECT ar_counts.opened FROM ar_counts WHERE ar_counts.subject = ?",
        "DELETE FROM company_clients",
        "SELECT ar_contents.company, count(*) FROM ar_contents",
    ],
)
def test_a_statement_of_whatever_company_is_found(statement: str) -> None:
    assert unscoped(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT ar_contents.id FROM ar_contents WHERE ar_contents.company = ? AND ar_contents.project = ?",
        "SELECT ar_contents.company FROM ar_contents WHERE ar_contents.public_id = ?",
        "SELECT company_settings.locale FROM company_settings WHERE company_settings.id = ?",
        "UPDATE projects SET state=? WHERE projects.id = ? AND projects.version = ?",
        "SELECT users.id FROM users",
    ],
)
def test_a_statement_that_says_of_which_company_passes(statement: str) -> None:
    assert not unscoped(statement)


async def test_the_watch_is_kept(persistence: Persistence) -> None:
    if not isinstance(persistence.ledger, SqlLedger):
        return
    async with persistence.begin_projects() as uow:
        with pytest.raises(AssertionError, match="of whatever company"):
            await uow.store.execute(sa.text("SELECT projects.id FROM projects WHERE projects.name_key = 'x'"))

"""Clients are found by the words of their names."""

import sqlalchemy as sa
from alembic import op

from asperguide.adapters.sql import types
from asperguide.companies.clients import words_of

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
BATCH = 500

clients = sa.table(
    "company_clients",
    sa.column("id", types.Uuid()),
    sa.column("company", types.Uuid()),
    sa.column("name", sa.String()),
    sa.column("phone", types.KeyText(16)),
    sa.column("email_key", types.KeyText(254)),
)
words = sa.table(
    "company_client_words",
    sa.column("id", types.Uuid()),
    sa.column("word", types.KeyText(64)),
    sa.column("company", types.Uuid()),
)


def upgrade() -> None:
    """Make the change, and the words of clients that there are, some at a time: SQL alone cannot make them.

    Where it is run as a script, clients that there are get theirs when they are changed.
    """
    op.create_table(
        "company_client_words",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("word", types.KeyText(64), nullable=False),
        sa.Column("company", types.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", "word", name=op.f("pk_company_client_words")),
        **OPTIONS,
    )
    op.create_index("ix_company_client_words_word", "company_client_words", ["company", "word", "id"])
    op.drop_index("ix_company_clients_email_key", "company_clients")
    if not op.get_context().as_sql:
        _make_words(op.get_bind())


def _make_words(connection: sa.Connection) -> None:
    last = None
    while True:
        behind = () if last is None else (clients.c.id > last,)
        some = connection.execute(sa.select(clients).where(*behind).order_by(clients.c.id).limit(BATCH)).all()
        if not some:
            return
        rows = [
            {"id": id, "word": word, "company": company}
            for id, company, name, phone, email in some
            for word in words_of(name, email, phone)
        ]
        if rows:
            connection.execute(sa.insert(words), rows)
        last = some[-1].id


def downgrade() -> None:
    """Take the change back."""
    op.create_index("ix_company_clients_email_key", "company_clients", ["company", "email_key"])
    op.drop_table("company_client_words")

"""Alembic asks this module how to reach the database; `asperguide migrate` hands the connection over."""

from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext

from asperguide.adapters.sql import migrations, types


def _render(kind: str, thing: Any, autogen: AutogenContext) -> str | bool:
    """Revisions name our column types by what they store, so that moving a class later changes no history."""
    if kind != "type" or not type(thing).__module__.startswith(types.__name__):
        return False
    autogen.imports.add("from asperguide.adapters.sql import types")
    return migrations.rendered(thing)


config: Any = context.config
options: dict[str, Any] = {
    "target_metadata": migrations.metadata(),
    "version_table": config.version_table_name,
    "compare_type": migrations.differs,
    "render_item": _render,
    "render_as_batch": config.render_as_batch,
}
if context.is_offline_mode():
    context.configure(dialect_name=config.engine.dialect.name, literal_binds=True, **options)
else:
    context.configure(connection=config.attributes["connection"], **options)
with context.begin_transaction():
    context.run_migrations()

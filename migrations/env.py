"""Alembic's environment: migrates the database of the settings, or the one given by `-x url=…`."""

import importlib
import os
from pathlib import Path

from alembic import context
from sqlalchemy import Connection, create_engine

import app.domains
from app.infra import audit, idempotency
from app.infra.db import Base, Instant
from app.infra.embedded import embedded_url
from app.infra.settings import Settings

INFRA = (audit, idempotency)
for room in sorted(Path(app.domains.__path__[0]).glob("*/models*")):
    importlib.import_module(f"app.domains.{room.parent.name}.models")


def include_object(_thing: object, name: str | None, *_: object) -> bool:
    """The job queue's own tables are made by its schema, not by our models."""
    return not (name or "").startswith("procrastinate_")


def render_item(kind: str, thing: object, _: object) -> str | bool:
    """Our column types are written as the plain types beneath them, so that old migrations never import the house."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(thing, Instant) else False


def run(connection: Connection) -> None:
    """Migrate over an open connection; a lock that is not free within four seconds ends the attempt."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=include_object,
        render_item=render_item,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        connection.exec_driver_sql("SET LOCAL lock_timeout = '4s'")
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    settings = Settings.from_env(os.environ)
    url = (
        context.get_x_argument(as_dictionary=True).get("url") or settings.database_url or embedded_url(settings.var_dir)
    )
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        run(connection)
        connection.commit()
    engine.dispose()

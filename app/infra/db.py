"""Declarative base, the column types every room uses, and the one way to make an engine."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Enum,
    MetaData,
    TypeDecorator,
    Uuid,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase


class Instant(TypeDecorator[datetime]):
    """A moment, stored as timestamptz and always read back aware in UTC; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("naive datetime")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None


class Base(DeclarativeBase):
    """All tables. Constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: Instant,
        UUID: Uuid(),
        dict[str, Any]: JSONB,
        list[str]: JSONB,
        StrEnum: Enum(
            StrEnum,
            native_enum=False,
            create_constraint=True,
            length=32,
            values_callable=lambda members: [member.value for member in members],
        ),
    }


#: Use for sums of money that may pass 2^31 minor units.
BigCents = BigInteger

#: Seconds to wait for a server that does not answer, or for a connection that others use.
PATIENCE_S = 5
#: A cut network is noticed in seconds instead of minutes (measured; see docs/adr).
CONNECT_ARGS = {
    "connect_timeout": PATIENCE_S,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": "-c timezone=UTC -c lock_timeout=8s -c statement_timeout=120s"
    " -c idle_in_transaction_session_timeout=60s",
}
#: Statements that a connection keeps prepared, planned once: all that an evening's orders, payments and pickups ask.
STATEMENTS_KEPT = 400


def engine_for(url: str, pool_size: int = 8, patience_s: int = PATIENCE_S) -> Engine:
    """An engine with a bounded pool: `pool_size` connections, no overflow, `patience_s` seconds to get one.

    The connection that was given back last is lent first: it has its statements prepared, and the server its tables.
    """
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_size,
        max_overflow=0,
        pool_use_lifo=True,
        pool_timeout=patience_s,
        pool_recycle=1800,
        connect_args=CONNECT_ARGS | {"connect_timeout": patience_s},
    )
    event.listen(engine, "connect", _keep_prepared)
    return engine


def _keep_prepared(connection: psycopg.Connection[Any], _record: object) -> None:
    connection.prepared_max = STATEMENTS_KEPT

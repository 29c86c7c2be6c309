"""What it looks like from inside when the database is away or too busy."""

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError as PoolTimeout

#: A door that meets one of these answers "busy, try again": nothing was committed.
OUTAGES: tuple[type[Exception], ...] = (OperationalError, InterfaceError, PoolTimeout)

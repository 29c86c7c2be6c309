"""What a process needs to do its work, made once at start and handed to doors."""

from dataclasses import dataclass
from typing import Any

from app.infra.settings import Settings
from app.infra.shelf import Shelf
from app.infra.uow import Database


@dataclass(frozen=True, slots=True)
class Services:
    """Settings, the database, and the gateways to the outside world."""

    settings: Settings
    database: Database
    #: A `PaymentProvider`; its face is declared on a floor above.
    provider: Any


def shelf_of(services: Services) -> Shelf:
    """Where printed documents lie until they are fetched."""
    return Shelf(services.settings.var_dir / "documents")


def uploads_of(services: Services) -> Shelf:
    """Where files lie that were rehearsed and may still be imported."""
    return Shelf(services.settings.var_dir / "uploads")

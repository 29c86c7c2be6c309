"""Refusals of the receipts room."""

from dataclasses import dataclass
from typing import ClassVar

from app.kernel.errors import Conflict


@dataclass(eq=False)
class NotPaidYet(Conflict):
    """Nothing was paid for the order yet, so there is nothing to make a receipt of."""

    code: ClassVar[str] = "receipt_not_paid"


@dataclass(eq=False)
class MadeOutAlready(Conflict):
    """The order has its receipt or invoice already, made out to somebody else; papers are never changed."""

    code: ClassVar[str] = "receipt_made_out"
    no: str

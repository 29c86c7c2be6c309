"""The supplier's door: a purchase order or a statement behind a signed link, without an account. Phone first."""

from flask import Blueprint

from supplier_door import statement, views
from supplier_door.views import supplier

__all__ = ["blueprints", "statement", "views"]

#: Open to everybody: a supplier has no account, the signed link in the address is what lets him in.
blueprints: tuple[Blueprint, ...] = (supplier,)

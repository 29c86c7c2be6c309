"""The storefront: where residents order, pay, follow their orders and say where they live. Phone first."""

from flask import Blueprint

from storefront import views
from storefront.doors import mine, shop

__all__ = ["blueprints", "views"]

#: `shop` is open to everybody; `mine` asks residents to sign in.
blueprints: tuple[Blueprint, ...] = (shop, mine)

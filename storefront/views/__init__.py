"""The pages; importing this package puts them into the storefront's blueprints."""

from storefront.views import (
    basket,
    checkout,
    claims,
    home,
    inbox,
    me,
    money,
    orders,
    papers,
    pay,
    places,
    ratings,
    sign_in,
)

__all__ = [
    "basket",
    "checkout",
    "claims",
    "home",
    "inbox",
    "me",
    "money",
    "orders",
    "papers",
    "pay",
    "places",
    "ratings",
    "sign_in",
]

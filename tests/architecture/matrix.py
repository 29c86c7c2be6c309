"""The whole authorisation matrix, and the calls that try it: every route, every role, every method."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask
from werkzeug.routing import AnyConverter, Rule

from app.factory import create_app
from app.kernel.actors import Role
from app.web.guards import EVERYBODY, Access
from tests.architecture.access import Table, api, console, portal, shared, storefront, supplier

MATRIX: Table = shared.TABLE | storefront.TABLE | portal.TABLE | console.TABLE | supplier.TABLE | api.TABLE
#: Nobody ever has this id.
NOBODY = UUID("01930000-0000-7000-8000-000000000000")
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Call:
    """One method of one route, with stand-ins for the parts of its address."""

    endpoint: str
    method: str
    path: str
    #: Names of the parts of the address.
    arguments: frozenset[str] = frozenset()

    @property
    def expected(self) -> frozenset[Role] | None:
        """Who may, by the table; None when the table does not say."""
        return MATRIX.get(f"{self.method} {self.endpoint}", MATRIX.get(self.endpoint))


def calls(app: Flask, ids: Mapping[str, UUID] | None = None) -> Iterator[Call]:
    """Every method of every route; ids in addresses by name from `ids`, else nobody's."""
    for rule in app.url_map.iter_rules():
        path = _path(app, rule, ids or {})
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Call(rule.endpoint, method, path, frozenset(rule.arguments))


def declared(app: Flask, endpoint: str, method: str) -> frozenset[Role] | None:
    """The roles that the guards of a route name: those of its blueprints and its own together; None without a guard."""
    view = app.view_functions[endpoint]
    of_method = getattr(getattr(view, "view_class", None), method.lower(), view)
    guarded: list[Any] = [of_method, view]
    if not getattr(of_method, "__linli_public__", False):
        parts = endpoint.split(".")[:-1]
        guarded += [app.blueprints.get(".".join(parts[: n + 1])) for n in range(len(parts))]
    found: list[Access] = [thing.__linli_access__ for thing in guarded if hasattr(thing, "__linli_access__")]
    return frozenset(EVERYBODY).intersection(*(access.roles for access in found)) if found else None


def _path(app: Flask, rule: Rule, ids: Mapping[str, UUID]) -> str:
    stand_ins: dict[str, Any] = {"UUIDConverter": NOBODY, "IntegerConverter": 1, "FloatConverter": 1.0}
    values: dict[str, Any] = {}
    for name in rule.arguments:
        part = rule._converters[name]
        stand_in = stand_ins.get(type(part).__name__, (rule.defaults or {}).get(name, "x"))
        if isinstance(part, AnyConverter):
            stand_in = min(part.items)
        values[name] = ids.get(name, stand_in)
    return app.url_map.bind("localhost").build(rule.endpoint, values)


def _missing() -> None:
    """Print table lines for the routes that have none, with the roles that their guards name now."""
    app = create_app()
    for call in calls(app):
        if call.expected is None:
            roles = declared(app, call.endpoint, call.method) or frozenset()
            print(f'    "{call.method} {call.endpoint}": {sorted(r.value for r in roles)},')


if __name__ == "__main__":
    _missing()

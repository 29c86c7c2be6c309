"""Who may call which route, written down by hand: one table per door, compared with what really happens.

A key is an endpoint ("hq.plan"), or a method and an endpoint ("POST hq.plan") where methods differ.
`python -m tests.architecture.matrix` prints lines for routes that have none yet; read them before you paste them.
"""

from app.kernel.actors import HQ_ROLES, Role

Roles = frozenset[Role]
Table = dict[str, Roles]

RESIDENTS: Roles = frozenset({Role.RESIDENT})
LEADERS: Roles = frozenset({Role.LEADER})
HQ: Roles = HQ_ROLES
SIGNED_IN: Roles = RESIDENTS | LEADERS | HQ
PUBLIC: Roles = SIGNED_IN | {Role.ANONYMOUS}


def desks(*names: str) -> Roles:
    """The named desks of HQ, and the admin: desks("buyer", "warehouse")."""
    return frozenset({Role(f"hq_{name}") for name in names}) | {Role.HQ_ADMIN}

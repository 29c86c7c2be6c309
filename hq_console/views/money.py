"""The ledger and the commission statements."""

from collections.abc import Iterable
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.ledger import queries as ledger_room
from app.domains.ledger.values import JournalCard, JournalFilter, JournalKind, LedgerAccount
from app.domains.settlement import queries as settlement
from app.domains.supply import queries as supply
from app.kernel.actors import Permission
from app.web.context import read
from app.web.filters import use_zone
from app.web.guards import needs
from app.web.words import gettext as _, tr
from hq_console import names
from hq_console.doors import hq
from hq_console.lists import HubChoice, ask_page, asked_id, chips_of


@hq.get("/ledger")
@needs(Permission.LEDGER_READ)
def ledger() -> ResponseReturnValue:
    """Balances by account, and journals with their sides; by hub, kind and account."""
    choice = HubChoice()
    account = next((a for a in LedgerAccount if a.value == request.args.get("account")), None)
    kind = next((k for k in JournalKind if k.value == request.args.get("kind")), None)
    wanted = JournalFilter(hub_id=choice.id, kind=kind, account=account, owner_id=asked_id("owner"))
    page = read(ledger_room.journals, wanted, ask_page())
    sums: dict[tuple[LedgerAccount, str], int] = {}
    for one in read(ledger_room.balances, None, None, choice.id):
        key = (one.account, one.currency)
        sums[key] = sums.get(key, 0) + one.amount_cents
    return render_template(
        "hq_console/ledger.html", page=page, choice=choice, sums=sums, account=account,
        owners=owners_of(page.rows), kind_chips=chips_of("kind", names.choices(JournalKind), _("All")),
    )  # fmt: skip


def owners_of(journals: Iterable[JournalCard]) -> dict[UUID, str]:
    """What the owners of these journals' sides are called: leaders, suppliers, hubs."""
    ids = {side.owner_id for journal in journals for side in journal.postings if side.owner_id}
    found = {h.id: tr(h) for h in read(communities.hubs)}
    found |= {s.id: tr(s) for s in read(supply.suppliers)}
    return found | {id_: leader.name for id_, leader in read(communities.leaders_by_id, ids).items()}


@hq.get("/statements")
@needs(Permission.LEDGER_READ)
def statements() -> ResponseReturnValue:
    """Commission statements, newest first; of one hub, one round or one leader."""
    choice = HubChoice()
    page = read(settlement.statements, ask_page(), asked_id("leader"), choice.id, asked_id("round"))
    return render_template("hq_console/statements.html", page=page, choice=choice)


@hq.get("/statements/<uuid:statement_id>")
@needs(Permission.LEDGER_READ)
def statement(statement_id: UUID) -> ResponseReturnValue:
    """One statement with its entries."""
    found = read(settlement.get_statement, statement_id)
    hub = read(communities.get_hub, found.hub_id)
    use_zone(hub.timezone)
    page = read(settlement.entries, found.leader_id, ask_page(50), statement_id)
    return render_template("hq_console/statement.html", statement=found, hub=hub, page=page)

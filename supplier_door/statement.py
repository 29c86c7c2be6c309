"""A supplier's statement behind a signed link: what was received, charged and paid, and when the rest is due."""

from datetime import timedelta
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.supply import queries as supply
from app.flows.statement_papers import Account, account_of_link, account_sheet, print_by_link
from app.kernel.actors import Actor, Permission
from app.web.context import now, read, read_snapshot, services
from app.web.downloads import asked_locale, attachment, form_of
from app.web.filters import local, use_zone
from app.web.words import gettext as _
from supplier_door.views import supplier


@supplier.get("/statement/<token>")
def statement(token: str) -> ResponseReturnValue:
    """The last ninety days, and what is open now."""
    wanted = _wanted(token)
    sheet = read_snapshot(account_sheet, wanted, now())
    hub = read(communities.get_hub, wanted.hub_id)
    overdue = sum(line.open_cents for line in sheet.due if line.is_overdue)
    return render_template(
        "supplier_door/statement.html", token=token, account=sheet, hub=hub, overdue=overdue, kinds=_kinds()
    )


@supplier.get("/statement/<token>.<any(pdf, xlsx):form>")
def statement_file(token: str, form: str) -> ResponseReturnValue:
    """The same as a file."""
    wanted = _wanted(token)
    code = read(supply.get_supplier, wanted.supplier_id or UUID(int=0)).code
    who = Actor.by_link(f"supplier {code}", Permission.SUPPLY_ANSWER)

    def run(use_case: object, *args: object) -> object:
        return services().database.transact(who, use_case, *args)  # type: ignore[arg-type]  # any use-case of a flow

    return attachment(print_by_link(run, wanted, form_of(form), asked_locale()))


def _kinds() -> dict[str, str]:
    """What lines of a supplier's account are called."""
    return {
        "goods": _("Goods received"), "minimum": _("Fee below your minimum"), "charged": _("Charged"),
        "credited": _("Credited"), "paid": _("Paid"),
        "put_back": _("Payment came back"), "other": _("Other"),
    }  # fmt: skip


def _wanted(token: str) -> Account:
    """What the link opens; pages then show the hub's clock. Raises LinkDead."""
    supplier_id, hub_id = account_of_link(services().settings, token, now())
    use_zone(read(communities.get_hub, hub_id).timezone)
    today = local(now()).date()
    return Account(hub_id=hub_id, supplier_id=supplier_id, first=today - timedelta(days=89), last=today)

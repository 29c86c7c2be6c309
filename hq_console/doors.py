"""The console's one door: who may come in, and what every page shows: the side menu and the words for states."""

from typing import Any

from flask import Blueprint, request, url_for

from app.domains.accounts.values import Door
from app.domains.communities.rules import workload
from app.kernel.actors import HQ_ROLES, Permission
from app.web import own_account, pages, sign_in_page
from app.web.context import actor, person
from app.web.guards import guard_blueprint
from app.web.notes import say_note
from app.web.pages import is_fragment
from app.web.words import gettext as _
from hq_console import names
from hq_console.masking import masked

hq = Blueprint("hq", __name__, url_prefix="/hq", template_folder="templates")
guard_blueprint(hq, HQ_ROLES, "hq.sign_in")
sign_in_page.register(hq, Door.CONSOLE, "hq.home", "hq_console/sign_in.html")
own_account.register(hq, Door.CONSOLE, "ui/base_console.html")

#: Pages that belong to another entry of the menu than their own name says.
_UNDER = {
    "set_vip": "hq.orders", "delivery": "hq.dock", "dock_line": "hq.dock", "count_line": "hq.dock",
    "shortages": "hq.rounds", "shortage": "hq.rounds", "stocktake": "hq.stock", "recalled_lot": "hq.recall",
    "round_": "hq.rounds", "board": "hq.rounds", "run_station": "hq.rounds", "demand": "hq.rounds",
    "receiving": "hq.rounds", "count": "hq.rounds", "sorting": "hq.rounds", "print_sheets": "hq.rounds",
    "finish_sheet": "hq.rounds", "routes": "hq.rounds", "load_list": "hq.rounds",
    "arrange": "hq.rounds", "try_move": "hq.rounds", "save_arrangement": "hq.rounds", "versions": "hq.rounds",
    "handovers": "hq.rounds",
    "documents": "hq.rounds", "weighing": "hq.rounds", "enter_weights": "hq.rounds",
    "sort": "hq.rounds", "sort_task": "hq.rounds", "night": "hq.rounds", "delta_sheets": "hq.rounds",
    "shelves": "hq.rounds", "crates": "hq.rounds",
    "replacement": "hq.replacements", "replace_leader": "hq.replacements", "propose_replacement": "hq.replacements",
    "confirm_replacement": "hq.replacements", "reject_replacement": "hq.replacements",
    "note_replacement_appeal": "hq.replacements", "answer_replacement_appeal": "hq.replacements",
    "roll_back_replacement": "hq.replacements", "enter_absence": "hq.absences", "agree_absence": "hq.absences",
    "refuse_absence": "hq.absences", "call_back_absence": "hq.absences",
    "handover": "hq.rounds", "successor": "hq.leaders", "name_successor": "hq.leaders",
    "city_plan": "hq.city_plans", "ask_city_plan": "hq.city_plans", "home_locks": "hq.city_plans",
    "lock_home": "hq.city_plans",
    "call_off": "hq.rounds", "do_call_off": "hq.rounds",
    "draft_days": "hq.group_buys", "move_draft": "hq.group_buys", "plan_group_buy": "hq.group_buys",
    "group_buy": "hq.group_buys", "order": "hq.orders",
    "sku": "hq.catalogue", "edit_sku": "hq.catalogue", "purchase_order": "hq.purchase_orders",
    "pre_buy": "hq.purchase_orders", "supplier": "hq.suppliers", "send_pre_buy": "hq.purchase_orders",
    "amend_order": "hq.purchase_orders",
    "save_supplier_rule": "hq.suppliers", "leader": "hq.leaders",
    "policies_page": "hq.scorecards", "new_draft": "hq.scorecards", "save_new_draft": "hq.scorecards",
    "draft": "hq.scorecards", "save_draft": "hq.scorecards", "adopt_draft": "hq.scorecards",
    "back_test": "hq.scorecards", "fairness": "hq.scorecards",
    "scorecard": "hq.scorecards", "review": "hq.scorecards", "claim": "hq.claims", "statement": "hq.weeks",
    "supplier_account": "hq.owed", "pay_supplier": "hq.owed", "save_supplier_details": "hq.owed",
    "hub_account": "hq.owed", "pay_hub": "hq.owed", "save_hub_details": "hq.owed", "save_payment_days": "hq.suppliers",
    "statements": "hq.weeks", "week": "hq.weeks", "payout": "hq.payouts", "approve_payout": "hq.payouts",
    "reject_payout": "hq.payouts", "payout_paid": "hq.payouts", "bank_files": "hq.payouts", "bank_file": "hq.payouts",
    "take_answer": "hq.payouts", "payout_rules": "hq.payouts", "save_payout_rules": "hq.payouts",
    "seller": "hq.papers", "save_seller": "hq.papers", "save_taxes": "hq.papers",
    "chart": "hq.ledger", "journal": "hq.ledger", "reverse_journal": "hq.ledger", "periods": "hq.ledger",
    "period": "hq.ledger", "reconciled_day": "hq.reconciliation", "decide_difference": "hq.reconciliation",
    "claim_rules": "hq.claims",
    "person": "hq.orders", "show_phone": "hq.orders",
    "plan": "hq.plans", "new_plan": "hq.plans", "save_plan": "hq.plans", "edit_plan": "hq.plans", "step": "hq.plans",
    "save_step": "hq.plans",
    "save_goals": "hq.goals", "decide_certificate": "hq.certificates",
    "announce_cycle": "hq.appraisals", "cycle": "hq.appraisals", "call_off_cycle": "hq.appraisals",
    "appraisal_file": "hq.appraisals", "settle_targets": "hq.appraisals", "answer_appeal": "hq.appraisals",
    "decide_consequence": "hq.appraisals", "check_up": "hq.appraisals", "own_appeal": "hq.appraisals",
    "application": "hq.applications", "recruit_where": "hq.applications", "recruit_rules": "hq.applications",
    "add_application_note": "hq.applications", "decide_application": "hq.applications",
    "begin_leading": "hq.applications", "adopt_checklist": "hq.applications", "publish_contract": "hq.applications",
    "ground_check": "hq.neighbourhoods", "new_neighbourhood": "hq.neighbourhoods", "neighbourhood": "hq.neighbourhoods",
    "add_neighbourhood": "hq.neighbourhoods", "save_neighbourhood": "hq.neighbourhoods",
    "new_pickup_point": "hq.pickup_points", "pickup_point": "hq.pickup_points", "add_pickup_point": "hq.pickup_points",
    "save_pickup_point": "hq.pickup_points", "look_up_address": "hq.pickup_points",
    "add_point_rest": "hq.pickup_points",
}  # fmt: skip


def _menu() -> list[tuple[str, str, str, str, Permission]]:
    """(section, endpoint, label, icon, right that the page needs)."""
    return [
        ("", "hq.home", _("Overview"), "grid", Permission.ORDERS_READ),
        (_("Rounds"), "hq.rounds", _("Round board"), "route", Permission.ORDERS_READ),
        (_("Rounds"), "hq.group_buys", _("Group-buys"), "tag", Permission.ORDERS_READ),
        (_("Rounds"), "hq.orders", _("Orders"), "receipt", Permission.ORDERS_READ),
        (_("Goods"), "hq.catalogue", _("Catalogue"), "box", Permission.CATALOGUE_READ),
        (_("Goods"), "hq.suppliers", _("Suppliers"), "store", Permission.SUPPLY_READ),
        (_("Goods"), "hq.purchase_orders", _("Purchase orders"), "clipboard", Permission.SUPPLY_READ),
        (_("Goods"), "hq.dock", _("Dock"), "truck", Permission.SUPPLY_RECEIVE),
        (_("Goods"), "hq.stock", _("Stock"), "crate", Permission.SUPPLY_READ),
        (_("Goods"), "hq.recall", _("Recall"), "alert", Permission.SUPPLY_READ),
        (_("Goods"), "hq.fleet", _("Trucks"), "truck", Permission.LOGISTICS_READ),
        (_("Goods"), "hq.forecast", _("Forecast"), "chart", Permission.SUPPLY_READ),
        (_("Goods"), "hq.density", _("Density"), "route", Permission.LOGISTICS_READ),
        (_("Goods"), "hq.sort_quality", _("Sorting and crates"), "target", Permission.LOGISTICS_READ),
        (_("People"), "hq.leaders", _("Leaders"), "users", Permission.COMMUNITIES_READ),
        (_("People"), "hq.city_plans", _("City plans"), "route", Permission.COMMUNITIES_MANAGE),
        (_("People"), "hq.applications", _("Applications"), "flag", Permission.RECRUITMENT_READ),
        (_("People"), "hq.replacements", _("Replacements"), "swap", Permission.COMMUNITIES_READ),
        (_("People"), "hq.absences", _("Days away"), "calendar", Permission.COMMUNITIES_READ),
        (_("People"), "hq.certificates", _("Certificates"), "clipboard", Permission.CERTIFICATES_CHECK),
        (_("People"), "hq.neighbourhoods", _("Neighbourhoods"), "pin", Permission.COMMUNITIES_READ),
        (_("People"), "hq.pickup_points", _("Pickup points"), "store", Permission.COMMUNITIES_READ),
        (_("People"), "hq.scorecards", _("Scorecards"), "chart", Permission.SCORING_READ),
        (_("People"), "hq.appraisals", _("Appraisals"), "target", Permission.SCORING_READ),
        (_("People"), "hq.goals", _("Monthly goals"), "trend-up", Permission.ORDERS_READ),
        (_("People"), "hq.claims", _("Claims"), "shield", Permission.CLAIMS_READ),
        (_("People"), "hq.ratings", _("Ratings"), "star", Permission.RATINGS_READ),
        (_("People"), "hq.plans", _("Plans"), "clipboard", Permission.TASKS_READ),
        (_("Money"), "hq.ledger", _("Ledger"), "coin", Permission.LEDGER_READ),
        (_("Money"), "hq.reconciliation", _("Reconciliation"), "swap", Permission.LEDGER_READ),
        (_("Money"), "hq.rates_page", _("Commission rates"), "tag", Permission.LEDGER_READ),
        (_("Money"), "hq.weeks", _("Statements"), "receipt", Permission.LEDGER_READ),
        (_("Money"), "hq.owed", _("Owed to suppliers"), "store", Permission.LEDGER_READ),
        (_("Money"), "hq.payouts", _("Payouts"), "wallet", Permission.PAYOUTS_READ),
        (_("Money"), "hq.economics", _("Unit economics"), "chart", Permission.LEDGER_READ),
        (_("Money"), "hq.papers", _("Receipts"), "clipboard", Permission.RECEIPTS_READ),
        (_("System"), "hq.imports", _("Import and export"), "upload", Permission.CATALOGUE_READ),
        (_("System"), "hq.looks", _("Looks at data"), "eye", Permission.PEOPLE_LOG),
        (_("System"), "hq.audit", _("Audit"), "check-circle", Permission.AUDIT_READ),
    ]


def nav() -> list[dict[str, Any]]:
    """The pages that the signed-in desk may open."""
    rights, here = actor().permissions, request.endpoint or ""
    here = _UNDER.get(here.removeprefix("hq."), here)
    return [
        {"url": url_for(endpoint), "label": label, "icon": icon, "active": here == endpoint, "section": section}
        for section, endpoint, label, icon, right in _menu()
        if right in rights
    ]


def may(right: Permission | str) -> bool:
    """Whether the signed-in desk holds a right; pages leave out what it could not do anyway."""
    return Permission(right) in actor().permissions


@hq.context_processor
def _page_words() -> dict[str, Any]:
    shared: dict[str, Any] = {
        **pages.SHARED, "name": names.name, "colour": names.colour, "note": say_note, "may": may,
        "masked": masked, "workload": workload,
    }  # fmt: skip
    who = person()
    if who is None or is_fragment():
        return shared
    links = [{"url": url_for("hq.own_account"), "label": _("My account"), "icon": "user"}]
    return {
        **shared, "nav": nav(), "account_hint": names.name(who.role), "account_links": links,
        "sign_out_url": url_for("hq.sign_out"),
    }  # fmt: skip

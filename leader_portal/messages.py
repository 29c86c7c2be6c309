"""The words of the messages in a leader's inbox; the rooms store only what happened."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import url_for

from app.domains.appraisal.values import News
from app.domains.certificates.values import CertificateKind
from app.domains.communities.values import LeaderStatus
from app.domains.notifications.values import MessageCard, MessageKind
from app.web.filters import day, dt, money
from app.web.words import gettext as _, is_english
from leader_portal.names import name


@dataclass(frozen=True, slots=True)
class Told:
    """A message as it is read."""

    title: str
    text: str
    icon: str
    #: Where it leads, or empty.
    url: str


def told(card: MessageCard) -> Told:
    """A stored message in the language of the page."""
    about = {
        MessageKind.STATEMENT_READY: _statement, MessageKind.CLAIM_ABOUT_YOU: _complaint,
        MessageKind.PAYOUT_PAID: _paid_out, MessageKind.PAYOUT_REFUSED: _put_back,
        MessageKind.PAYOUT_RETURNED: _put_back,
    }  # fmt: skip
    if card.kind in about:
        return about[card.kind](card, card.params)
    plain = {
        MessageKind.STATUS_CHANGED: _status, MessageKind.GOODS_RECALLED: _recalled,
        MessageKind.REVIEW_WITHDRAWN: _withdrawn, MessageKind.CALLED_OFF: _called_off,
        MessageKind.RATES_ANNOUNCED: _rates, MessageKind.POLICY_ANNOUNCED: _policy,
        MessageKind.BANK_REFUSED: _bank_refused,
        MessageKind.APPRAISAL: _appraisal,
        MessageKind.TOOK_OVER: _took_over, MessageKind.STANDS_IN: _stands_in, MessageKind.ABSENCE_ANSWERED: _absence,
        MessageKind.CERTIFICATE_DECIDED: _certificate, MessageKind.CERTIFICATE_EXPIRES: _expires,
    }  # fmt: skip
    if card.kind in plain:
        return plain[card.kind](card.params)
    return Told(_("News about your account"), "", "info", "")


def _statement(card: MessageCard, params: dict[str, Any]) -> Told:
    amount = money(int(params["total_cents"]), str(params["currency"]))
    on = day(date.fromisoformat(str(params["pickup_on"])))
    text = f"{on} · {amount} · {params['no']}"
    return Told(_("A statement is ready"), text, "wallet", url_for("leader.statement", statement_id=card.about_id))


def _paid_out(card: MessageCard, params: dict[str, Any]) -> Told:
    amount = money(int(params["amount_cents"]), str(params["currency"]))
    text = f"{amount} · {params['no']}"
    return Told(_("Your withdrawal was paid"), text, "wallet", url_for("leader.payout", payout_id=card.about_id))


def _put_back(card: MessageCard, params: dict[str, Any]) -> Told:
    amount = money(int(params["amount_cents"]), str(params["currency"]))
    text = _("%(amount)s of %(no)s is on your balance again.", amount=amount, no=params["no"])
    if card.kind is MessageKind.PAYOUT_RETURNED:
        title = _("Your withdrawal came back from the bank")
    else:
        title = _("Your withdrawal was not paid")
    url = url_for("leader.payout", payout_id=card.about_id)
    return Told(title, f"{text} {params['reason']}".strip(), "undo", url)


def _bank_refused(params: dict[str, Any]) -> Told:
    text = _("Your money lies in your Stripe account %(account)s. Look there, and correct your bank account.",
             account=params["account"])  # fmt: skip
    return Told(_("Your bank refused a payment"), text, "alert", url_for("leader.bank"))


def _status(params: dict[str, Any]) -> Told:
    new = name(LeaderStatus(str(params["new"])))
    return Told(
        _("Your standing is now: %(status)s", status=new), str(params["reason"]), "shield", url_for("leader.score")
    )


def _took_over(params: dict[str, Any]) -> Told:
    title = _("You take over from %(name)s", name=params["old"])
    text = _("%(residents)s residents and %(orders)s open orders are yours now.", residents=params["residents"],
             orders=params["orders"])  # fmt: skip
    if params["pieces"]:
        more = _("%(pieces)s pieces for them lie at her door: fetch them by your list.", pieces=params["pieces"])
        text = f"{text} {more}"
    return Told(title, text, "users", url_for("leader.taken_over") if params["pieces"] else "")


def _days(params: dict[str, Any]) -> str:
    first, last = (day(date.fromisoformat(str(params[name]))) for name in ("first_on", "last_on"))
    return first if first == last else f"{first} – {last}"


def _stands_in(params: dict[str, Any]) -> Told:
    if params["state"] == "cancelled":
        return Told(_("%(name)s hands out herself after all", name=params["leader"]), _days(params), "users", "")
    return Told(_("You hand out for %(name)s", name=params["leader"]), _days(params), "users", "")


def _absence(params: dict[str, Any]) -> Told:
    titles = {
        "agreed": _("You may be away; %(name)s hands out", name=params["deputy"]),
        "refused": _("You cannot be away on these days"), "cancelled": _("Your absence is cancelled"),
    }  # fmt: skip
    text = f"{_days(params)} {params['answer']}".strip()
    return Told(titles[str(params["state"])], text, "calendar", url_for("leader.absences"))


def _certificate(params: dict[str, Any]) -> Told:
    paper = name(CertificateKind(params["paper"]))
    titles = {
        "confirmed": _("%(paper)s is confirmed", paper=paper),
        "rejected": _("%(paper)s is rejected", paper=paper),
    }
    return Told(titles[str(params["state"])], str(params["reason"]), "clipboard", url_for("leader.certificates"))


def _expires(params: dict[str, Any]) -> Told:
    paper, last = name(CertificateKind(params["paper"])), day(date.fromisoformat(str(params["valid_until"])))
    text = _("It is valid until %(day)s. Please renew it and enter the new one.", day=last)
    return Told(_("%(paper)s ends soon", paper=paper), text, "alert", url_for("leader.certificates"))


def _recalled(params: dict[str, Any]) -> Told:
    text = _("Do not hand out: %(goods)s, lot %(lot)s.", goods=params["sku_name"], lot=params["lot_code"])
    return Told(_("Goods are being recalled"), f"{text} {params['reason']}".strip(), "alert", "")


def _called_off(params: dict[str, Any]) -> Told:
    on = day(date.fromisoformat(str(params["pickup_on"])))
    text = _("Nothing comes for the pickup on %(day)s.", day=on)
    return Told(_("The group-buy was called off"), f"{text} {params['reason']}".strip(), "undo", "")


def _withdrawn(params: dict[str, Any]) -> Told:
    first, last = (day(date.fromisoformat(str(params[name]))) for name in ("period_from", "period_to"))
    text = f"{first} – {last} · {params['reason']}"
    return Told(_("A review was taken back; your score before it counts"), text, "undo", url_for("leader.score"))


def _policy(params: dict[str, Any]) -> Told:
    since = day(date.fromisoformat(str(params["valid_from"])))
    text = _("It counts for periods that begin on %(day)s or later.", day=since)
    return Told(
        _("Another way to score leaders"),
        f"{text} {params.get('note') or ''}".strip(),
        "scale",
        url_for("leader.score"),
    )


def _complaint(card: MessageCard, params: dict[str, Any]) -> Told:
    until = dt(datetime.fromisoformat(str(params["evidence_due_at"])))
    goods = params["sku_name_en"] if is_english() and params.get("sku_name_en") else params["sku_name"]
    text = _("%(goods)s, order %(no)s. You can tell your side until %(time)s.", goods=goods, no=params["order_no"],
             time=until)  # fmt: skip
    return Told(_("A neighbour complains"), text, "shield", url_for("leader.claim", claim_id=card.about_id))


def _rates(params: dict[str, Any]) -> Told:
    since = dt(datetime.fromisoformat(str(params["valid_from"])))
    text = _("They hold for orders from %(time)s on. Try what they mean for you.", time=since)
    note = str(params.get("note") or "")
    return Told(_("New commission rates"), f"{text} {note}".strip(), "coin", url_for("leader.simulator"))


def _appraisal(params: dict[str, Any]) -> Told:
    first, last = (day(date.fromisoformat(str(params[name]))) for name in ("first_on", "last_on"))
    text = f"{first} – {last} · {params['words']}" if params.get("words") else f"{first} – {last}"
    what, seat_id = News(str(params["what"])), params.get("seat_id")
    seen = url_for("leader.appraisal_of", seat_id=seat_id) if seat_id and what is not News.CALLED_OFF else ""
    return Told(name(what), text, "chart", seen or url_for("leader.appraisal"))

"""The words of the messages in a resident's inbox; the rooms store only what happened."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for

from app.domains.aftersales.values import ClaimStatus
from app.domains.notifications.values import MessageCard, MessageKind
from app.domains.orders.values import CutReason
from app.web.filters import day, money
from storefront.receipts import reason_words
from storefront.words import gettext as _, is_english


@dataclass(frozen=True, slots=True)
class Told:
    """A message as it is read."""

    title: str
    text: str
    icon: str
    #: Where it leads, or empty.
    url: str


def told(card: MessageCard) -> Told:
    """A stored message in the language of the page; what its writer left out is left out of the words too."""
    params = card.params
    title, text, icon = _WORDS.get(card.kind, _other)(params)
    order_id = params.get("order_id")
    url = url_for("mine.order", order_id=order_id) if order_id else ""
    if card.kind is MessageKind.APPLICATION_DECIDED:
        url = url_for("applicants.mine")
    number = str(params.get("order_no") or "")
    parts = [text.rstrip(".。"), _("Order %(no)s", no=number) if number else ""]
    return Told(title, " · ".join(part for part in parts if part), icon, url)


def _amount(params: dict[str, Any]) -> str:
    cents = params.get("amount_cents", params.get("refunded_cents", params.get("total_cents")))
    return money(int(cents), str(params.get("currency") or "CNY")) if isinstance(cents, int) else ""


def _goods(params: dict[str, Any]) -> str:
    names = (params.get("sku_names_en") if is_english() else None) or params.get("sku_names") or []
    return (", " if is_english() else "、").join(map(str, names))


def _paid(params: dict[str, Any]) -> tuple[str, str, str]:
    return _("Your payment has arrived"), _amount(params), "wallet"


def _lapsed(_params: dict[str, Any]) -> tuple[str, str, str]:
    return _("An unpaid order has lapsed"), _("Its time to pay ran out; nothing was charged."), "clock"


def _cut(params: dict[str, Any]) -> tuple[str, str, str]:
    reason, amount = reason_words().get(str(params.get("reason")), ""), _amount(params)
    back = _("%(amount)s comes back to you or is not charged", amount=amount) if amount else ""
    text = " · ".join(part for part in (_goods(params), reason, back) if part)
    if params.get("reason") == CutReason.WEIGHT.value:
        return _("It weighed less, so you pay less"), text, "tag"
    return _("Something was taken off your order"), text, "receipt"


def _fell(params: dict[str, Any]) -> tuple[str, str, str]:
    amount = _amount(params)
    back = _("%(amount)s comes back to you or is not charged", amount=amount) if amount else ""
    return _("The price has fallen for everybody"), " · ".join(p for p in (_goods(params), back) if p), "tag"


def _arrived(params: dict[str, Any]) -> tuple[str, str, str]:
    place = str(params.get("pickup_point_name") or params.get("place") or "")
    return _("Your goods have arrived"), place or _("Please fetch them with your pickup code."), "store"


def _unclaimed(params: dict[str, Any]) -> tuple[str, str, str]:
    place = str(params.get("pickup_point_name") or params.get("place") or "")
    return _("Your goods are still waiting"), place or _("Please fetch them with your pickup code."), "bell"


def _decided(params: dict[str, Any]) -> tuple[str, str, str]:
    accepted = params.get("status") == ClaimStatus.APPROVED.value
    text = " · ".join(part for part in (_amount(params) if accepted else "", str(params.get("reason") or "")) if part)
    return _("Your complaint was accepted") if accepted else _("Your complaint was declined"), text, "shield"


def _returned(params: dict[str, Any]) -> tuple[str, str, str]:
    return _("A late payment goes back to you"), _amount(params), "undo"


def _recalled(params: dict[str, Any]) -> tuple[str, str, str]:
    name = (params.get("sku_name_en") if is_english() else None) or params.get("sku_name") or ""
    sure = _("Please do not eat it.") if params.get("is_certain") else _("You may have got some of it. Do not eat it.")
    text = " · ".join(part for part in (str(name), str(params.get("reason") or ""), sure) if part)
    return _("Goods are being recalled"), text, "alert"


def _called_off(params: dict[str, Any]) -> tuple[str, str, str]:
    amount = _amount(params) if params.get("amount_cents") else ""
    back = _("%(amount)s comes back to you or is not charged", amount=amount) if amount else ""
    text = " · ".join(part for part in (str(params.get("reason") or ""), back) if part)
    return _("The group-buy was called off"), text, "undo"


def _answered(_params: dict[str, Any]) -> tuple[str, str, str]:
    return _("Your leader answered your rating"), "", "star"


def _wrote(params: dict[str, Any]) -> tuple[str, str, str]:
    return _("%(name)s, your leader, writes", name=str(params.get("leader") or "")), str(params["text"]), "chat"


def _new_place(params: dict[str, Any]) -> tuple[str, str, str]:
    parts = [str(params.get(name) or "") for name in ("pickup_point_name", "leader_name", "address")]
    later = _("From your next order on; what you ordered before waits where it was to be.")
    return _("You have another pickup point now"), " · ".join([*filter(None, parts), later]), "store"


def _application(params: dict[str, Any]) -> tuple[str, str, str]:
    titles = {
        "accepted": _("Your application was accepted: training and contract come next"),
        "declined": _("Your application was declined"),
        "active": _("You are a leader now. Welcome!"),
    }
    return (
        titles.get(str(params.get("status")), _("News about your application")),
        str(params.get("reason") or ""),
        "store",
    )


def _leader_changed(params: dict[str, Any]) -> tuple[str, str, str]:
    text = _("You fetch at %(place)s, %(address)s.", place=params["place"], address=params["address"])
    if params.get("orders"):
        text = f"{text} {_('Your open orders go along; their codes stand in each order.')}"
    return _("%(leader)s is your leader from now on", leader=params["leader"]), text, "users"


def _leader_away(params: dict[str, Any]) -> tuple[str, str, str]:
    days = f"{day(date.fromisoformat(params['first_on']))} – {day(date.fromisoformat(params['last_on']))}"
    if params["state"] == "cancelled":
        return _("%(old)s hands out herself after all", old=params["old"]), days, "users"
    text = _("You fetch at %(place)s, %(address)s.", place=params["place"], address=params["address"])
    stays = _("You fetch at the same place.")
    title = _("%(leader)s hands out for %(old)s", leader=params["leader"], old=params["old"])
    return title, f"{days} · {text if params['is_elsewhere'] else stays}", "users"


def _other(_params: dict[str, Any]) -> tuple[str, str, str]:
    return _("News about your account"), "", "info"


_WORDS = {
    MessageKind.ORDER_PAID: _paid,
    MessageKind.ORDER_LAPSED: _lapsed,
    MessageKind.LINE_CUT: _cut,
    MessageKind.PRICE_FELL: _fell,
    MessageKind.GOODS_ARRIVED: _arrived,
    MessageKind.UNCLAIMED: _unclaimed,
    MessageKind.CLAIM_DECIDED: _decided,
    MessageKind.PAYMENT_RETURNED: _returned,
    MessageKind.GOODS_RECALLED: _recalled,
    MessageKind.CALLED_OFF: _called_off,
    MessageKind.RATING_ANSWERED: _answered,
    MessageKind.LEADER_WROTE: _wrote,
    MessageKind.LEADER_CHANGED: _leader_changed,
    MessageKind.LEADER_AWAY: _leader_away,
    MessageKind.PICKUP_POINT_CHANGED: _new_place,
    MessageKind.APPLICATION_DECIDED: _application,
}

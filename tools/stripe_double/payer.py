"""The payer's page behind a redirect: approve or decline, then back to the shop."""

import hmac
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tools.stripe_double import methods
from tools.stripe_double.double import Double
from tools.stripe_double.wire import Answer, Json, Refusal, Request

_FILES = Path(__file__).parent / "page"
_CSS = (_FILES / "pay.css").read_bytes()
_PAGE = Template((_FILES / "pay.html").read_text(encoding="utf-8"))
_ASK = Template((_FILES / "ask.html").read_text(encoding="utf-8"))
_CARD = Template((_FILES / "card.html").read_text(encoding="utf-8"))
_DONE = Template((_FILES / "done.html").read_text(encoding="utf-8"))

_WHOLE_UNITS = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"}
)
_SIGNS = {"cny": "¥", "jpy": "¥", "usd": "$", "hkd": "HK$", "sgd": "S$", "eur": "€", "gbp": "£"}
_METHODS = {
    "alipay": ("支付宝", "Alipay"),
    "wechat_pay": ("微信支付", "WeChat Pay"),
    "card": ("银行卡验证", "Card check"),
}
_STATUSES = {
    "canceled": ("已取消", "Canceled"),
    "processing": ("处理中", "Processing"),
    "requires_capture": ("已授权", "Authorised"),
    "succeeded": ("支付成功", "Paid"),
}
#: Test cards that the page for keeping a card offers.
_CHOICES = {
    "visa": ("付款成功", "pays at once"),
    "unionpay": ("付款成功", "pays at once"),
    "authenticationRequired": ("付款时需要验证", "asks when it pays"),
    "chargeDeclinedInsufficientFunds": ("余额不足，银行拒绝", "its bank declines"),
}
_SAFE = {
    # No form-action: browsers apply it to the redirect back to the shop as well.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def payer_answer(double: Double, request: Request) -> Answer:
    """Everything outside /v1 and /_double: the page, its style sheet, its two buttons."""
    steps = request.path.strip("/").split("/")
    if request.method == "GET" and steps == ["pay.css"]:
        return Answer(200, _CSS, {"Cache-Control": "max-age=3600"}, "text/css; charset=utf-8")
    if steps[0] == "card" and 2 <= len(steps) <= 3:
        return _card_answer(double, request, steps)
    if steps[0] != "pay" or not 2 <= len(steps) <= 3:
        raise Refusal(404, f"Unrecognized request URL ({request.method}: {request.path}).")
    secret = dict(request.pairs()).get("client_secret", "")
    kind = "setup_intent" if steps[1].startswith("seti_") else "payment_intent"
    intent = double.work().find(kind, steps[1])
    if intent is None or not hmac.compare_digest(intent["client_secret"].encode(), secret.encode()):
        raise Refusal(404, "This payment page does not exist.")
    if request.method == "GET" and len(steps) == 2:
        return _show(double, intent)
    if request.method == "POST" and steps[2:] in (["approve"], ["decline"]):
        done = double.act(steps[2] + ("_setup" if kind == "setup_intent" else ""), intent["id"])
        return _go_back(double, done, failed=steps[2] == "decline")
    raise Refusal(405, "Use the buttons of the page.")


def _show(double: Double, intent: Json) -> Answer:
    waiting = intent["status"] == "requires_action"
    method = double.work().find("payment_method", intent["payment_method"] or "")
    method_zh, method_en = _METHODS[method["type"] if method else "card"]
    back = _return_url(double, intent, failed=False)
    status_zh, status_en = _STATUSES.get(intent["status"], ("未支付", "Not paid"))
    inner = (_ASK if waiting else _DONE).substitute(
        ident=escape(intent["id"]),
        secret=escape(intent["client_secret"]),
        back=escape(back or ""),
        shown="" if back else "hidden",
        status_zh=status_zh,
        status_en=status_en,
    )
    page = _PAGE.substitute(
        amount=escape(money(intent["amount"], intent["currency"]) if "amount" in intent else "验证银行卡"),
        merchant=escape(double.merchant),
        text=escape(intent["description"] or intent["metadata"].get("order", "") or intent["id"]),
        method_zh=method_zh,
        method_en=method_en,
        inner=inner,
    )
    return Answer(200, page.encode(), _SAFE, "text/html; charset=utf-8")


def _card_answer(double: Double, request: Request, steps: list[str]) -> Answer:
    """The hosted page that asks for a card; its address is its secret."""
    session = double.work().find("checkout.session", steps[1])
    if session is None:
        raise Refusal(404, "This page does not exist.")
    if request.method == "GET" and len(steps) == 2:
        return _show_cards(double, session)
    if request.method != "POST" or steps[2:] != ["save"]:
        raise Refusal(405, "Use the buttons of the page.")
    try:
        done = double.enter_card(session["id"], dict(request.pairs()).get("card", ""))
    except Refusal as refusal:
        return _show_cards(double, session, refusal.message)
    return Answer(303, b"", {"Location": done["success_url"], "Cache-Control": "no-store"}, "text/plain")


def _show_cards(double: Double, session: Json, error: str = "") -> Answer:
    if session["status"] != "open":
        inner = _DONE.substitute(
            status_zh="已保存", status_en="Kept", back=escape(session["success_url"]), shown=""
        )  # fmt: skip
    else:
        told = f'<p class="error" role="alert">银行拒绝了这张卡。 <span lang="en">{escape(error)}</span></p>'
        rows = [
            f'<label><input type="radio" name="card" value="{name}" required{" checked" if name == "visa" else ""}>'
            f" {methods.CARDS[name].brand.title()} •••• {methods.CARDS[name].number[-4:]}"
            f' <small>{zh} <span lang="en">{en}</span></small></label>'
            for name, (zh, en) in _CHOICES.items()
        ]
        inner = _CARD.substitute(
            ident=escape(session["id"]), cards="\n".join(rows), cancel=escape(session["cancel_url"] or ""),
            shown="" if session["cancel_url"] else "hidden",
            error=told if error else "",
        )  # fmt: skip
    page = _PAGE.substitute(
        amount="保存银行卡", merchant=escape(double.merchant), text="以后付款不用再输入卡号 · for later payments",
        method_zh="银行卡", method_en="Keep a card", inner=inner,
    )  # fmt: skip
    return Answer(402 if error else 200, page.encode(), _SAFE, "text/html; charset=utf-8")


def _go_back(double: Double, intent: Json, *, failed: bool) -> Answer:
    back = _return_url(double, intent, failed=failed)
    if back is None:
        back = "?".join((f"/pay/{intent['id']}", urlencode({"client_secret": intent["client_secret"]})))
    return Answer(
        303, b"", {"Location": back, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}, "text/plain"
    )


def _return_url(double: Double, intent: Json, *, failed: bool) -> str | None:
    """The shop's address with Stripe's three parameters, or None when the shop gave none.

    A page that was answered before tells what the payment has become, not which button was pressed last.
    """
    visit = double.work().find("_visit", intent["id"])
    if visit is None or visit["return_url"] is None:
        return None
    lost = intent["status"] in {"requires_payment_method", "canceled"}
    parts = urlsplit(visit["return_url"])
    added = {
        "payment_intent": intent["id"],
        "payment_intent_client_secret": intent["client_secret"],
        "redirect_status": "failed" if lost or (failed and intent["status"] == "requires_action") else "succeeded",
    }
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *added.items()])
    return urlunsplit(parts._replace(query=query))


def money(amount: int, currency: str) -> str:
    """An amount in minor units as a person reads it, e.g. ¥12.30."""
    sign = _SIGNS.get(currency, currency.upper() + " ")
    return f"{sign}{amount:,}" if currency in _WHOLE_UNITS else f"{sign}{amount // 100:,}.{amount % 100:02}"

"""Statements on paper: a leader's week, and what passed between a hub and a supplier."""

from datetime import datetime, timedelta

from app.documents.layout import Cell, Column, Document, Fact, Note, Rate, Stamp, Table
from app.documents.words import Words, amount
from app.domains.communities.values.ground import Hub
from app.domains.statements.values import AccountLine, AccountSheet, WeekLine, WeekSheet
from app.kernel.money import format_cents


def stamp_of(hub: Hub, words: Words, span: str, at: datetime) -> Stamp:
    """The foot of a statement: its days stand where a round would."""
    return Stamp(hub=f"{hub.code} {words.tr(hub)}", round=span, printed=words.moment(at))


def leader_week(sheet: WeekSheet, hub: Hub, words: Words, at: datetime) -> Document:
    """A leader's week: both balances, what each kind of line came to, and every line."""
    _, money = words.gettext, f"{sheet.currency} %s"
    span = f"{words.day(sheet.week_on)} – {words.day(sheet.week_on + timedelta(days=6))}"
    number = sheet.card.no if sheet.card else f"{sheet.leader_code}-{sheet.week_on:%y%m%d}"
    return Document(
        title=_("Weekly statement"), name=sheet.leader_name, number=number, stamp=stamp_of(hub, words, span, at),
        qr=number,
        facts=(
            Fact(_("Week"), span), Fact(_("Opening balance"), money % _cents(sheet.opening_cents, sheet.currency)),
            Fact(_("Closing balance"), money % _cents(sheet.closing_cents, sheet.currency)),
            Fact(_("Effective rate"), f"{sheet.effective_bps / 100:.2f} %"),
            Fact(_("Net sales"), money % _cents(sheet.net_sales_cents, sheet.currency)),
        ),
        blocks=(_summary(sheet, words), _week_lines(sheet, words), *_running(sheet, words)),
        keys=(Fact(_("Statement"), number), Fact(_("Leader"), sheet.leader_name)),
    )  # fmt: skip


def _running(sheet: WeekSheet, words: Words) -> tuple[Note, ...]:
    """A week that is not over says so."""
    note = words.gettext("This week is not over yet: lines may still be added.")
    return () if sheet.card else (Note(note),)


def _summary(sheet: WeekSheet | AccountSheet, words: Words) -> Table:
    """From the opening to the closing balance, kind by kind."""
    _, currency = words.gettext, sheet.currency
    rows: list[tuple[Cell, ...]] = [(_("Opening balance"), amount(sheet.opening_cents, currency))]
    rows += [(words.head(kind), amount(cents, currency)) for kind, cents in sheet.sums.items()]
    columns = (Column(_("What"), 140), Column(currency, 42, is_number=True))
    total = (_("Closing balance"), amount(sheet.closing_cents, currency))
    return Table(heading=_("Summary"), columns=columns, rows=rows, totals=total)


def _week_lines(sheet: WeekSheet, words: Words) -> Table:
    _ = words.gettext
    columns = (
        Column(_("Time"), 34), Column(_("What"), 28), Column(_("Order or withdrawal"), 40), Column(_("Goods"), 40),
        Column(_("Net sales"), 22, is_number=True), Column(_("Rate"), 14, is_number=True),
        Column(sheet.currency, 24, is_number=True),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (
            words.moment(line.at), words.head(line.kind), line.order_no or line.payout_no or "", _about(line, words),
            amount(line.net_cents, sheet.currency) if line.net_cents else None,
            Rate(line.commission_bps) if line.commission_bps is not None else None,
            amount(line.amount_cents, sheet.currency),
        )
        for line in sheet.lines
    ]  # fmt: skip
    total = (_("In all"), *(None,) * 3, amount(sheet.net_sales_cents, sheet.currency), None,
             amount(sheet.closing_cents - sheet.opening_cents, sheet.currency))  # fmt: skip
    return Table(heading=_("Line by line"), columns=columns, rows=rows, totals=total)


def _about(line: WeekLine, words: Words) -> str:
    """The goods, and of what was taken back why and whose fault."""
    parts = [words.tr(line, "sku_name")] if line.sku_name else []
    parts += [words.name(line.claim_kind)] if line.claim_kind else []
    parts += [words.gettext("fault: %(whose)s", whose=words.name(line.fault))] if line.fault else []
    return " · ".join([*parts, *([line.reason] if line.reason else [])])


def account(sheet: AccountSheet, hub: Hub, words: Words, at: datetime) -> Document:
    """What passed between a hub and a supplier over some days, and when what is open falls due."""
    _, money = words.gettext, f"{sheet.currency} %s"
    span = f"{words.day(sheet.first)} – {words.day(sheet.last)}"
    number = f"{sheet.owner_code}-{hub.code}-{sheet.first:%y%m%d}-{sheet.last:%y%m%d}"
    return Document(
        title=_("Statement of account"), name=words.tr(sheet, "owner_name"), number=number,
        stamp=stamp_of(hub, words, span, at), qr=number,
        facts=(
            Fact(_("Days"), span), Fact(_("Opening balance"), money % _cents(sheet.opening_cents, sheet.currency)),
            Fact(_("Closing balance"), money % _cents(sheet.closing_cents, sheet.currency)),
            Fact(_("Hub"), f"{hub.code} {words.tr(hub)}"),
        ),
        blocks=(_summary(sheet, words), *_dues(sheet, words), _account_lines(sheet, words)),
        keys=(Fact(_("Statement"), number), Fact(_("Name"), words.tr(sheet, "owner_name"))),
    )  # fmt: skip


def _dues(sheet: AccountSheet, words: Words) -> tuple[Table, ...]:
    _ = words.gettext
    if not sheet.due:
        return ()
    columns = (Column(_("Due on"), 100), Column("", 40), Column(sheet.currency, 42, is_number=True))
    rows: list[tuple[Cell, ...]] = [
        (words.day(one.due_on), _("overdue") if one.is_overdue else "", amount(one.open_cents, sheet.currency))
        for one in sheet.due
    ]
    total = (_("Open now"), None, amount(sum(one.open_cents for one in sheet.due), sheet.currency))
    return (Table(heading=_("When it is due"), columns=columns, rows=rows, totals=total),)


def _account_lines(sheet: AccountSheet, words: Words) -> Table:
    _ = words.gettext
    columns = (
        Column(_("Time"), 34), Column(_("What"), 26), Column(_("Belongs to"), 38), Column(_("Goods"), 42),
        Column(_("Pieces"), 16, is_number=True), Column(_("Due on"), 26), Column(sheet.currency, 24, is_number=True),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (words.moment(line.at), words.head(line.kind), line.about, _goods(line, words), line.qty,
         f"{line.due_on:%Y-%m-%d}" if line.due_on else None, amount(line.amount_cents, sheet.currency))
        for line in sheet.lines
    ]  # fmt: skip
    total = (_("In all"), *(None,) * 5, amount(sheet.closing_cents - sheet.opening_cents, sheet.currency))
    return Table(heading=_("Line by line"), columns=columns, rows=rows, totals=total)


def _goods(line: AccountLine, words: Words) -> str:
    return " · ".join(part for part in (words.tr(line, "sku_name"), line.reason) if part)


def _cents(cents: int, currency: str) -> str:
    return f"{amount(cents, currency):,}" if cents else format_cents(0, currency)

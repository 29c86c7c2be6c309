"""Paying by a file that somebody brings to the bank: sending means waiting for the next file, the bank answers by one.

The columns are those of the bank's template for transfers to many accounts; so are those of its answer. Cells that a
spreadsheet would run are written with a leading apostrophe (`app.infra.tables`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.domains.payouts import queries
from app.domains.payouts.values import Order, PayoutStatus, ResultLine, WayState
from app.infra.tables import Columns, Line, RowError, RowErrors, read_table, write_csv
from app.infra.uow import Run
from app.kernel.money import format_cents
from app.kernel.reasons import Reason

#: Number, account holder, account number, bank, amount, currency, purpose.
COLUMNS = ("付款编号", "收款户名", "收款账号", "开户行", "金额", "币种", "用途")
#: Number, result (成功 or 失败), reason, the bank's own number.
ANSWER = Columns(needed=("付款编号", "结果"), optional=("原因", "银行流水号", *COLUMNS[1:]))
PAID, FAILED = "成功", "失败"
PURPOSE = "邻里结算"
TOTAL = "合计"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """One transfer of a file."""

    no: str
    holder: str
    account_no: str
    bank_name: str
    amount_cents: int
    currency: str


class BankFile:
    """Pays through files; `read` runs a query of the room."""

    def __init__(self, read: Run) -> None:
        self._read = read

    def send(self, order: Order) -> WayState:
        """Wait for the next file; repeating it waits in the same place."""
        return self.look_up(order)

    def look_up(self, order: Order) -> WayState:
        """What the bank's answer says, PAYING before there is one."""
        answer = self._read(queries.answer_of, order.payout_id)
        if answer is None:
            return WayState(status=PayoutStatus.PAYING)
        return WayState(status=answer.status, ref=answer.bank_ref or None, reason=answer.reason)


def write(lines: Iterable[FileLine]) -> bytes:
    """The file: one row for each transfer, then their number and sum."""
    found = list(lines)
    rows: list[Mapping[str, object]] = [
        dict(
            zip(
                COLUMNS,
                (line.no, line.holder, line.account_no, line.bank_name,
                 format_cents(line.amount_cents, line.currency), line.currency, PURPOSE),
                strict=True,
            )
        )
        for line in found
    ]  # fmt: skip
    total = sum(line.amount_cents for line in found)
    foot = (TOTAL, "", str(len(found)), "", format_cents(total, found[0].currency), found[0].currency, "")
    return write_csv(COLUMNS, [*rows, dict(zip(COLUMNS, foot, strict=True))])


def read_answer(name: str, content: bytes) -> list[ResultLine]:
    """The bank's answer, its foot left out. Raises RowErrors: wrong columns, words, doubled numbers."""
    lines = [line for line in read_table(name, content, ANSWER) if line.cells.get("付款编号") != TOTAL]
    faults = [fault for line in lines for fault in line.faults] + _faults(lines)
    if faults:
        raise RowErrors(errors=faults)
    return [
        ResultLine(
            row=line.row, payout_no=line.cells["付款编号"], is_paid=line.cells["结果"] == PAID,
            reason=line.cells.get("原因", "")[:200], bank_ref=line.cells.get("银行流水号", "")[:60],
        )
        for line in lines
    ]  # fmt: skip


def _faults(lines: Sequence[Line]) -> list[RowError]:
    found, seen = [], set[str]()
    for line in (one for one in lines if one.cells):
        no, result = line.cells.get("付款编号", ""), line.cells.get("结果", "")
        if result not in {PAID, FAILED}:
            found.append(RowError(line.row, "结果", Reason.NOT_ONE_OF, result))
        elif result == FAILED and not line.cells.get("原因"):
            found.append(RowError(line.row, "原因", Reason.MISSING, ""))
        if no in seen:
            found.append(RowError(line.row, "付款编号", Reason.TWICE, no))
        seen.add(no)
    return found

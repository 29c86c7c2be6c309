"""The chart of accounts: what every account means, in both languages; the one home of these words."""

from dataclasses import dataclass
from enum import StrEnum

from app.domains.ledger.values import LedgerAccount


class AccountType(StrEnum):
    """Where an account stands in the books."""

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"


class OwnerKind(StrEnum):
    """Whose sub-account a posting's owner names; an account of NONE has no owners."""

    NONE = "none"
    RESIDENT = "resident"
    LEADER = "leader"
    SUPPLIER = "supplier"
    HUB = "hub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account. `is_debit` says on which side it grows: assets and expenses +1, liabilities and income -1."""

    code: LedgerAccount
    kind: AccountType
    owner: OwnerKind
    name: str
    name_en: str
    meaning: str
    meaning_en: str
    #: Against its kind's side: a deduction from income grows by debits.
    is_contra: bool = False

    @property
    def is_debit(self) -> bool:
        """Whether debits (positive amounts) make the account grow."""
        return (self.kind in (AccountType.ASSET, AccountType.EXPENSE)) != self.is_contra


A, T, O = LedgerAccount, AccountType, OwnerKind  # noqa: E741  a table reads better with short heads


def _account(
    code: LedgerAccount, kind: AccountType, owner: OwnerKind, name: tuple[str, str], meaning: tuple[str, str],
    is_contra: bool = False,
) -> Account:  # fmt: skip
    return Account(
        code=code, kind=kind, owner=owner, name=name[0], name_en=name[1], meaning=meaning[0], meaning_en=meaning[1],
        is_contra=is_contra,
    )  # fmt: skip


_ROWS = (
    _account(A.PROVIDER_CLEARING, T.ASSET, O.NONE, ("支付机构待结算", "Held by the payment provider"),
             ("支付机构替我们收下、尚未转入银行的钱", "Money the provider holds for us until it pays it out")),
    _account(A.BANK, T.ASSET, O.NONE, ("银行存款", "Bank"),
             ("我们自己的银行账户", "Our own bank account")),
    _account(A.LEADER_CASH, T.ASSET, O.LEADER, ("团长代收现金", "Cash with leaders"),
             ("团长在自提时代收、尚未上交的现金", "Cash that a leader took at pickups and has not handed in")),
    _account(A.RESIDENT_BALANCE, T.LIABILITY, O.RESIDENT, ("居民余额", "Residents' balances"),
             ("居民存在平台、可用于下单的钱", "What residents may still spend with us")),
    _account(A.DEFERRED_SALES, T.LIABILITY, O.NONE, ("已付款未取货", "Paid, not handed out yet"),
             ("居民已付款、货还没取走", "Paid by residents for goods that are not handed out yet")),
    _account(A.LEADER_FROZEN, T.LIABILITY, O.LEADER, ("团长佣金（冻结）", "Leaders' commission, frozen"),
             ("已赚到、售后期未过的佣金", "Commission earned whose claim window is still open")),
    _account(A.LEADER_PAYABLE, T.LIABILITY, O.LEADER, ("团长佣金（可提现）", "Leaders' commission, available"),
             ("可以提现、尚未提走的佣金", "Commission a leader may withdraw and has not")),
    _account(A.PAYOUT_TRANSIT, T.LIABILITY, O.LEADER, ("提现途中", "Payouts on their way"),
             ("已申请提现、还没到账的钱", "Withdrawals asked for that have not arrived")),
    _account(A.SUPPLIER_PAYABLE, T.LIABILITY, O.SUPPLIER, ("应付供应商", "Owed to suppliers"),
             ("已收货、未付款的货款", "Goods received and not paid")),
    _account(A.HUB_PAYABLE, T.LIABILITY, O.HUB, ("应付网格仓", "Owed to hubs"),
             ("应付网格仓的分拣与配送费用", "What a hub gets for sorting and delivery and has not been paid")),
    _account(A.TAX, T.LIABILITY, O.NONE, ("应交税费", "Tax"),
             ("已计提或代扣、尚未上缴的税", "Tax that is due or withheld and not paid over")),
    _account(A.SALES, T.INCOME, O.NONE, ("销售收入", "Sales"),
             ("已取走的货的价款", "The price of goods handed out")),
    _account(A.REFUNDS, T.INCOME, O.NONE, ("取货后退款", "Refunds after pickup"),
             ("货取走以后退回的钱，冲减收入", "Given back after the goods were handed out; lowers income"), True),
    _account(A.PROMOTIONS, T.INCOME, O.NONE, ("优惠与赠送", "Promotions"),
             ("平台承担的优惠券与赠送，冲减收入", "Coupons and gifts that we bear; lowers income"), True),
    _account(A.OTHER_INCOME, T.INCOME, O.NONE, ("其他收入", "Other income"),
             ("提现手续费等货款以外的收入", "Fees for withdrawals and other income beside goods")),
    _account(A.GOODS, T.EXPENSE, O.NONE, ("进货成本", "Cost of goods"),
             ("收到的货按采购价计的成本", "Goods received, at what they cost us")),
    _account(A.COMMISSION, T.EXPENSE, O.LEADER, ("佣金支出", "Commission"),
             ("团长赚到的佣金", "Commission that leaders earned")),
    _account(A.HUB_COST, T.EXPENSE, O.HUB, ("网格仓费用", "Hub cost"),
             ("分拣、场地与人工", "Sorting, space and hands")),
    _account(A.DELIVERY_COST, T.EXPENSE, O.HUB, ("配送费用", "Delivery cost"),
             ("每趟线路的费用，团期结算时按实际行驶记账",
              "The cost of each tour as it was driven, booked when the round is settled")),
    _account(A.HUB_LOSS, T.EXPENSE, O.HUB, ("网格仓损耗", "Losses of hubs"),
             ("由网格仓承担的损坏、丢失与盘亏", "Damage, loss and missing stock that a hub answers for")),
    _account(A.LOSS, T.EXPENSE, O.NONE, ("平台损失", "Loss"),
             ("没有责任方、由平台承担的损失", "Losses that nobody else bears")),
    _account(A.FEES, T.EXPENSE, O.NONE, ("支付手续费", "Payment fees"),
             ("支付机构扣下的手续费", "What the payment provider keeps for itself")),
)  # fmt: skip
#: Every account once, in the order of a balance sheet.
CHART: dict[LedgerAccount, Account] = {account.code: account for account in _ROWS}

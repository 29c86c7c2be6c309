"""The chart of accounts: every account once, with words in both languages and a side on which it grows."""

from app.domains.ledger.values import LedgerAccount
from app.domains.ledger.values.chart import CHART, AccountType, OwnerKind


def test_every_account_has_its_meaning_once() -> None:
    assert set(CHART) == set(LedgerAccount)
    assert len(CHART) == len(LedgerAccount) == 22
    for account in CHART.values():
        assert all((account.name, account.name_en, account.meaning, account.meaning_en))
        assert account.name_en.isascii()
        assert not account.name.isascii()
    assert len({account.name for account in CHART.values()}) == len({a.name_en for a in CHART.values()}) == len(CHART)


def test_sides_and_owners() -> None:
    grows_by_debit = {account.code.value for account in CHART.values() if account.is_debit}
    assert grows_by_debit == {
        "provider_clearing", "bank", "leader_cash",  # assets
        "refunds", "promotions",  # lower income
        "goods", "commission", "hub_cost", "delivery_cost", "hub_loss", "loss", "fees",  # expenses
    }  # fmt: skip
    assert [a.code.value for a in CHART.values() if a.is_contra] == ["refunds", "promotions"]
    assert all(CHART[a].kind is AccountType.INCOME for a in CHART if CHART[a].is_contra)
    owned = {
        account.code.value: account.owner.value for account in CHART.values() if account.owner is not OwnerKind.NONE
    }
    assert owned == {
        "leader_cash": "leader", "resident_balance": "resident", "leader_frozen": "leader", "leader_payable": "leader",
        "payout_transit": "leader", "supplier_payable": "supplier", "hub_payable": "hub", "commission": "leader",
        "hub_cost": "hub", "delivery_cost": "hub", "hub_loss": "hub",
    }  # fmt: skip

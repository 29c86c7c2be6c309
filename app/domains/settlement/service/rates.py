"""Commission rates: a new version is announced before it holds, and every leader is told."""

from dataclasses import asdict
from typing import Any

from app.domains.catalogue import queries as catalogue
from app.domains.settlement import rules
from app.domains.settlement.events import RatesAnnounced
from app.domains.settlement.models import RateRuleRow, RateVersion
from app.domains.settlement.queries import rates as queries
from app.domains.settlement.values.rates import AnnounceRates, RateRule
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid
from app.kernel.ids import new_id


def announce(uow: UnitOfWork, wish: AnnounceRates) -> int:
    """Announce the next version of rates; returns its number.

    It holds for orders from its first moment on, a week ahead at the earliest; lines that were ordered before keep
    theirs. Of versions that hold, the one that began last counts. Raises Invalid.
    """
    uow.require(Permission.SETTLEMENT_SET_RATES)
    rules.check_rates(wish, uow.now)
    known = {row.id for row in catalogue.categories(uow.session)}
    if any(rule.category_id not in known for rule in wish.rules if rule.category_id):
        raise Invalid(field="rules", reason="names a category that there is not")
    uow.lock("commission rates")
    version_id, version = new_id(), queries.next_version(uow.session)
    uow.session.add(
        RateVersion(id=version_id, version=version, valid_from=wish.valid_from, min_line_cents=wish.min_line_cents,
                    note=wish.note.strip(), announced_at=uow.now, announced_by=uow.actor.name)
    )  # fmt: skip
    uow.session.flush()
    uow.session.add_all([RateRuleRow(version_id=version_id, **asdict(rule)) for rule in wish.rules])
    after = {
        "version": version, "valid_from": wish.valid_from.isoformat(), "min_line_cents": wish.min_line_cents,
        "rules": [_json(rule) for rule in wish.rules],
    }  # fmt: skip
    uow.audit("settlement.announce_rates", version_id, None, after)
    uow.emit(RatesAnnounced(version_id, version, wish.valid_from, wish.note.strip()))
    return version


def _json(rule: RateRule) -> dict[str, Any]:
    return {
        "category": str(rule.category_id) if rule.category_id else None,
        "tier": rule.tier.value if rule.tier else None,
        "leader_kind": rule.leader_kind.value if rule.leader_kind else None, "rate_bps": rule.rate_bps,
    }  # fmt: skip

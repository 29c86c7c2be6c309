"""Reads of commission rates: versions, the rate of a line at order time, and what lines would earn under others."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Uuid

from app.domains.appraisal import queries as appraisal
from app.domains.communities.values import LeaderKind
from app.domains.scoring.values import Tier
from app.domains.settlement.models import CommissionEntry, RateRuleRow, RateVersion
from app.domains.settlement.values.rates import Frozen, LineRate, RateRule, RateTrial, RateVersionCard, TrialRow
from app.kernel.errors import NotFound

#: Of the rules that fit, one that names the category counts before one that names the tier, that before the kind.
_LINE_RATES = text(
    """
    WITH v AS (
      SELECT id, min_line_cents FROM settlement_rate_version WHERE valid_from <= :at
      ORDER BY valid_from DESC, version DESC LIMIT 1
    ),
    who AS (
      SELECT l.kind, (SELECT t.tier FROM appraisal_tier t WHERE t.leader_id = l.id AND t.from_at <= :at
                      ORDER BY t.from_at DESC LIMIT 1) AS tier
      FROM communities_leader l WHERE l.id = :leader_id
    )
    SELECT k.id AS sku_id, coalesce(v.min_line_cents, 0) AS min_cents, c.tax_bps, (
      SELECT r.rate_bps FROM settlement_rate_rule r
      WHERE r.version_id = v.id AND (r.category_id IS NULL OR r.category_id = k.category_id)
        AND (r.tier IS NULL OR r.tier = who.tier) AND (r.leader_kind IS NULL OR r.leader_kind = who.kind)
      ORDER BY r.category_id IS NOT NULL DESC, r.tier IS NOT NULL DESC, r.leader_kind IS NOT NULL DESC LIMIT 1
    ) AS rate_bps
    FROM catalogue_sku k JOIN catalogue_category c ON c.id = k.category_id
    CROSS JOIN who LEFT JOIN v ON true WHERE k.id = ANY(:sku_ids)
    """
).bindparams(bindparam("sku_ids", type_=ARRAY(Uuid())))
#: f(net) of each line that was handed out, at the rule that fits or else at the rate that the line has kept.
_TRIAL = text(
    """
    WITH line AS (
      SELECT order_line_id, leader_id, sum(amount_cents) AS earned, sum(net_cents)::bigint AS net
      FROM settlement_commission_entry
      WHERE at >= :since AND at < :until AND (CAST(:leader_id AS uuid) IS NULL OR leader_id = :leader_id)
      GROUP BY 1, 2 HAVING sum(net_cents) > 0
    ),
    who AS (
      SELECT l.id, coalesce(CAST(:kind AS varchar), l.kind) AS kind, coalesce(CAST(:tier AS varchar), (
        SELECT t.tier FROM appraisal_tier t WHERE t.leader_id = l.id AND t.from_at < :until
        ORDER BY t.from_at DESC LIMIT 1)) AS tier
      FROM communities_leader l WHERE l.id IN (SELECT leader_id FROM line)
    ),
    rule AS (
      SELECT * FROM unnest(CAST(:categories AS uuid[]), CAST(:tiers AS varchar[]), CAST(:kinds AS varchar[]),
                           CAST(:rates AS integer[])) AS r (category_id, tier, leader_kind, rate_bps)
    )
    SELECT line.leader_id, k.category_id, count(*) AS lines, sum(line.net)::bigint AS net_cents,
      sum(line.earned)::bigint AS earned_cents,
      sum(least(line.net, greatest(:min_cents, (line.net * coalesce(fit.rate_bps, o.commission_bps) + 5000) / 10000)
        ))::bigint AS would_cents
    FROM line JOIN who ON who.id = line.leader_id JOIN orders_line o ON o.id = line.order_line_id
    JOIN catalogue_sku k ON k.id = o.sku_id
    LEFT JOIN LATERAL (
      SELECT r.rate_bps FROM rule r
      WHERE (r.category_id IS NULL OR r.category_id = k.category_id) AND (r.tier IS NULL OR r.tier = who.tier)
        AND (r.leader_kind IS NULL OR r.leader_kind = who.kind)
      ORDER BY r.category_id IS NOT NULL DESC, r.tier IS NOT NULL DESC, r.leader_kind IS NOT NULL DESC LIMIT 1
    ) AS fit ON true
    GROUP BY 1, 2 ORDER BY 1, 2
    """
)


def line_rates(session: Session, leader_id: UUID, sku_ids: Collection[UUID], at: datetime) -> dict[UUID, LineRate]:
    """Rate and least commission of goods that a leader's residents order at `at`, and their tax, in one statement.

    A rate of None means that no rule fits or no version holds, so the offer's own counts.
    """
    rows = session.execute(_LINE_RATES, {"at": at, "leader_id": leader_id, "sku_ids": list(sku_ids)})
    return {row.sku_id: LineRate(rate_bps=row.rate_bps, min_cents=row.min_cents, tax_bps=row.tax_bps) for row in rows}


def versions(session: Session, limit: int = 20) -> list[RateVersionCard]:
    """Versions of rates with their rules, newest first; two statements."""
    found = session.scalars(select(RateVersion).order_by(RateVersion.version.desc()).limit(limit)).all()
    rules: dict[UUID, list[RateRule]] = {}
    wanted = select(RateRuleRow).where(RateRuleRow.version_id.in_([one.id for one in found])).order_by(RateRuleRow.id)
    for row in session.scalars(wanted):
        rule = RateRule(category_id=row.category_id, tier=row.tier, leader_kind=row.leader_kind, rate_bps=row.rate_bps)
        rules.setdefault(row.version_id, []).append(rule)
    return [
        RateVersionCard(
            id=row.id, version=row.version, valid_from=row.valid_from, min_line_cents=row.min_line_cents,
            note=row.note, announced_at=row.announced_at, announced_by=row.announced_by,
            rules=tuple(rules.get(row.id, ())),
        )
        for row in found
    ]  # fmt: skip


def version_at(session: Session, at: datetime) -> RateVersionCard | None:
    """The version that holds at an instant; None while offers' own rates count."""
    holding = [card for card in versions(session, 200) if card.valid_from <= at]
    return max(holding, key=lambda card: (card.valid_from, card.version), default=None)


def get_version(session: Session, version: int) -> RateVersionCard:
    """One version by its number; raises NotFound."""
    found = next((card for card in versions(session, 200) if card.version == version), None)
    if found is None:
        raise NotFound("rate_version")
    return found


def next_version(session: Session) -> int:
    """The number of the version that is announced next."""
    return (session.scalar(select(func.max(RateVersion.version))) or 0) + 1


def trial(session: Session, asked: RateTrial) -> list[TrialRow]:
    """What lines handed out in a period earned, and would have earned under other rules, by leader and category.

    A line that no rule fits keeps its own rate. Works on entries; nothing is written.
    """
    rules = asked.rules
    rows = session.execute(
        _TRIAL,
        {
            "since": asked.since, "until": asked.until, "leader_id": asked.leader_id, "min_cents": asked.min_cents,
            "kind": asked.kind.value if asked.kind else None, "tier": asked.tier.value if asked.tier else None,
            "categories": [rule.category_id for rule in rules],
            "tiers": [rule.tier.value if rule.tier else None for rule in rules],
            "kinds": [rule.leader_kind.value if rule.leader_kind else None for rule in rules],
            "rates": [rule.rate_bps for rule in rules],
        },
    )  # fmt: skip
    return [TrialRow(**row) for row in rows.mappings()]


def standing(session: Session, leader_id: UUID, kind: LeaderKind, at: datetime) -> tuple[LeaderKind, Tier | None]:
    """By what a leader's rates are looked up at an instant: her kind, and the tier that her appraisal gave her."""
    return kind, appraisal.standing_tier(session, leader_id, at)


def frozen(session: Session, leader_id: UUID) -> list[Frozen]:
    """A leader's commission whose claim windows are open, by currency, and when the next of it may be paid out."""
    amount: Any = func.sum(CommissionEntry.amount_cents)
    rows = session.execute(
        select(CommissionEntry.currency, amount.label("amount"), func.min(CommissionEntry.frozen_until).label("next"))
        .where(CommissionEntry.leader_id == leader_id, CommissionEntry.released_at.is_(None))
        .group_by(CommissionEntry.currency)
        .order_by(CommissionEntry.currency)
    )
    return [Frozen(currency=row.currency, amount_cents=int(row.amount), next_at=row.next) for row in rows]

"""JSON shapes of a leader's scorecard. Points are in hundredths, rates in ten-thousandths."""

from marshmallow import fields

from app.api.schemas.base import Out
from app.domains.scoring.values import Measure, Tier


class PartOut(Out):
    measure = fields.Enum(Measure, by_value=True)
    points_max = fields.Integer()
    points_centi = fields.Integer()
    numerator = fields.Integer()
    denominator = fields.Integer()
    rate_bps = fields.Integer()
    shrunk_bps = fields.Integer()
    target_bps = fields.Integer()


class ScorecardOut(Out):
    id = fields.UUID()
    period_from = fields.Date()
    period_to = fields.Date()
    policy_version = fields.Integer()
    total_centi = fields.Integer()
    tier = fields.Enum(Tier, by_value=True)
    rank = fields.Integer()
    of = fields.Integer(metadata={"description": "Leaders in this comparison"})
    parts = fields.List(fields.Nested(PartOut))

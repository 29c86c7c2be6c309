"""JSON shapes of a leader's scorecard. Points are in hundredths, rates in ten-thousandths."""

from marshmallow import fields

from app.api.schemas.base import Out
from app.domains.scoring.values import Measure, Stage, Tier


class PartOut(Out):
    measure = fields.Enum(Measure, by_value=True)
    points_max = fields.Integer()
    points_centi = fields.Integer()
    numerator = fields.Integer()
    denominator = fields.Integer()
    rate_bps = fields.Integer()
    shrunk_bps = fields.Integer()
    target_bps = fields.Integer()
    usual_centi = fields.Integer(metadata={"description": "What the peers' rate would have earned"})
    step = fields.Integer(metadata={"description": "A realistic step: more (or fewer) of the numerator"})
    step_centi = fields.Integer(metadata={"description": "What that step would earn"})


class ScorecardOut(Out):
    id = fields.UUID()
    period_from = fields.Date()
    period_to = fields.Date()
    policy_version = fields.Integer()
    total_centi = fields.Integer()
    tier = fields.Enum(Tier, by_value=True)
    stage = fields.Enum(Stage, by_value=True)
    is_held_back = fields.Boolean(metadata={"description": "A floor holds her at bronze"})
    rank = fields.Integer()
    of = fields.Integer(metadata={"description": "Leaders in this comparison"})
    parts = fields.List(fields.Nested(PartOut))

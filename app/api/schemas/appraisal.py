"""JSON shapes of a leader's appraisal. Points are in hundredths, rates in ten-thousandths."""

from marshmallow import fields, validate

from app.api.schemas.aftersales import photo_keys
from app.api.schemas.base import In, Moment, Out, Text
from app.domains.appraisal.rules import MAX_TEXT
from app.domains.appraisal.values import AppealStatus, ConsequenceKind, CycleStage, TargetState, Why
from app.domains.scoring.values import Measure, Tier


class CycleOut(Out):
    id = fields.UUID()
    no = fields.Integer()
    first_on = fields.Date()
    last_on = fields.Date(metadata={"description": "The last pickup day that is judged"})
    stage = fields.Enum(CycleStage, by_value=True)
    note = fields.String()
    policy_version = fields.Integer()
    appeals_until = Moment(allow_none=True, metadata={"description": "null before the scores are told"})
    final_at = Moment(allow_none=True)
    closed_at = Moment(allow_none=True)


class SeatOut(Out):
    id = fields.UUID()
    target_state = fields.Enum(TargetState, by_value=True)
    answer = fields.String(metadata={"description": "What she said to her targets"})
    reply = fields.String(metadata={"description": "What headquarters replied"})
    provisional_centi = fields.Integer(allow_none=True)
    provisional_tier = fields.Enum(Tier, by_value=True, allow_none=True)
    final_centi = fields.Integer(allow_none=True)
    final_tier = fields.Enum(Tier, by_value=True, allow_none=True)
    unjudged = fields.List(
        fields.Enum(Why, by_value=True), metadata={"description": "Why nobody judges her; else empty"}
    )
    targets_reached = fields.Integer(allow_none=True)
    targets_of = fields.Integer(allow_none=True)


class TargetOut(Out):
    measure = fields.Enum(Measure, by_value=True)
    target_bps = fields.Integer()
    own_bps = fields.Integer(allow_none=True, metadata={"description": "What she reached before"})
    peers_bps = fields.Integer(allow_none=True, metadata={"description": "The median of leaders like her"})
    higher_is_better = fields.Boolean()


class AppealOut(Out):
    id = fields.UUID()
    text = fields.String()
    photos = fields.List(fields.String())
    status = fields.Enum(AppealStatus, by_value=True)
    filed_at = Moment()
    due_at = Moment(metadata={"description": "Headquarters answers until then"})
    answer = fields.String()
    answered_at = Moment(allow_none=True)


class DecidedOut(Out):
    kind = fields.Enum(ConsequenceKind, by_value=True)
    tier = fields.Enum(Tier, by_value=True, allow_none=True)
    from_at = Moment(allow_none=True, metadata={"description": "From when commission follows the tier"})
    note = fields.String()
    decided_at = Moment(allow_none=True)


class AppraisalOut(Out):
    cycle = fields.Nested(CycleOut)
    seat = fields.Nested(SeatOut)
    targets = fields.List(fields.Nested(TargetOut))
    appeal = fields.Nested(AppealOut, allow_none=True)
    decided = fields.List(fields.Nested(DecidedOut), metadata={"description": "What followed from the final score"})


class TargetsIn(In):
    verdict = fields.String(
        required=True, validate=validate.OneOf(["accept", "answer"]),
        metadata={"description": "answer: say in `text` why they do not fit"},
    )  # fmt: skip
    text = Text(MAX_TEXT, load_default="")


class AppealIn(In):
    text = Text(MAX_TEXT, required=True)
    photos = photo_keys()

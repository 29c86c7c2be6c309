"""JSON shapes of ratings and of a leader's public record."""

from marshmallow import fields, validate

from app.api.schemas.base import In, Moment, Out, Text, Whole
from app.domains.certificates.values import CertificateKind
from app.domains.ratings.rules import MAX_TEXT, MOST_STARS
from app.domains.ratings.values import Tag


class RatingIn(In):
    leader_stars = Whole(1, MOST_STARS, required=True)
    goods_stars = Whole(1, MOST_STARS, required=True)
    tags = fields.List(fields.Enum(Tag, by_value=True), validate=validate.Length(max=len(Tag)), load_default=list)
    text = Text(MAX_TEXT, load_default="")


class RatingOut(Out):
    id = fields.UUID()
    order_id = fields.UUID()
    order_no = fields.String()
    leader_id = fields.UUID()
    leader_stars = fields.Integer()
    goods_stars = fields.Integer()
    tags = fields.List(fields.Enum(Tag, by_value=True))
    text = fields.String()
    given_at = Moment()
    changed_at = Moment(allow_none=True)
    answer = fields.String(metadata={"description": "The leader's, or empty"})
    answered_at = Moment(allow_none=True)
    hidden_at = Moment(allow_none=True, metadata={"description": "When HQ hid the words; the stars count"})


class PublicRatingOut(Out):
    id = fields.UUID()
    initial = fields.String(metadata={"description": "One letter of the resident's name"})
    pickup_on = fields.Date()
    leader_stars = fields.Integer()
    goods_stars = fields.Integer()
    tags = fields.List(fields.Enum(Tag, by_value=True))
    text = fields.String(metadata={"description": "Empty when HQ hid the words"})
    answer = fields.String()


class ShownCertificateOut(Out):
    kind = fields.Enum(CertificateKind, by_value=True)
    valid_until = fields.Date()


class ServiceRecordOut(Out):
    leader_id = fields.UUID()
    leader_name = fields.String()
    neighbourhood_name = fields.String(allow_none=True)
    neighbourhood_name_en = fields.String(allow_none=True)
    pickup_point_name = fields.String()
    months = fields.Integer(allow_none=True, metadata={"description": "Whole months of service"})
    pieces = fields.Integer(metadata={"description": "Pieces handed out in all"})
    on_time_bps = fields.Integer(allow_none=True, metadata={"description": "null below five handovers in half a year"})
    ratings = fields.Integer(metadata={"description": "Ratings in half a year"})
    average_tenths = fields.Integer(allow_none=True, metadata={"description": "Tenths of a star; null below five"})
    certificates = fields.List(
        fields.Nested(ShownCertificateOut), metadata={"description": "Valid papers that headquarters confirmed"}
    )

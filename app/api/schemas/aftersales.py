"""JSON shapes of claims."""

from marshmallow import fields, validate

from app.api.schemas.base import Id, In, Moment, Out, PageIn, Shaped, Text, Whole
from app.domains.aftersales.rules import MAX_PHOTOS
from app.domains.aftersales.values import ClaimFault, ClaimKind, ClaimStatus, NoteKind
from app.domains.orders.rules import MAX_QTY

PHOTO = r"^[0-9a-f]{64}\.jpg$"


def photo_keys() -> fields.List[str]:
    """Keys of photos that were sent before, a few at most."""
    one = fields.String(validate=Shaped(PHOTO))
    return fields.List(one, validate=validate.Length(max=MAX_PHOTOS), load_default=list)


class ClaimIn(In):
    order_line_id = Id(required=True)
    kind = fields.Enum(ClaimKind, by_value=True, required=True)
    qty = Whole(1, MAX_QTY, required=True)
    text = Text(500, 1, required=True)
    photos = photo_keys()


class MessageIn(In):
    text = Text(500, load_default="")
    photos = photo_keys()


class PhotoOut(Out):
    key = fields.String(metadata={"description": "Names the photo in a claim or a message"})


class LeaderClaimsIn(PageIn):
    status = fields.Enum(ClaimStatus, by_value=True, load_default=None)


class ClaimsIn(PageIn):
    order_id = Id(load_default=None)


class ClaimOut(Out):
    id = fields.UUID()
    order_id = fields.UUID()
    order_no = fields.String()
    order_line_id = fields.UUID()
    sku_id = fields.UUID()
    sku_name = fields.String()
    sku_name_en = fields.String()
    kind = fields.Enum(ClaimKind, by_value=True)
    qty = fields.Integer()
    text = fields.String()
    status = fields.Enum(ClaimStatus, by_value=True)
    claimed_cents = fields.Integer(metadata={"description": "What a full refund of these pieces would be"})
    refunded_cents = fields.Integer()
    reason = fields.String(metadata={"description": "What HQ says to its decision"})
    filed_at = Moment()
    due_at = Moment(metadata={"description": "HQ decides until then"})
    decided_at = Moment(allow_none=True)
    evidence_due_at = Moment(metadata={"description": "The leader may tell her side until then"})
    is_automatic = fields.Boolean(metadata={"description": "Approved at once by the rules for small claims"})


class NoteOut(Out):
    kind = fields.Enum(NoteKind, by_value=True)
    text = fields.String()
    photos = fields.List(fields.String())
    at = Moment()


class StoryOut(Out):
    claim = fields.Nested(ClaimOut)
    messages = fields.List(fields.Nested(NoteOut))


class AboutMeOut(ClaimOut):
    resident_name = fields.String()
    fault = fields.Enum(ClaimFault, by_value=True, allow_none=True)


class StoryAboutMeOut(Out):
    claim = fields.Nested(AboutMeOut)
    messages = fields.List(fields.Nested(NoteOut))

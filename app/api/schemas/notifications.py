"""JSON shapes of the inbox."""

from marshmallow import fields, validate

from app.api.schemas.base import Id, In, Moment, Out
from app.domains.notifications.values import MessageKind


class MessageOut(Out):
    """One message; `kind` names its words, `params` fill them, `about_id` is what it is about."""

    id = fields.UUID()
    kind = fields.Enum(MessageKind, by_value=True)
    about_id = fields.UUID()
    params = fields.Dict(keys=fields.String())
    at = Moment()
    read_at = Moment(allow_none=True)


class ReadIn(In):
    """Which messages were opened; null = all."""

    ids = fields.List(Id(), load_default=None, allow_none=True, validate=validate.Length(1, 100))


class ReadOut(Out):
    opened = fields.Integer(metadata={"description": "How many were unread until now"})

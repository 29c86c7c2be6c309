"""JSON shapes of signing in and of the signed-in person."""

from marshmallow import fields, validate

from app.api.schemas.base import In, Out, Shaped, Text
from app.api.schemas.communities import HomeOut
from app.domains.accounts.rules import LOCALES
from app.kernel.actors import Role


class SignInCodeIn(In):
    code = Text(128, 1, required=True, metadata={"description": "What wx.login gave"})
    name = Text(40, 1, load_default=None, metadata={"description": "How a newcomer wants to be called"})


class AskCodeIn(In):
    phone = Text(24, 6, required=True)


class SignInPhoneIn(In):
    phone = Text(24, 6, required=True)
    code = fields.String(required=True, validate=Shaped(r"^[0-9]{6}$"))
    name = Text(40, 1, load_default=None, metadata={"description": "How a newcomer wants to be called"})


class SignInPasswordIn(In):
    login = Text(64, 1, required=True)
    password = fields.String(required=True, validate=validate.Length(1, 128))


class CodeAskedOut(Out):
    valid_s = fields.Integer(metadata={"description": "Seconds for which the code works"})
    demo_code = fields.String(allow_none=True, metadata={"description": "The code itself; null outside a demo"})


class SignedInOut(Out):
    token = fields.String(metadata={"description": "For `Authorization: Bearer …`; told once, stored nowhere"})
    account_id = fields.UUID()
    role = fields.Enum(Role, by_value=True)
    name = fields.String()
    is_new = fields.Boolean()


class LocaleIn(In):
    locale = fields.String(required=True, validate=validate.OneOf(LOCALES))


class LocaleOut(Out):
    locale = fields.String(metadata={"description": "What a request without Accept-Language is answered in"})


class MeOut(Out):
    account_id = fields.UUID()
    role = fields.Enum(Role, by_value=True)
    name = fields.String()
    locale = fields.String()
    phone_tail = fields.String(allow_none=True)
    unread = fields.Integer(metadata={"description": "Messages that nobody has opened"})
    home = fields.Nested(HomeOut, allow_none=True)

"""Fields that refuse what JSON lets through, and the envelope around every answer."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from unicodedata import category
from uuid import UUID

from marshmallow import RAISE, Schema, ValidationError, fields, validate

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBER = re.compile(r"[0-9]{1,9}")
KEY = r"^[A-Za-z0-9_.:-]{8,64}$"


class Shaped(validate.Regexp):
    """A text that has this shape as a whole. `$` alone would let a line break at the end through."""

    def __call__(self, value: Any) -> Any:
        if self.regex.fullmatch(value) is None:
            raise ValidationError(self._format_error(value))
        return value


class In(Schema):
    """What a route takes: unknown fields are refused."""

    class Meta:
        """Shared by all."""

        unknown = RAISE


class Out(Schema):
    """What a route gives: all its fields, always, and no others."""

    class Meta:
        """Shared by all."""

        unknown = RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        del field_name
        field_obj.required = True


class Text(fields.String):
    """Characters that can be printed and stored: no NUL, no control characters except line breaks; spaces trimmed."""

    def __init__(self, longest: int, shortest: int = 0, **other: Any) -> None:
        checks = [validate.Length(shortest, longest), *other.pop("checks", ())]
        super().__init__(validate=checks, **other)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **other: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **other)
        if any(category(sign) in {"Cc", "Cs"} and sign not in "\n\r\t" for sign in text):
            raise ValidationError("Holds characters that cannot be printed.")
        return text.strip()


class Whole(fields.Integer):
    """A JSON integer: no boolean, no text, no fraction."""

    def __init__(self, least: int, most: int, **other: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(least, most), **other)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **other: Any) -> int:
        if type(value) is not int:
            raise ValidationError("Not a whole number.")
        del attr, data, other
        return int(value)


class Asked(fields.Integer):
    """A whole number in an address, in plain digits."""

    def __init__(self, least: int, most: int, **other: Any) -> None:
        super().__init__(validate=validate.Range(least, most), **other)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **other: Any) -> int:
        del attr, data, other
        if not isinstance(value, str) or not _NUMBER.fullmatch(value):
            raise ValidationError("Not a whole number.")
        return int(value)


class Degrees(fields.Float):
    """A JSON number between -most and most; no text, no boolean."""

    def __init__(self, most: float, **other: Any) -> None:
        super().__init__(validate=validate.Range(-most, most), **other)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **other: Any) -> float:
        if type(value) not in {int, float}:
            raise ValidationError("Not a number.")
        del attr, data, other
        return float(value)


class Flag(fields.Boolean):
    """A JSON boolean: no number, no text."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **other: Any) -> bool:
        if type(value) is not bool:
            raise ValidationError("Not a boolean.")
        del attr, data, other
        return value


class Id(fields.UUID):
    """A UUID in its usual spelling of 36 characters."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **other: Any) -> UUID:
        if not isinstance(value, str) or not _UUID.fullmatch(value):
            raise ValidationError("Not a valid UUID.")
        del attr, data, other
        return UUID(value)


class Moment(fields.AwareDateTime):
    """An instant in ISO 8601 with its offset."""

    def __init__(self, **other: Any) -> None:
        super().__init__(format="iso", **other)


class PageIn(In):
    """How much of a list: at most `limit` rows, from where `cursor` (an earlier `next_cursor`) points."""

    limit = Asked(1, 100, load_default=20)
    cursor = Text(64, load_default=None, metadata={"description": "`next_cursor` of the page before"})


class KeyIn(Schema):
    """The header that makes a repetition harmless."""

    key = fields.String(
        required=True,
        data_key="Idempotency-Key",
        validate=validate.Regexp(KEY),
        metadata={"description": "Your own key for this request; the same key again gives the first result again."},
    )


class Refusal(Schema):
    """Why a request was refused: `code` repeats the HTTP status, `error` is a stable name, `details` are its fields."""

    class Meta:
        """Nothing else is told."""

        unknown = RAISE

    code = fields.Integer(required=True, validate=validate.Range(min=400, max=599))
    message = fields.String(required=True, metadata={"description": "A sentence in the caller's language"})
    error = fields.String(required=True, metadata={"description": "Stable name of the refusal"})
    details = fields.Dict(required=True, keys=fields.String())
    data = fields.Raw(required=True, metadata={"type": "null"})
    request_id = fields.String(required=True)


@cache
def envelope_of(shape: type[Schema], *, many: bool = False, nothing: bool = False) -> type[Schema]:
    """The envelope schema around a shape; `many` for a list of it, `nothing` when data may be null."""
    name = shape.__name__.removesuffix("Out") + ("List" if many else "") + ("OrNull" if nothing else "")
    return _wrapped(f"{name}Answer", fields.Nested(shape, many=many, required=True, allow_none=nothing))


@cache
def page_envelope_of(shape: type[Schema]) -> type[Schema]:
    """The envelope schema around a page of a list."""
    name = shape.__name__.removesuffix("Out")
    page = type(
        f"{name}Page",
        (Out,),
        {"items": fields.Nested(shape, many=True), "next_cursor": fields.String(allow_none=True)},
    )
    return _wrapped(f"{name}PageAnswer", fields.Nested(page, required=True))


@cache
def empty_envelope() -> type[Schema]:
    """The envelope schema of an answer without data."""
    return _wrapped("DoneAnswer", fields.Raw(required=True, metadata={"type": "null"}))


def _wrapped(name: str, data: fields.Field[Any]) -> type[Schema]:
    parts = {
        "code": fields.Integer(validate=validate.Equal(0)),
        "message": fields.String(validate=validate.Equal("ok")),
        "data": data,
        "request_id": fields.String(),
    }
    return type(name, (Out,), parts)

"""JSON shapes of hubs, pickup points and homes."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from app.api.schemas.base import Degrees, Id, In, Out, PageIn, Text
from app.domains.communities.values import ChooseHome, HomeReason
from app.kernel.geo import Point


class LocationIn(In):
    lat = Degrees(90, required=True)
    lon = Degrees(180, required=True)


class ChooseHomeIn(In):
    """Exactly one of the three; coordinates are WGS-84 degrees."""

    location = fields.Nested(LocationIn, load_default=None)
    share_code = Text(16, 1, load_default=None, metadata={"description": "From a leader's link"})
    pickup_point_id = Id(load_default=None)

    @validates_schema
    def one_of(self, data: dict[str, Any], **_: object) -> None:
        if sum(value is not None for value in data.values()) != 1:
            raise ValidationError("Give exactly one of location, share_code and pickup_point_id.")

    @post_load
    def as_input(self, data: dict[str, Any], **_: object) -> ChooseHome:
        place = data.pop("location")
        return ChooseHome(location=Point(place["lat"], place["lon"]) if place else None, **data)


class PickupPointsIn(PageIn):
    hub = Text(40, 1, load_default=None, metadata={"description": "Code of a hub"})
    text = Text(40, load_default="", metadata={"description": "Part of a name, address or code"})


class PlaceOut(Out):
    """A pickup point; opening hours are local times of its hub."""

    pickup_point_id = fields.UUID()
    code = fields.String(attribute="pickup_point_code")
    name = fields.String(attribute="pickup_point_name")
    address = fields.String()
    lat = fields.Float(attribute="place.lat")
    lon = fields.Float(attribute="place.lon")
    opens = fields.Time(format="%H:%M", metadata={"format": "hh:mm"})
    closes = fields.Time(format="%H:%M", metadata={"format": "hh:mm"})
    neighbourhood_id = fields.UUID()
    neighbourhood_name = fields.String()
    neighbourhood_name_en = fields.String()
    hub_id = fields.UUID()
    leader_name = fields.String(allow_none=True, metadata={"description": "Null while nobody serves here"})


class HomeOut(Out):
    """Where a resident picks up, and why there: `reason` and, when a location was given, the way in metres."""

    hub_id = fields.UUID()
    neighbourhood_id = fields.UUID()
    pickup_point_id = fields.UUID()
    leader_id = fields.UUID()
    reason = fields.Enum(HomeReason, by_value=True)
    distance_m = fields.Integer(allow_none=True, validate=validate.Range(min=0))
    pickup_point = fields.Nested(PlaceOut)

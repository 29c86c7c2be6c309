"""Tables of the communities room. Coordinates are WGS-84."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.communities.values import HomeReason, LeaderKind, LeaderStatus, PostRole
from app.domains.communities.values.absences import AbsenceState
from app.domains.communities.values.city_plans import CityPlanState, PlannedMoveState
from app.infra.db import Base
from app.kernel.ids import new_id


class HubRow(Base):
    """A sorting site; currency, time zone and cut-off are its own."""

    __tablename__ = "communities_hub"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str]
    lat: Mapped[float]
    lon: Mapped[float]
    timezone: Mapped[str]
    currency: Mapped[str]
    #: Local time at which a round's orders close.
    cutoff: Mapped[time]


class Neighbourhood(Base):
    """A residential compound served by one hub; with a polygon, or a point where none was drawn."""

    __tablename__ = "communities_neighbourhood"
    __table_args__ = (CheckConstraint("households > 0", name="households_positive"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    hub_id: Mapped[UUID] = mapped_column(ForeignKey("communities_hub.id"), index=True)
    name: Mapped[str]
    name_en: Mapped[str]
    households: Mapped[int]
    #: GeoJSON geometry as given.
    geometry: Mapped[dict[str, Any]]
    #: A point inside, for maps.
    lat: Mapped[float]
    lon: Mapped[float]


class PickupPoint(Base):
    """Where a leader hands out."""

    __tablename__ = "communities_pickup_point"
    __table_args__ = (
        CheckConstraint("capacity_orders > 0 AND reach_m > 0", name="limits_positive"),
        CheckConstraint("LEAST(day_orders, day_ambient, day_chilled, day_frozen) >= 0", name="day_limits_sensible"),
        CheckConstraint("rest_weekdays ~ '^1?2?3?4?5?6?7?$' AND rest_weekdays <> '1234567'", name="some_day_open"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    neighbourhood_id: Mapped[UUID] = mapped_column(ForeignKey("communities_neighbourhood.id"), index=True)
    hub_id: Mapped[UUID] = mapped_column(ForeignKey("communities_hub.id"), index=True)
    name: Mapped[str]
    address: Mapped[str]
    lat: Mapped[float]
    lon: Mapped[float]
    opens: Mapped[time]
    closes: Mapped[time]
    #: Residents whose home this may be; newcomers are sent on to the next point when it is full.
    capacity_orders: Mapped[int]
    #: How far residents outside every polygon may live, in metres.
    reach_m: Mapped[int]
    #: Orders that it takes for one pickup day, and of these with goods of each zone; null = as many as come.
    day_orders: Mapped[int | None]
    day_ambient: Mapped[int | None]
    day_chilled: Mapped[int | None]
    day_frozen: Mapped[int | None]
    #: Weekdays without pickup as ISO digits in order: "67" = Saturday and Sunday.
    rest_weekdays: Mapped[str] = mapped_column(default="", server_default="")


class PointRest(Base):
    """Days on which a pickup point hands nothing out, beside its weekly ones."""

    __tablename__ = "communities_point_rest"
    __table_args__ = (
        UniqueConstraint("pickup_point_id", "from_on"),
        CheckConstraint("until_on >= from_on", name="ends_after_it_begins"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    pickup_point_id: Mapped[UUID] = mapped_column(ForeignKey("communities_pickup_point.id"))
    from_on: Mapped[date]
    #: The last day, inclusive.
    until_on: Mapped[date]
    #: As residents read it.
    reason: Mapped[str]
    created_at: Mapped[datetime]


class GeocodeRow(Base):
    """A question to a geocoder and its answer, kept so that nobody is asked twice; the latest ones bound the rate."""

    __tablename__ = "communities_geocode"
    __table_args__ = (UniqueConstraint("provider", "query"), Index(None, "provider", "asked_at"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    provider: Mapped[str]
    #: As asked: in lower case, blanks made single.
    query: Mapped[str]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    #: Places in WGS-84 with their names; null while the answer is awaited or was lost.
    answer: Mapped[dict[str, Any] | None]


class Leader(Base):
    """A neighbour who hands out; `id` is her account's id."""

    __tablename__ = "communities_leader"
    id: Mapped[UUID] = mapped_column(ForeignKey("accounts_account.id"), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    #: Code and name as `app.infra.search` finds them.
    search_key: Mapped[str] = mapped_column(default="", server_default="")
    phone: Mapped[str]
    kind: Mapped[LeaderKind]
    status: Mapped[LeaderStatus]
    hub_id: Mapped[UUID] = mapped_column(ForeignKey("communities_hub.id"), index=True)
    pickup_point_id: Mapped[UUID] = mapped_column(ForeignKey("communities_pickup_point.id"), index=True)
    #: In her link: a newcomer who follows it belongs to her.
    share_code: Mapped[str] = mapped_column(unique=True)
    #: Whether residents may pay her in cash at the pickup; HQ decides.
    takes_cash: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class LeaderPost(Base):
    """A leader's post in a neighbourhood, dated. One open primary post per neighbourhood, one open post per leader."""

    __tablename__ = "communities_leader_post"
    __table_args__ = (
        Index("uq_communities_leader_post_primary", "neighbourhood_id", unique=True,
              postgresql_where=text("role = 'primary' AND until_at IS NULL")),
        Index("uq_communities_leader_post_open", "leader_id", unique=True, postgresql_where=text("until_at IS NULL")),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    leader_id: Mapped[UUID] = mapped_column(ForeignKey("communities_leader.id"), index=True)
    neighbourhood_id: Mapped[UUID] = mapped_column(ForeignKey("communities_neighbourhood.id"), index=True)
    role: Mapped[PostRole]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]


class HomeRow(Base):
    """Where a resident belongs, dated and never rewritten; one open row per resident."""

    __tablename__ = "communities_home"
    __table_args__ = (
        Index("uq_communities_home_open", "resident_id", unique=True, postgresql_where=text("until_at IS NULL")),
        Index("ix_communities_home_point_open", "pickup_point_id", postgresql_where=text("until_at IS NULL")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_account.id"), index=True)
    hub_id: Mapped[UUID] = mapped_column(ForeignKey("communities_hub.id"))
    neighbourhood_id: Mapped[UUID] = mapped_column(ForeignKey("communities_neighbourhood.id"))
    pickup_point_id: Mapped[UUID] = mapped_column(ForeignKey("communities_pickup_point.id"))
    leader_id: Mapped[UUID] = mapped_column(ForeignKey("communities_leader.id"), index=True)
    reason: Mapped[HomeReason]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    distance_m: Mapped[int | None]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]


class Absence(Base):
    """Pickup days on which a leader is away; once agreed, her deputy hands out. Those that hold never overlap."""

    __tablename__ = "communities_absence"
    __table_args__ = (
        CheckConstraint("first_on <= last_on", name="days_in_order"),
        CheckConstraint("state <> 'agreed' OR deputy_id IS NOT NULL", name="agreed_with_deputy"),
        CheckConstraint("deputy_id <> leader_id", name="deputy_is_another"),
        Index("ix_communities_absence_holds", "leader_id", "first_on",
              postgresql_where=text("state IN ('asked', 'agreed')")),
        Index("ix_communities_absence_deputy", "deputy_id", "first_on", postgresql_where=text("state = 'agreed'")),
        Index(None, "hub_id", "first_on"),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    leader_id: Mapped[UUID] = mapped_column(ForeignKey("communities_leader.id"))
    hub_id: Mapped[UUID] = mapped_column(ForeignKey("communities_hub.id"))
    first_on: Mapped[date]
    last_on: Mapped[date]
    #: Why, in her words.
    note: Mapped[str] = mapped_column(default="", server_default="")
    state: Mapped[AbsenceState]
    deputy_id: Mapped[UUID | None] = mapped_column(ForeignKey("communities_leader.id"))
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(default="", server_default="")
    decided_at: Mapped[datetime | None]
    #: What HQ told her with its decision.
    answer: Mapped[str] = mapped_column(default="", server_default="")


class GroundStamp(Base):
    """One row that triggers renew with every change of neighbourhoods, pickup points, leaders and posts.

    A process keeps its index of the city as long as the stamp is the same.
    """

    __tablename__ = "communities_ground_stamp"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    stamp: Mapped[UUID]


class CityPlanRow(Base):
    """A plan who of a hub's residents fetches where; one open plan per hub."""

    __tablename__ = "communities_city_plan"
    __table_args__ = (
        CheckConstraint("sticky_m >= 0 AND most > 0", name="wishes_sensible"),
        CheckConstraint("least >= 0 AND least <= most", name="least_sensible"),
        Index("uq_communities_city_plan_open", "hub_id", unique=True,
              postgresql_where=text("state IN ('waiting', 'solving', 'draft', 'applying', 'undoing')")),
        Index(None, "hub_id", "asked_at"),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    hub_id: Mapped[UUID] = mapped_column(ForeignKey("communities_hub.id"))
    state: Mapped[CityPlanState]
    #: Metres that a move must save.
    sticky_m: Mapped[int]
    #: Residents that a leader gets at most, whatever her pickup point could hold.
    most: Mapped[int]
    keep_wishes: Mapped[bool]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    solved_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    #: Why there is no plan.
    note: Mapped[str]
    #: Each round of the search: [milliseconds, metres walked, residents without a seat].
    rounds: Mapped[list[Any]] = mapped_column(JSONB)
    residents: Mapped[int]
    before_m: Mapped[int] = mapped_column(BigInteger)
    after_m: Mapped[int] = mapped_column(BigInteger)
    is_relaxed: Mapped[bool]
    #: Per pickup point: point, leader, room, residents before and after.
    loads: Mapped[list[Any]] = mapped_column(JSONB)
    #: Residents that a leader gets at least, as far as her pickup point has room.
    least: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    some_may_lose: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    #: Residents whom a locked pair bound.
    locked: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class HomeLockRow(Base):
    """A pair that every plan keeps: one resident, or everybody who lives near a place, and a pickup point."""

    __tablename__ = "communities_home_lock"
    __table_args__ = (
        CheckConstraint("(resident_id IS NULL) = (lat IS NOT NULL) AND (lat IS NULL) = (lon IS NULL)"
                        " AND (lat IS NULL) = (within_m IS NULL)", name="somebody_or_somewhere"),
        Index(None, "hub_id", "locked_at"),
        Index("uq_communities_home_lock_resident", "resident_id", unique=True,
              postgresql_where=text("resident_id IS NOT NULL")),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    hub_id: Mapped[UUID] = mapped_column(ForeignKey("communities_hub.id"))
    pickup_point_id: Mapped[UUID] = mapped_column(ForeignKey("communities_pickup_point.id"))
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts_account.id"))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    within_m: Mapped[int | None]
    locked_by: Mapped[str]
    locked_at: Mapped[datetime]


class PlannedMoveRow(Base):
    """One resident's move in a plan, made only if the home that the plan saw is still hers."""

    __tablename__ = "communities_planned_move"
    __table_args__ = (Index("ix_communities_planned_move_state", "plan_id", "state", "resident_id"),)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("communities_city_plan.id"), primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_account.id"), primary_key=True)
    home_id: Mapped[UUID] = mapped_column(ForeignKey("communities_home.id"))
    from_point_id: Mapped[UUID] = mapped_column(ForeignKey("communities_pickup_point.id"))
    to_point_id: Mapped[UUID] = mapped_column(ForeignKey("communities_pickup_point.id"))
    before_m: Mapped[int | None]
    after_m: Mapped[int]
    is_locked: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    state: Mapped[PlannedMoveState]
    #: The home that the plan gave her, and the one after it was taken back.
    new_home_id: Mapped[UUID | None] = mapped_column(ForeignKey("communities_home.id"))
    back_home_id: Mapped[UUID | None] = mapped_column(ForeignKey("communities_home.id"))

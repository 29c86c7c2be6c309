"""Sheets and crates: what goes to which pickup point."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.catalogue.values import Zone
from app.domains.logistics.values.sorting import SheetState
from app.infra.db import Base
from app.kernel.ids import new_id


class Sheet(Base):
    """The sorting sheet of one pickup point and temperature zone."""

    __tablename__ = "logistics_sheet"
    __table_args__ = (UniqueConstraint("group_buy_id", "pickup_point_id", "zone"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    group_buy_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    pickup_point_id: Mapped[UUID]
    zone: Mapped[Zone]
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[SheetState]
    sorted_by: Mapped[str | None]
    sorted_at: Mapped[datetime | None]
    #: The place of this point's crates at the sorting wall, and its number in walking order; 0 before it is given.
    slot: Mapped[str] = mapped_column(default="")
    slot_no: Mapped[int] = mapped_column(default=0)
    #: The last print and its version; what changes afterwards stands on a delta sheet.
    printed_at: Mapped[datetime | None]
    printed_version: Mapped[int | None]


class SheetChange(Base):
    """Pieces of one SKU that a new version of a sheet changed; a delta sheet lists those since the print."""

    __tablename__ = "logistics_sheet_change"
    __table_args__ = (
        CheckConstraint("before_qty >= 0 AND after_qty >= 0 AND before_qty <> after_qty", name="changed"),
    )
    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_sheet.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    sku_id: Mapped[UUID] = mapped_column(primary_key=True)
    before_qty: Mapped[int]
    after_qty: Mapped[int]
    at: Mapped[datetime]


class SheetLine(Base):
    """Pieces of one SKU that go into the crates of one sheet."""

    __tablename__ = "logistics_sheet_line"
    __table_args__ = (CheckConstraint("qty > 0", name="qty_positive"),)
    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_sheet.id"), primary_key=True)
    sku_id: Mapped[UUID] = mapped_column(primary_key=True)
    qty: Mapped[int]


class Crate(Base):
    """A box that travels to one pickup point; `code` is on its label."""

    __tablename__ = "logistics_crate"
    __table_args__ = (UniqueConstraint("sheet_id", "seq"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_sheet.id"))
    seq: Mapped[int]
    code: Mapped[str] = mapped_column(unique=True)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]


class CrateReturn(Base):
    """Empty crates that came back from a pickup point with the truck of one round."""

    __tablename__ = "logistics_crate_return"
    __table_args__ = (CheckConstraint("qty >= 0", name="qty_not_negative"), Index(None, "hub_id", "pickup_point_id"))
    group_buy_id: Mapped[UUID] = mapped_column(primary_key=True)
    pickup_point_id: Mapped[UUID] = mapped_column(primary_key=True)
    hub_id: Mapped[UUID]
    qty: Mapped[int]
    at: Mapped[datetime]
    by: Mapped[str]

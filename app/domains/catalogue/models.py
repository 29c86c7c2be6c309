"""Tables of the catalogue room. One SKU per product for now; the product's texts stand on the SKU."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.catalogue.values import Zone
from app.infra.db import Base
from app.kernel.ids import new_id


class Category(Base):
    """A shelf of the catalogue; decides how long residents may claim."""

    __tablename__ = "catalogue_category"
    __table_args__ = (
        CheckConstraint("claim_hours > 0", name="claim_hours_positive"),
        CheckConstraint("tax_bps BETWEEN 0 AND 5000", name="tax_sensible"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str]
    #: Hours after pickup in which a claim is accepted (fresh 24, other 72).
    claim_hours: Mapped[int]
    #: Tax that prices contain, in ten-thousandths of the price without it; 0 where none is due.
    tax_bps: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class Sku(Base):
    """A sellable unit: one spec of one product."""

    __tablename__ = "catalogue_sku"
    __table_args__ = (
        CheckConstraint("weight_g > 0 AND volume_ml > 0 AND shelf_days > 0", name="measures_positive"),
        CheckConstraint("estimate_g >= 0", name="estimate_sensible"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    category_id: Mapped[UUID] = mapped_column(ForeignKey("catalogue_category.id"), index=True)
    name: Mapped[str]
    name_en: Mapped[str]
    #: What one piece is, e.g. 5斤装.
    spec: Mapped[str]
    spec_en: Mapped[str]
    unit: Mapped[str]
    unit_en: Mapped[str]
    #: Gross weight and volume of one piece, for crates and trucks.
    weight_g: Mapped[int]
    volume_ml: Mapped[int]
    #: Above 0 the SKU is sold by weight: a piece is estimated at so many grams net, and its price is the most it costs.
    estimate_g: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    zone: Mapped[Zone]
    shelf_days: Mapped[int]
    barcode: Mapped[str] = mapped_column(index=True)
    #: Mandatory label fields; an offer without them cannot open.
    origin: Mapped[str]
    producer: Mapped[str]
    ingredients: Mapped[str]
    storage: Mapped[str]
    #: File name under static/img/products.
    picture: Mapped[str]
    description: Mapped[str]
    description_en: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    #: Code, names, specs, origin and bar code as `app.infra.search` finds them.
    search_key: Mapped[str] = mapped_column(default="", server_default="")
    updated_at: Mapped[datetime]

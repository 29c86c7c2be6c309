"""Columns of other rooms that many reads of this room show."""

from app.domains.catalogue.models import Sku
from app.domains.communities.models import PickupPoint

SKU_TEXTS = (Sku.name.label("sku_name"), Sku.name_en.label("sku_name_en"), Sku.spec, Sku.spec_en)
POINT_TEXTS = (PickupPoint.code.label("pickup_point_code"), PickupPoint.name.label("pickup_point_name"))

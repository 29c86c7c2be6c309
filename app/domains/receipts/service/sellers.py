"""Who sells at a hub, as its papers name it."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.domains.communities import queries as communities
from app.domains.receipts import queries, rules
from app.domains.receipts.models import SellerRow
from app.domains.receipts.values import Seller
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission


def save(uow: UnitOfWork, hub_id: UUID, seller: Seller) -> Seller:
    """Name the legal person who sells at a hub, for papers made out from now on; older papers stay as they are.

    Raises NotFound, Invalid.
    """
    uow.require(Permission.RECEIPTS_SET)
    hub, wanted = communities.get_hub(uow.session, hub_id), rules.check_seller(seller)
    before, said = queries.seller_of(uow.session, hub.id), asdict(wanted)
    if before == wanted:
        return wanted
    adding = insert(SellerRow).values(hub_id=hub.id, **said)
    uow.session.execute(adding.on_conflict_do_update(index_elements=["hub_id"], set_=said))
    uow.audit("receipts.save_seller", hub.id, asdict(before), said)
    return wanted

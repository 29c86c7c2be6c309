"""Of which round, or of which one thing of it, documents are made."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.documents.layout import Stamp
from app.documents.words import Words
from app.domains.communities import queries as communities
from app.domains.communities.values.ground import Hub
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.values import GroupBuyCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A round with its hub; with `object_id` only one thing of it."""

    card: GroupBuyCard
    hub: Hub
    words: Words
    stamp: Stamp
    object_id: UUID | None = None

    def wants(self, object_id: UUID) -> bool:
        """Whether this thing is to be printed."""
        return self.object_id is None or self.object_id == object_id


def scope_of(
    session: Any, group_buy_id: UUID, locale: str, at: datetime, object_id: UUID | None = None
) -> Scope:  # fmt: skip
    """The scope of a round in a person's language, printed at this moment; raises NotFound."""
    card = groupbuys.get_group_buy(session, group_buy_id)
    hub = communities.get_hub(session, card.hub_id)
    words = Words(locale, hub.timezone)
    stamp = Stamp(hub=f"{hub.code} {words.tr(hub)}", round=card.code, printed=words.moment(at))
    return Scope(card=card, hub=hub, words=words, stamp=stamp, object_id=object_id)

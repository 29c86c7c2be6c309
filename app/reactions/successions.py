"""What people are told when somebody else hands out: for good after a replacement, or on some days."""

from collections import Counter
from typing import Any
from uuid import UUID, uuid5

from app.domains.communities import queries as communities
from app.domains.communities.events import AbsenceDecided
from app.domains.communities.values import LeaderCard
from app.domains.communities.values.absences import AbsenceCard, AbsenceState
from app.domains.communities.values.ground import PickupPlace
from app.domains.logistics import queries as logistics
from app.domains.notifications.service import inbox
from app.domains.notifications.values import MessageKind, SendMessage
from app.domains.replacements import queries as replacements
from app.domains.replacements.events import ResidentsToBeTold
from app.infra.uow import UnitOfWork


def tell_replaced(uow: UnitOfWork, fact: ResidentsToBeTold) -> None:
    """Residents read who serves them from now on and where; successors what they got, and what to fetch from whom.

    Who chose another home meanwhile is left in peace.
    """
    card = replacements.get_replacement(uow.session, fact.replacement_id)
    undo = replacements.undo_of(uow.session, fact.replacement_id)
    moved = {UUID(row[0]) for row in undo["homes"]}
    orders_of = Counter(UUID(row["resident"]) for row in undo["orders"])
    heirs = {UUID(row["new_leader"]) for row in undo["orders"]} | {UUID(undo["successor"]["id"])}
    homes = communities.homes_of(uow.session, moved | orders_of.keys())
    heirs |= {homes[id_].leader_id for id_ in moved if id_ in homes}
    places = communities.places_by_id(uow.session, {home.pickup_point_id for home in homes.values()})
    leaders = communities.leaders_by_id(uow.session, heirs | {home.leader_id for home in homes.values()})
    told = [
        SendMessage(
            account_id=id_, kind=MessageKind.LEADER_CHANGED, about_id=card.id,
            params=_where(leaders[home.leader_id], places[home.pickup_point_id])
            | {"old": card.leader_name, "orders": orders_of[id_]},
        )
        for id_, home in homes.items() if home.leader_id in heirs
    ]  # fmt: skip
    pieces = Counter[UUID]()
    for goods in logistics.goods_of_pickups(uow.session, [UUID(row["id"]) for row in undo["pickups"]]):
        pieces[goods.leader_id] += goods.qty
    residents = Counter(home.leader_id for id_, home in homes.items() if id_ in moved)
    taken = Counter(UUID(row["new_leader"]) for row in undo["orders"])
    told += [
        SendMessage(
            account_id=id_,
            kind=MessageKind.TOOK_OVER,
            about_id=card.id,
            params={"old": card.leader_name, "residents": residents[id_], "orders": taken[id_], "pieces": pieces[id_]},
        )
        for id_ in heirs - {card.leader_id}
    ]
    inbox.send(uow, told)


def tell_absence(uow: UnitOfWork, fact: AbsenceDecided) -> None:
    """A leader reads what became of her wish to be away; her residents and the deputy who hands out on those days."""
    card = communities.get_absence(uow.session, fact.absence_id)
    days = {"first_on": card.first_on.isoformat(), "last_on": card.last_on.isoformat()}
    about = uuid5(card.id, fact.state)
    params = {**days, "state": fact.state, "answer": card.answer, "deputy": card.deputy_name or ""}
    told = [
        SendMessage(account_id=card.leader_id, kind=MessageKind.ABSENCE_ANSWERED, about_id=about, params=params)
    ]  # fmt: skip
    if card.deputy_id is not None:
        told.append(
            SendMessage(
                account_id=card.deputy_id, kind=MessageKind.STANDS_IN, about_id=about,
                params={**params, "leader": card.leader_name},
            )
        )  # fmt: skip
        told += _tell_residents_of_absence(uow, card, about, days | {"state": fact.state})
    inbox.send(uow, told)


def _tell_residents_of_absence(
    uow: UnitOfWork, card: AbsenceCard, about_id: UUID, params: dict[str, str]
) -> list[SendMessage]:
    if card.deputy_id is None:
        return []
    hers = communities.get_leader(uow.session, card.leader_id)
    deputy = communities.get_leader(uow.session, card.deputy_id)
    shown = hers if params["state"] == AbsenceState.CANCELLED.value else deputy
    where = _where(shown, communities.get_place(uow.session, shown.pickup_point_id))
    where |= {"old": hers.name, "is_elsewhere": deputy.pickup_point_id != hers.pickup_point_id}
    return [
        SendMessage(
            account_id=seat.resident_id, kind=MessageKind.LEADER_AWAY, about_id=about_id, params={**params, **where}
        )
        for seat in communities.seats_of_leader(uow.session, card.leader_id)
    ]  # fmt: skip


def _where(leader: LeaderCard, place: PickupPlace) -> dict[str, Any]:
    return {"leader": leader.name, "place": place.pickup_point_name, "address": place.address}

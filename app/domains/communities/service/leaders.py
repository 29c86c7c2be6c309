"""Keeping leaders, their posts and their status."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.domains.accounts import queries as accounts
from app.domains.accounts.rules import normal_phone
from app.domains.accounts.service.accounts import disable, open_accounts
from app.domains.accounts.service.people import correct_person
from app.domains.accounts.values import OpenAccount
from app.domains.communities import queries, rules
from app.domains.communities.errors import AppraisalNeeded, TwoPersonsNeeded
from app.domains.communities.events import LeaderStatusChanged
from app.domains.communities.models import Leader, LeaderPost, Neighbourhood, PickupPoint
from app.domains.communities.values import LEADER_MOVES, LeaderInput, LeaderStatus, PostRole
from app.infra.search import search_key
from app.infra.uow import UnitOfWork
from app.infra.upsert import How, refuse_twice, save_rows
from app.kernel.actors import Permission, Role
from app.kernel.changes import Changes, InvalidRows, RowChange, RowFault
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id, random_letters
from app.kernel.reasons import Reason
from app.kernel.states import check_move

SHARE_CODE_LETTERS = 6


def save_leaders(uow: UnitOfWork, rows: Sequence[LeaderInput]) -> Changes:
    """Create or update leaders by code with their posts; may be repeated.

    A new leader gets an account (login = code in lower case, no password yet) and a share code; one who was removed
    before she came into this house gets one that is closed. A changed status is told like one changed by hand. Nobody
    who works is removed by a file: that takes two persons. Raises InvalidRows.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    refuse_twice([row.code.lower() for row in rows], "code")
    rows, faults = _with_plain_phones(rows)
    ground = _ground(uow, rows)
    if faults := faults + rules.faults_of_leaders(rows, ground):
        raise InvalidRows(faults=faults)
    ids = _accounts_of(uow, rows)
    points = _points(uow)
    wanted = [
        {
            "id": ids[row.code], "code": row.code, "name": row.name, "phone": row.phone, "kind": row.kind,
            "status": row.status, "hub_id": points[row.pickup_point][1], "pickup_point_id": points[row.pickup_point][0],
            "share_code": random_letters(SHARE_CODE_LETTERS), "search_key": search_key(row.code, row.name),
        }
        for row in rows
    ]  # fmt: skip
    how = How(key="code", action="communities.save_leader", only_new=("id", "share_code"), stamps=("search_key",))
    saved = save_rows(uow, Leader, wanted, how)
    _tell_accounts(uow, wanted, saved.changes)
    changes = saved.changes + _save_posts(uow, rows, saved.ids, ground)
    return _merged(len(rows), changes)


def set_takes_cash(uow: UnitOfWork, leader_id: UUID, *, takes_cash: bool) -> None:
    """HQ allows residents to pay a leader in cash at the pickup, or ends it; orders that stand keep their way.

    Raises NotFound.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    leader = uow.session.get(Leader, leader_id, with_for_update=True)
    if leader is None:
        raise NotFound(what="leader")
    before, leader.takes_cash = leader.takes_cash, takes_cash
    if before != takes_cash:
        uow.audit(
            "communities.set_takes_cash", leader_id, {"takes_cash": before}, {"takes_cash": takes_cash}
        )  # fmt: skip


def change_status(uow: UnitOfWork, leader_id: UUID, status: LeaderStatus, reason: str) -> None:
    """Move a leader to another status for a `reason` that she is told.

    A removed leader loses her post, and her sign-ins end at once; who has worked is removed by a replacement, which
    takes two persons (`flows.replacement`); a probation begins and ends by an appraisal (`flows.appraisal`).
    Raises NotFound, WrongState, Invalid (no reason), TwoPersonsNeeded, AppraisalNeeded.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    leader = uow.session.get(Leader, leader_id, with_for_update=True)
    if leader is None:
        raise NotFound(what="leader")
    if not reason.strip():
        raise Invalid(field="reason", reason=Reason.MISSING)
    check_move("leader", LEADER_MOVES, leader.status, status)
    is_person = uow.actor.role is not Role.SYSTEM
    if is_person and status is LeaderStatus.REMOVED and leader.status is not LeaderStatus.APPLICANT:
        raise TwoPersonsNeeded
    ends_probation = leader.status is LeaderStatus.PROBATION and status is LeaderStatus.ACTIVE
    if is_person and (status is LeaderStatus.PROBATION or ends_probation):
        raise AppraisalNeeded
    old, leader.status = leader.status, status
    if status is LeaderStatus.REMOVED:
        _close_posts(uow, [leader_id])
        disable(uow.as_system("remove leader"), leader_id)
    uow.audit(
        "communities.change_leader_status", leader_id, {"status": old.value}, {"status": status.value, "reason": reason}
    )
    uow.emit(LeaderStatusChanged(new_id(), leader_id, old.value, status.value, reason.strip()))


def _with_plain_phones(rows: Sequence[LeaderInput]) -> tuple[list[LeaderInput], list[RowFault]]:
    plain, faults = [], []
    for row in rows:
        try:
            fields = {name: getattr(row, name) for name in LeaderInput.__dataclass_fields__}
            plain.append(LeaderInput(**fields | {"phone": normal_phone(row.phone)}))
        except Invalid:
            faults.append(RowFault(row.code, "phone", Reason.NOT_PHONE, row.phone))
            plain.append(row)
    return plain, faults


def _ground(uow: UnitOfWork, rows: Sequence[LeaderInput]) -> rules.LeaderGround:
    """What the rows are checked against, locked: the known leaders' rows are held to the end of the transaction."""
    session = uow.session
    points = session.execute(
        select(PickupPoint.code, Neighbourhood.code).join(
            Neighbourhood, Neighbourhood.id == PickupPoint.neighbourhood_id
        )
    )
    leaders = session.execute(
        select(Leader.id, Leader.code, Leader.status, Leader.phone, PickupPoint.code.label("point"))
        .join(PickupPoint, PickupPoint.id == Leader.pickup_point_id)
        .order_by(Leader.id)
        .with_for_update(of=Leader, key_share=True)
    ).all()
    primaries = session.execute(
        select(Neighbourhood.code, Leader.code)
        .join(LeaderPost, LeaderPost.neighbourhood_id == Neighbourhood.id)
        .join(Leader, Leader.id == LeaderPost.leader_id)
        .where(LeaderPost.role == PostRole.PRIMARY, LeaderPost.until_at.is_(None))
    )
    residents = queries.residents_by_leader(session)
    known = {leader.id: leader.code.lower() for leader in leaders}
    logins = accounts.ids_by_login(session, [row.code.lower() for row in rows])
    return rules.LeaderGround(
        neighbourhoods=queries.neighbourhood_ids_by_code(session),
        points=dict(points.all()),
        leaders={
            one.code: rules.LeaderNow(status=one.status, pickup_point=one.point, residents=residents.get(one.id, 0))
            for one in leaders
        },
        primaries=dict(primaries.all()),
        phones={leader.phone: leader.code for leader in leaders},
        logins=[login for login, id_ in logins.items() if known.get(id_) != login],
    )


def _points(uow: UnitOfWork) -> dict[str, tuple[UUID, UUID]]:
    found = uow.session.execute(select(PickupPoint.code, PickupPoint.id, PickupPoint.hub_id))
    return {code: (point_id, hub_id) for code, point_id, hub_id in found}


def _accounts_of(uow: UnitOfWork, rows: Sequence[LeaderInput]) -> dict[str, UUID]:
    """Account ids by leader code; accounts of new leaders are opened."""
    ids = queries.leader_ids_by_code(uow.session)
    new = [row for row in rows if row.code not in ids]
    opened = open_accounts(
        uow, [OpenAccount(role=Role.LEADER, name=row.name, login=row.code.lower(), phone=row.phone) for row in new]
    )
    return ids | {row.code: id_ for row, id_ in zip(new, opened, strict=True)}


def _tell_accounts(uow: UnitOfWork, wanted: Sequence[dict[str, Any]], changes: Changes) -> None:
    """Carry changed names and phones to the accounts, and tell changed statuses."""
    rows = {row["code"]: row for row in wanted}
    for change in changes.details:
        before, row = change.before or {}, rows[change.key]
        if {"name", "phone"} & before.keys():
            correct_person(uow, row["id"], row["name"], row["phone"])
        if row["status"] is LeaderStatus.REMOVED and "status" in (change.before or change.after):
            disable(uow.as_system("remove leader"), row["id"])
        if "status" in before:
            uow.emit(LeaderStatusChanged(new_id(), row["id"], before["status"], row["status"].value, "import"))


def _save_posts(
    uow: UnitOfWork, rows: Sequence[LeaderInput], ids: dict[str, UUID], ground: rules.LeaderGround
) -> Changes:
    """Close posts that differ and open the wanted ones; history stays. Removed leaders have none."""
    open_posts = {
        post.leader_id: (post.neighbourhood_id, post.role)
        for post in uow.session.scalars(select(LeaderPost).where(LeaderPost.until_at.is_(None)))
    }
    details, closing, opening = [], [], []
    for row in rows:
        held = open_posts.get(ids[row.code])
        want = None if row.status is LeaderStatus.REMOVED else (ground.neighbourhoods[row.neighbourhood], row.role)
        if held == want:
            continue
        if held:
            closing.append(ids[row.code])
        if want:
            after = {"neighbourhood": row.neighbourhood, "role": row.role.value}
            opening.append(LeaderPost(leader_id=ids[row.code], neighbourhood_id=want[0], role=want[1], from_at=uow.now))
            uow.audit("communities.save_leader_post", ids[row.code], None, after)
            details.append(RowChange(row.code, {} if held else None, after))
    _close_posts(uow, closing)  # first, so that two primaries can change places in one file
    uow.session.add_all(opening)
    uow.session.flush()
    return Changes(details=tuple(details))


def _close_posts(uow: UnitOfWork, leader_ids: Sequence[UUID]) -> None:
    held = update(LeaderPost).where(LeaderPost.leader_id.in_(leader_ids), LeaderPost.until_at.is_(None))
    uow.session.execute(held.values(until_at=uow.now))


def _merged(total: int, changes: Changes) -> Changes:
    """Count a leader once, whether her row, her post or both changed."""
    by_key: dict[str, RowChange] = {}
    for change in changes.details:
        first = by_key.setdefault(change.key, change)
        if first is not change:
            by_key[change.key] = RowChange(change.key, first.before, first.after | change.after)
    created = changes.created
    return Changes(created, len(by_key) - created, total - len(by_key), tuple(by_key.values()))

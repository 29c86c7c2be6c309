"""A leader's appraisal: her targets, her score while it may be appealed, and what the final one means."""

from typing import Any
from uuid import UUID

from app.api.schemas.appraisal import AppealIn, AppealOut, AppraisalOut, TargetsIn
from app.api.wire import FOREIGN, ApiBlueprint
from app.domains.appraisal import queries
from app.domains.appraisal.errors import AppealTooLate
from app.domains.appraisal.service import appeals, targets
from app.domains.appraisal.values import AppealCard, ConsequenceState, FileAppeal, SeatCard
from app.kernel.actors import Role
from app.kernel.errors import Invalid
from app.kernel.states import WrongState
from app.web.context import actor_id, read, transact

blueprint = ApiBlueprint("leader_appraisal", "Leader", "/leader", roles={Role.LEADER})


@blueprint.get("/appraisal")
@blueprint.gives(AppraisalOut, null=True)
def appraisal() -> dict[str, Any] | None:
    """Her seat that she may appeal in, else in the newest cycle, with targets and decisions; null before the first."""
    seat = read(queries.find_current, actor_id())
    return _shown(seat) if seat else None


@blueprint.post("/appraisal/<uuid:seat_id>/targets")
@blueprint.gives(AppraisalOut, refuses=(*FOREIGN, WrongState, Invalid))
@blueprint.takes(TargetsIn)
def answer_targets(asked: dict[str, Any], seat_id: UUID) -> dict[str, Any]:
    """Accept one's own targets, or say why they do not fit; accepting again changes nothing."""
    if asked["verdict"] == "accept":
        transact(targets.accept, seat_id)
    else:
        transact(targets.answer, seat_id, asked["text"])
    return _shown(read(queries.get_seat, seat_id))


@blueprint.post("/appraisal/<uuid:seat_id>/appeal")
@blueprint.gives(AppealOut, 201, refuses=(*FOREIGN, WrongState, AppealTooLate, Invalid))
@blueprint.takes(AppealIn)
def appeal(asked: dict[str, Any], seat_id: UUID) -> AppealCard:
    """Appeal against one's own provisional score, once a cycle; the same words again come back to the first one."""
    wish = FileAppeal(seat_id=seat_id, text=asked["text"], photos=tuple(asked["photos"]))
    return read(queries.get_appeal, transact(appeals.file, wish))


def _shown(seat: SeatCard) -> dict[str, Any]:
    found = read(queries.consequences, seat_id=seat.id)
    return {
        "cycle": read(queries.get_cycle, seat.cycle_id), "seat": seat,
        "targets": read(queries.targets, [seat.id])[seat.id], "appeal": read(queries.find_appeal, seat.id),
        "decided": [card for card in found if card.state is ConsequenceState.CONFIRMED],
    }  # fmt: skip

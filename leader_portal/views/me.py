"""The leader herself: her point and its hours, language, size of type, signing out."""

from flask import render_template
from flask.typing import ResponseReturnValue

from app.domains.aftersales import queries as aftersales
from app.domains.certificates import queries as certificates
from app.domains.communities import queries
from app.domains.ratings import queries as ratings
from app.web.context import now, read
from leader_portal.doors import here, leader


@leader.get("/me")
def me() -> ResponseReturnValue:
    """Who she is here, and the way to everything else."""
    at = here()
    place = read(queries.get_place, at.leader.pickup_point_id)
    residents = read(queries.residents_by_leader, ids=[at.id]).get(at.id, 0)
    wanted = read(aftersales.evidence_wanted, at.id, now())
    return render_template(
        "leader_portal/me.html", at=at, place=place, residents=residents, wanted=wanted,
        unanswered=read(ratings.unanswered, at.id),
        papers=sum(one.leader_id == at.id for one in read(certificates.lacking, now(), at.hub.id)),
    )  # fmt: skip

"""How a leader is scored."""

from app.api.schemas.scoring import ScorecardOut
from app.api.wire import ApiBlueprint
from app.domains.scoring import queries
from app.domains.scoring.values import ScorecardCard
from app.kernel.actors import Role
from app.web.context import actor_id, read

blueprint = ApiBlueprint("leader_score", "Leader", "/leader", roles={Role.LEADER})


@blueprint.get("/score")
@blueprint.gives(ScorecardOut, null=True)
def score() -> ScorecardCard | None:
    """Her newest scorecard with the numbers from which every point follows; null before the first one."""
    return read(queries.scorecard_of_leader, actor_id())

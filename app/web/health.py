"""For load balancers and people on call: does the process live, and may it be sent visitors."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from app.infra import readiness
from app.infra.outage import OUTAGES
from app.web.context import read
from app.web.envelope import answer

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> ResponseReturnValue:
    """The process answers; nothing else is asked."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def ready() -> ResponseReturnValue:
    """200 only when the database answers, is migrated, and a worker lives; else 503 with what is wrong."""
    try:
        wrong = read(readiness.gaps, readiness.newest_migration())
    except OUTAGES:
        wrong = {"database": "it does not answer"}
    return answer({"ready": not wrong, "wrong": wrong}, 503 if wrong else 200)

"""What holds for all applications: versions of the checklist and of the contract. None is ever changed."""

from dataclasses import asdict, replace
from datetime import datetime

from app.domains.recruitment import queries, rules
from app.domains.recruitment.models import ContractRow, PolicyRow
from app.domains.recruitment.values import Policy
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid
from app.kernel.reasons import Reason

LEAST_CONTRACT, MOST_CONTRACT = 200, 20_000


def adopt_policy(uow: UnitOfWork, wish: Policy, from_at: datetime) -> int:
    """Score applications by this checklist from `from_at` on; returns the new version, whatever version `wish` names.

    What is handed in before keeps its version. Raises Invalid (less than a week's notice, or nothing new).
    """
    uow.require(Permission.RECRUITMENT_DECIDE)
    rules.check_policy(wish)
    rules.check_notice(from_at, uow.now)
    uow.lock("recruitment checklist")
    before = queries.policies(uow.session, 1)[0].policy
    after = replace(wish, version=before.version + 1)
    if replace(before, version=after.version) == after:
        raise Invalid(field="", reason="Nothing was changed.")
    weights = {item.value: weight for item, weight in after.weights.items()}
    uow.session.add(PolicyRow(**{**asdict(after), "weights": weights}, from_at=from_at, at=uow.now, by=uow.actor.name))
    told = {**asdict(after), "weights": weights, "from_at": from_at.isoformat()}
    uow.audit("recruitment.adopt_policy", None, {"version": before.version}, told)
    return after.version


def publish_contract(uow: UnitOfWork, text_zh: str, text_en: str) -> int:
    """Let applicants sign this text from now on; returns its version. What was signed before stays as it was.

    Raises Invalid (too short, too long, or nothing new).
    """
    uow.require(Permission.RECRUITMENT_DECIDE)
    texts = {"text_zh": text_zh.strip().replace("\r\n", "\n"), "text_en": text_en.strip().replace("\r\n", "\n")}
    for field, text in texts.items():
        if not LEAST_CONTRACT <= len(text) <= MOST_CONTRACT:
            raise Invalid(field=field, reason=Reason.TOO_LONG if len(text) > MOST_CONTRACT else Reason.TOO_SMALL)
    uow.lock("recruitment contract")
    before = queries.contracts(uow.session, 1)[0]
    if (before.text_zh, before.text_en) == (texts["text_zh"], texts["text_en"]):
        raise Invalid(field="", reason="Nothing was changed.")
    version = before.version + 1
    uow.session.add(ContractRow(version=version, **texts, at=uow.now, by=uow.actor.name))
    hashes = {name: rules.sha256_of(text) for name, text in texts.items()}
    uow.audit("recruitment.publish_contract", None, {"version": before.version}, {"version": version, **hashes})
    return version

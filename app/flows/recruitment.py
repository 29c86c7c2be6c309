"""An application across rooms: the applicant's own photos, the signed contract on paper, the first password."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.documents.catalogue import Form, Kind
from app.documents.kinds import contracts as drawn
from app.documents.layout import Document
from app.documents.making import Batch, File, make
from app.documents.words import Words
from app.domains.accounts import queries as accounts
from app.domains.accounts.service import throttle
from app.domains.accounts.service.accounts import set_password
from app.domains.aftersales.service.talk import check_own_photos
from app.domains.communities import queries as communities
from app.domains.recruitment import queries
from app.domains.recruitment.service import applications, endorsing
from app.domains.recruitment.values import ApplicationCard, ApplicationStatus
from app.flows.statement_papers import never
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Conflict, Forbidden, NotFound

CONTRACT = Kind("leader-contract", Permission.RECRUITMENT_READ, never, (Form.PDF,))
#: Drafts kept by one account, and endorsements tried by one, and seconds.
DRAFTS, ENDORSEMENTS = (60, 600), (20, 3600)


def save_draft(uow: UnitOfWork, typed: Mapping[str, str], photos: Sequence[str]) -> UUID:
    """Keep a draft with the applicant's own photos, at most 60 times in ten minutes.

    Raises NotFound (a foreign photo), TooMany, PhoneNeeded, LeadsAlready, WrongState.
    """
    uow.require(Permission.RECRUITMENT_APPLY)
    if uow.actor.id is None:
        raise Forbidden(permission=Permission.RECRUITMENT_APPLY.value)
    throttle.count_try(uow, f"apply:{uow.actor.id}", *DRAFTS)
    check_own_photos(uow.session, uow.actor.id, photos)
    return applications.save_draft(uow, typed, photos)


def endorse(run: Run, resident_id: UUID, token: str, words: str) -> UUID:
    """Endorse by a link; tries are counted whether they succeed or not. Raises TooMany and as `endorsing.endorse`."""
    run(throttle.count_try, f"endorse:{resident_id}", *ENDORSEMENTS)
    done: UUID = run(endorsing.endorse, token, words)
    return done


def choose_password(uow: UnitOfWork, password: str) -> str:
    """Let somebody who has just become a leader choose the portal's password, once; returns her login.

    Her phone vouched for her when she signed in. Raises NotFound, Conflict (one was chosen before), WeakPassword.
    """
    uow.require(Permission.RECRUITMENT_APPLY)
    card = queries.application_of(uow.session, uow.actor.id) if uow.actor.id else None
    if card is None or card.status is not ApplicationStatus.ACTIVE or card.leader_id is None:
        raise NotFound("application")
    if accounts.has_password(uow.session, card.leader_id):
        raise Conflict
    set_password(uow.as_system("first password"), card.leader_id, password)
    return accounts.get_account(uow.session, card.leader_id).login or ""


def print_own_contract(run: Run, locale: str) -> File:
    """An applicant's own signed contract; raises NotFound."""
    return make(*run(own_contract, locale))


def own_contract(uow: UnitOfWork, locale: str) -> tuple[Batch, list[Document]]:
    """An applicant's own signed contract in words. Raises NotFound."""
    uow.require(Permission.RECRUITMENT_APPLY)
    card = queries.application_of(uow.session, uow.actor.id) if uow.actor.id else None
    if card is None:
        raise NotFound("contract")
    return _described(uow, card, locale)


def print_contract(run: Run, application_id: UUID, locale: str) -> File:
    """Anybody's signed contract, for HQ; raises NotFound."""
    return make(*run(any_contract, application_id, locale))


def any_contract(uow: UnitOfWork, application_id: UUID, locale: str) -> tuple[Batch, list[Document]]:
    """Anybody's signed contract in words, for HQ. Raises NotFound."""
    uow.require(CONTRACT.right)
    return _described(uow, queries.get_application(uow.session, application_id), locale)


def _described(uow: UnitOfWork, card: ApplicationCard, locale: str) -> tuple[Batch, list[Document]]:
    """The text in the language in which it was signed; only the frame around it follows the reader's."""
    signed = card.signature
    if signed is None or card.hub_id is None:
        raise NotFound("contract")
    hub = communities.get_hub(uow.session, card.hub_id)
    words = Words(locale, hub.timezone)
    text = queries.get_contract(uow.session, signed.version).text(signed.locale)
    document = drawn.contract(card, signed, text, hub, words)
    return Batch(CONTRACT, Form.PDF, words, signed.at, document.number), [document]

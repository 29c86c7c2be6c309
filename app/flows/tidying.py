"""What is kept only so that nothing happens twice, or so that somebody stays signed in, is forgotten when it is old.

Nothing here tells of money, goods or people's orders: those stay. Photos of claims that were decided long ago go too;
what was said to them stays. Each batch is one short transaction, so a tidy-up
may run beside everything else, be killed, and be repeated.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from app.domains.accounts.service import sign_ins, throttle
from app.domains.aftersales.service import talk
from app.domains.appraisal import queries as appraisal
from app.domains.appraisal.service import appeals
from app.domains.certificates import queries as certificates
from app.domains.payments.service import payments
from app.domains.recruitment import queries as recruitment
from app.domains.supply.queries import dock
from app.domains.tasks import queries as tasks
from app.infra import idempotency
from app.infra.storage import Pictures
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission

#: Rows that one transaction deletes.
BATCH = 10_000
#: Photos whose rows one transaction deletes.
PHOTOS = 1_000
#: Counts of tries are of no use when their longest window is over.
TRIES_KEPT = timedelta(days=1)


def tidy(run: Run, now: datetime, keep: timedelta) -> dict[str, int]:
    """Forget what is older than `keep`; returns how many rows of each kind went.

    Keys of requests, deliveries of facts, events of the payment provider, ended sign-ins and used codes. A delivery
    stays as long as its job may still be tried again.
    """
    before = now - keep
    return {
        "idempotency keys": _in_batches(run, forget_keys, before),
        "deliveries": _in_batches(run, forget_deliveries, before),
        "provider events": _in_batches(run, payments.forget_events, before),
        "sign-ins and codes": run(sign_ins.clear_ended, before),
        "counts of tries": run(throttle.clear_old, now - TRIES_KEPT),
    }


def forget_keys(uow: UnitOfWork, before: datetime, limit: int) -> int:
    """Forget up to `limit` keys of requests from before an instant; such a key may then be used anew."""
    uow.require(Permission.HOUSE_TIDY)
    return idempotency.forget_keys(uow.session, before, limit)


def forget_deliveries(uow: UnitOfWork, before: datetime, limit: int) -> int:
    """Forget up to `limit` deliveries from before an instant whose job has ended well."""
    uow.require(Permission.HOUSE_TIDY)
    return idempotency.forget_deliveries(uow.session, before, limit)


def tidy_photos(run: Run, pictures: Pictures, before: datetime) -> int:
    """Delete photos of claims that were decided before an instant; how many pictures went.

    Photos beside an appeal stay as long as its appraisal cycle may be disputed, however old they are, and those of
    leaders' papers, applications and tasks, of counts at the dock and of losses as long as those are kept.

    A picture goes after its rows are gone: killed in between, it stays behind unseen.
    """
    gone = 0
    while keys := run(forget_photos, before, PHOTOS):
        for key in keys:
            pictures.drop(key)
        gone += len(keys)
    return gone


def forget_photos(uow: UnitOfWork, before: datetime, limit: int) -> list[str]:
    """Take up to `limit` old photos off claims and appeals; returns the keys of pictures that nobody needs any more."""
    uow.require(Permission.HOUSE_TIDY)
    kept = appraisal.photos_in_dispute(uow.session, uow.now)
    for room in (certificates, recruitment, tasks, dock):
        kept |= room.photos_in_use(uow.session)
    keys = talk.forget_photos(uow, before, limit, kept)
    if keys:
        appeals.forget_photos(uow, keys)
    return keys


def _in_batches(run: Run, forget: Callable[[UnitOfWork, datetime, int], int], before: datetime) -> int:
    gone = 0
    while number := run(forget, before, BATCH):
        gone += number
    return gone

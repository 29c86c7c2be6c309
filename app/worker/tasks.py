"""Every kind of job by name. A job may run twice (a killed worker's jobs are redone), so every task may be repeated."""

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

from app.domains.analytics import queries as analytics
from app.domains.appraisal import queries as appraisal_queries
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.gateways import osrm
from app.domains.payouts import queries as payout_queries
from app.domains.receipts.service import papers
from app.domains.reconciliation import queries as reconciliation_queries
from app.domains.settlement.service import commission
from app.domains.statements.service import weeks
from app.flows import (
    appraisal,
    back_testing,
    books,
    call_off as calling_off,
    certificates,
    checkout,
    city_planning,
    documents,
    mail,
    payment,
    payouts,
    purchasing,
    reconciliation,
    replacement,
    routing,
    stations,
    tasks as plans,
    tidying,
)
from app.infra import log, queue
from app.infra.distance import DistanceSource
from app.infra.services import Services, shelf_of, uploads_of
from app.infra.storage import Pictures
from app.infra.uow import Run
from app.kernel.actors import Actor
from app.reactions import registry

LOG = log.get("linli.worker")

#: Runs with the process's services and the job's JSON arguments as keywords.
Task = Callable[..., None]

#: Jobs that `run_due` takes out of the queue at a time.
BATCH = 100
#: Unpaid orders that lapse in one transaction.
LAPSE_BATCH = 200
#: Lines whose commission one transaction makes available.
RELEASE_BATCH = 500


def run_as(services: Services, name: str) -> Run:
    """Transactions signed by a program called `name`."""
    actor = Actor.system(name)
    return lambda use_case, *args, **kwargs: services.database.transact(actor, use_case, *args, **kwargs)


def deliver(services: Services, *, topic: str, fact_id: str, body: dict[str, Any]) -> None:
    """Tell a fact to each of its listeners in a transaction of its own; one that fails holds back no other."""
    failures: list[Exception] = []
    for kind, listener in registry.listeners_of(topic):
        run = run_as(services, f"reaction:{listener[0]}")
        try:
            run(registry.tell, UUID(fact_id), kind, body, listener)
        except Exception as failure:
            LOG.exception("listener failed", listener=listener[0], topic=topic, fact_id=fact_id)
            failures.append(failure)
    if failures:
        raise failures[0]


def execute_refund(services: Services, *, refund_id: str) -> None:
    """Send an intended refund to the provider."""
    payment.execute_refund(run_as(services, "refunds"), services.provider, UUID(refund_id))


def cancel_payment(services: Services, *, payment_id: str) -> None:
    """Give up a payment whose order changed."""
    payment.cancel_payment(run_as(services, "payments"), services.provider, UUID(payment_id))


def capture_payment(services: Services, *, payment_id: str) -> None:
    """Take what is due of a held payment, or let it go where nothing is."""
    payment.capture_payment(run_as(services, "payments"), services.provider, UUID(payment_id))


def run_station(
    services: Services, *, group_buy_id: str, station: str, options: dict[str, Any], asked_by: str = ""
) -> None:
    """Run or continue one station of a round; transactions are signed by the worker for who asked."""
    run = run_as(services, f"round for {asked_by}" if asked_by else "round")
    read, roads = services.database.read, _roads(services)
    stations.run_station(run, read, UUID(group_buy_id), Station(station), options, roads=roads)


def call_off(services: Services, *, group_buy_id: str) -> None:
    """Give the orders of a group-buy back that HQ called off, or continue."""
    calling_off.give_back(run_as(services, "call off"), services.database.read, UUID(group_buy_id))


def search_routes(services: Services, *, search_id: str) -> None:
    """Look for tours as long as HQ allowed; transactions are signed by the worker for who asked."""
    asked = services.database.read(logistics.search_of, UUID(search_id))
    run = run_as(services, f"routes for {asked.asked_by}")
    routing.search_routes(run, services.database.read, asked.id, _roads(services))


def back_test(services: Services, *, back_test_id: str) -> None:
    """Try a draft of the scorecard's policy on history."""
    back_testing.try_draft(run_as(services, "back-test"), services.database.read, UUID(back_test_id))


def solve_city_plan(services: Services, *, plan_id: str) -> None:
    """Look for a plan who of a hub's residents fetches where."""
    city_planning.solve(run_as(services, "city plan"), services.database.read, UUID(plan_id))


def apply_city_plan(services: Services, *, plan_id: str) -> None:
    """Move the residents of a plan, or continue."""
    city_planning.carry_out(run_as(services, "city plan"), UUID(plan_id))


def undo_city_plan(services: Services, *, plan_id: str) -> None:
    """Take a plan back, or continue."""
    city_planning.take_back(run_as(services, "city plan"), UUID(plan_id))


def _roads(services: Services) -> DistanceSource | None:
    return osrm.roads_of(services.settings.osrm_url, services.settings.osrm_timeout_s)


def poll_payments(services: Services) -> None:
    """Finish payments and refunds that nobody told us about."""
    payment.poll_open(run_as(services, "payments"), services.provider)


def execute_payout(services: Services, *, payout_id: str) -> None:
    """Send an approved payout."""
    run, read = run_as(services, "payouts"), services.database.read
    card = read(payout_queries.get_payout, UUID(payout_id))
    payouts.execute(run, payouts.way_of(card.way, services.settings, read), card.id)


def sync_payout(services: Services, *, payout_id: str) -> None:
    """Record what the bank or the provider says of a payout that was sent."""
    run, read = run_as(services, "payouts"), services.database.read
    card = read(payout_queries.get_payout, UUID(payout_id))
    payouts.sync(run, read, payouts.way_of(card.way, services.settings, read), card.id)


def credit_refunds(services: Services) -> None:
    """Make out credit notes for refunds of orders that have a receipt."""
    run = run_as(services, "receipts")
    while run(papers.credit_some):
        pass


def poll_payouts(services: Services) -> None:
    """Send payouts whose time has come, and ask about those of which nobody told us."""
    payouts.poll_open(run_as(services, "payouts"), services.database.read, services.settings)


def close_weeks(services: Services) -> None:
    """Close leaders' weeks that have ended, hub by hub; one that cannot be closed holds back no other."""
    run = run_as(services, "statements")
    failures: list[Exception] = []
    for hub_id, week_on in run(weeks.due_weeks):
        try:
            run(weeks.close_week, hub_id, week_on)
        except Exception as failure:
            LOG.exception("week not closed", hub_id=str(hub_id), week_on=week_on.isoformat())
            failures.append(failure)
    if failures:
        raise failures[0]


def lapse_orders(services: Services) -> None:
    """Lapse unpaid orders past their time, batch by batch, and free their pieces."""
    run = run_as(services, "lapse")
    while run(checkout.lapse, LAPSE_BATCH) == LAPSE_BATCH:
        pass


def make_documents(services: Services, *, token: str, marks: bool, who: str = "") -> None:
    """Make the printed documents that somebody waits for; with `marks` sorting sheets count as printed."""
    documents.work_off(run_as(services, "documents"), shelf_of(services), token, marks=marks, who=who)


def decide_orders(services: Services) -> None:
    """Take the usual choice for purchase orders below a minimum for which HQ's time is over."""
    purchasing.decide_due(run_as(services, "purchasing"), services.database.read, now=services.database.clock.now())


def send_mail(services: Services, *, mail_id: str) -> None:
    """Send an e-mail that somebody wished for; what became of it is kept with it."""
    mail.send_mail(run_as(services, "mail"), services.database, services.settings, UUID(mail_id))


def take_up_mails(services: Services) -> None:
    """Let no e-mail wait for a job that was given up."""
    mail.take_up_lost(run_as(services, "mail"), services.database.read)


def notice_stopped(services: Services) -> None:
    """Let the board say which stations have stopped, and the tours' page which search, and why."""
    database = services.database
    stations.notice_stopped(run_as(services, "round"), database.read, database.clock.now())
    stations.notice_lost_searches(run_as(services, "round"), database.read, database.clock.now())


class BrokenInvariants(Exception):
    """The nightly audit found rows that contradict each other; `flask audit` names them."""


def audit(services: Services) -> None:
    """Check every invariant; a breach is logged as an error and leaves a failed job for people to see."""
    breaches = services.database.read_snapshot(analytics.broken_invariants, services.database.clock.now())
    for breach in breaches:
        LOG.error("broken invariant", invariant=breach.invariant, check=breach.name, rows=breach.count)
    if breaches:
        raise BrokenInvariants(", ".join(breach.name for breach in breaches))


def reconcile(services: Services) -> None:
    """Compare yesterday (UTC) with the payment provider's books, and days that an outage left out."""
    today = services.database.clock.now().astimezone(UTC).date()
    run = run_as(services, "reconciliation")
    for on in services.database.read(reconciliation_queries.days_due, today):
        card = reconciliation.reconcile(run, services.provider, on)
        LOG.info("reconciled", on=str(card.on), bookings=card.bookings, matched=card.matched, open=card.open)


def take_checkpoint(services: Services) -> None:
    """Add up what was posted since the last time, so that balances are read fast."""
    books.take_checkpoint(run_as(services, "books"), services.database.read)


def tidy_up(services: Services) -> None:
    """Forget what is old: see `flows.tidying`; and printed files of yesterday and before."""
    run, now = run_as(services, "tidy up"), services.database.clock.now()
    gone = tidying.tidy(run, now, timedelta(days=services.settings.keep_days))
    kept = now - timedelta(days=services.settings.keep_photo_days)
    gone["photos of claims"] = tidying.tidy_photos(run, Pictures(services.settings.var_dir), kept)
    LOG.info("tidied up", **{kind.replace(" ", "_").replace("-", "_"): number for kind, number in gone.items()})
    for shelf in (shelf_of(services), uploads_of(services)):
        shelf.tidy(now - documents.KEPT_FOR)


def release_commission(services: Services) -> None:
    """Make commission available whose time to complain is over, batch by batch."""
    run = run_as(services, "commission")
    while run(commission.release_due, RELEASE_BATCH):
        pass


def make_todos(services: Services) -> None:
    """Turn HQ's plans into leaders' to-dos of today and tomorrow."""
    run, database = run_as(services, "plans"), services.database
    made = plans.make_todos(run, database.read, database.clock.now())
    if made:
        LOG.info("made to-dos", number=made)


def move_cycles(services: Services) -> None:
    """Move appraisal cycles on whose dates have come, and shout about appeals past their time."""
    database = services.database
    appraisal.move_all(run_as(services, "appraisal"), database.read)
    waiting, late = database.read(appraisal_queries.appeals_late, database.clock.now())
    if late:
        LOG.error("appeals past their time", late=late, waiting=waiting)


def replace_leaders(services: Services) -> None:
    """Carry out replacements whose day has come, and tell residents of those that nobody took back in time."""
    run, database = run_as(services, "replacements"), services.database
    replacement.carry_out_due(run, database.read, database.clock.now())
    replacement.tell_due(run, database.read, database.clock.now())


def remind_certificates(services: Services) -> None:
    """Remind leaders of papers that are about to end."""
    run, database = run_as(services, "certificates"), services.database
    certificates.remind_due(run, database.read, database.clock.now())


TASKS: dict[str, Task] = {
    "deliver": deliver,
    "execute_refund": execute_refund,
    "cancel_payment": cancel_payment,
    "capture_payment": capture_payment,
    "run_station": run_station,
    "search_routes": search_routes,
    "back_test": back_test,
    "solve_city_plan": solve_city_plan,
    "apply_city_plan": apply_city_plan,
    "undo_city_plan": undo_city_plan,
    "call_off": call_off,
    "poll_payments": poll_payments,
    "execute_payout": execute_payout,
    "sync_payout": sync_payout,
    "poll_payouts": poll_payouts,
    "close_weeks": close_weeks,
    "credit_refunds": credit_refunds,
    "lapse_orders": lapse_orders,
    "decide_orders": decide_orders,
    "send_mail": send_mail,
    "take_up_mails": take_up_mails,
    "notice_stopped": notice_stopped,
    "audit": audit,
    "reconcile": reconcile,
    "release_commission": release_commission,
    "replace_leaders": replace_leaders,
    "take_checkpoint": take_checkpoint,
    "tidy_up": tidy_up,
    "make_documents": make_documents,
    "make_todos": make_todos,
    "move_cycles": move_cycles,
    "remind_certificates": remind_certificates,
}
#: What happens by the clock: cron expression (UTC) of each task that takes no arguments.
SCHEDULE: dict[str, str] = {
    "poll_payments": "* * * * *",
    "poll_payouts": "* * * * *",
    "close_weeks": "25 * * * *",
    "credit_refunds": "*/10 * * * *",
    "lapse_orders": "* * * * *",
    "replace_leaders": "* * * * *",
    "decide_orders": "* * * * *",
    "take_up_mails": "* * * * *",
    "notice_stopped": "* * * * *",
    "reconcile": "30 2 * * *",
    "take_checkpoint": "25 * * * *",
    "release_commission": "5 * * * *",
    "make_todos": "*/15 * * * *",
    "move_cycles": "15 * * * *",
    "remind_certificates": "20 2 * * *",
    "audit": "40 18 * * *",
    "tidy_up": "10 19 * * *",
}


def run_due(services: Services) -> int:
    """Run all jobs due by the services' clock, oldest first, in this thread, until none is left; says how many.

    Jobs that these jobs queue are run too. A failing job is marked so, the rest go back, its error is raised.
    """
    done = 0
    engine, clock = services.database.engine, services.database.clock
    while taken := queue.take_due(engine, clock.now(), BATCH):
        ids = [job.id for job in taken]
        for at, job in enumerate(taken):
            try:
                TASKS[job.task](services, **job.args)
            except BaseException:
                queue.finish(engine, ids[:at])
                queue.finish(engine, ids[at : at + 1], failed=True)
                queue.give_back(engine, ids[at + 1 :])
                raise
        queue.finish(engine, ids)
        done += len(taken)
    return done

"""The supplier's page over HTTP, and the mail that leads to it: links, double posts, late posts, retries, versions."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update
from werkzeug.test import TestResponse

from app.domains.groupbuys.values import Station
from app.domains.notifications import queries as notifications
from app.domains.notifications.gateways.mail import MailRefused, SmtpGateway, gateway_for
from app.domains.notifications.values import MailCard, MailState, OutgoingMail
from app.domains.supply import queries
from app.domains.supply.models import PurchaseEventRow, Supplier
from app.domains.supply.queries import purchasing as reads
from app.domains.supply.service import changes, orders as steps
from app.domains.supply.values import PurchaseOrderCard, PurchaseStatus
from app.domains.supply.values.purchasing import AmendOrder, PurchaseEventKind, SupplierAnswer
from app.flows import purchasing as flow
from app.flows.mail import GIVEN_UP, MAX_JOBS
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.settings import BadSettings, Settings
from app.infra.uow import Database
from app.kernel.errors import Invalid
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from app.worker.tasks import run_due, take_up_mails
from tests.conftest import START
from tests.factories.kept import kept
from tests.factories.world import CUTOFF_AT, World, make_world

Call = Callable[..., Any]
ALL = PageAsk(limit=100)
XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
@kept
def world(services: Services, clock: SetClock) -> World:
    """S91 is to bring 8 × 2 oranges and one pack of greens; S92 nothing. The cut-off has just been run."""
    world = make_world(services)
    world.buy(0, orange=10, greens=5)
    clock.move_to(CUTOFF_AT)
    world.station(Station.CUTOFF)
    return world


@pytest.fixture
def order(world: World, read: Call) -> PurchaseOrderCard:
    return read(queries.purchase_orders, ALL, group_buy_id=world.group_buy_id).rows[0]


@pytest.fixture
def path(services: Services, read: Call, order: PurchaseOrderCard) -> str:
    return path_of(services, read, order.id)


def path_of(services: Services, read: Call, order_id: UUID) -> str:
    address = flow.supplier_link(services.settings, read, order_id)
    assert address is not None
    return address.removeprefix("http://localhost")


def post(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    client.set_cookie("linli_csrf", "secret")
    return client.post(path, data={"csrf_token": "secret", **fields})


def lines(read: Call, order_id: UUID) -> dict[str, Any]:
    return {line.sku_code: line for line in read(queries.purchase_lines, purchase_order_id=order_id)}


def events(database: Database) -> int:
    with database.engine.connect() as connection:
        return int(connection.scalar(select(func.count()).select_from(PurchaseEventRow)) or 0)


# --- the page -----------------------------------------------------------------------------------------------------


def test_the_page_shows_the_order_in_both_languages_and_is_kept_by_nobody(
    client: FlaskClient, path: str, order: PurchaseOrderCard
) -> None:
    found = client.get(path)
    assert found.status_code == 200
    assert found.headers["Cache-Control"] == "no-store"
    assert found.headers["Referrer-Policy"] == "no-referrer"
    text = found.get_data(as_text=True)
    assert all(word in text for word in (order.no, "赣南脐橙", "2 箱 × 8 = 16 件", "¥294.20", "全部按单供货"))
    client.set_cookie("locale", "en")
    text = client.get(path).get_data(as_text=True)
    assert all(word in text for word in ("Gannan oranges", "2 packs × 8 = 16 pcs", "Everything comes as ordered"))


def test_reading_the_address_is_not_seeing_but_the_pages_script_is(
    client: FlaskClient, path: str, read: Call, order: PurchaseOrderCard, database: Database
) -> None:
    client.get(path)
    assert read(queries.get_purchase_order, order.id).status is PurchaseStatus.SENT
    for _ in range(2):
        assert post(client, path + "/seen").status_code == 204
    found = read(queries.get_purchase_order, order.id)
    assert (found.status, found.seen_at) == (PurchaseStatus.SEEN, CUTOFF_AT)
    assert events(database) == 2


def test_everything_as_ordered_twice_is_one_answer(
    client: FlaskClient, path: str, read: Call, order: PurchaseOrderCard, database: Database
) -> None:
    first = post(client, path, everything="1")
    assert (first.status_code, first.headers["Location"]) == (303, path)
    second = post(client, path, everything="1")
    assert second.status_code == 303
    assert "这份答复我们已经收到" in client.get(path).get_data(as_text=True)
    found = read(queries.get_purchase_order, order.id)
    assert (found.status, found.answer, found.expected_qty) == (PurchaseStatus.CONFIRMED, SupplierAnswer.FULL, 26)
    assert events(database) == 2


def test_fewer_packs_and_a_rejected_line(client: FlaskClient, path: str, read: Call, order: PurchaseOrderCard) -> None:
    line = lines(read, order.id)
    orange, greens = line["T001"].id, line["T002"].id
    fields = {f"packs-{orange}": "1", f"packs-{greens}": "0", f"reason-{greens}": "大雨", "note": "5 点到"}
    assert post(client, path, **fields).status_code == 303
    line, found = lines(read, order.id), read(queries.get_purchase_order, order.id)
    assert (line["T001"].confirmed_packs, line["T002"].confirmed_packs, line["T002"].answer_reason) == (1, 0, "大雨")
    assert (found.answer, found.supplier_note, found.short_qty) == (SupplierAnswer.CHANGED, "5 点到", 7)
    sheet = read(reads.purchase_order_sheet, order.id)
    kept = line["T001"].pack_size * line["T001"].cost_cents
    assert (sheet.answered_cents, sheet.total_cents > kept + sheet.fee_cents) == (kept + sheet.fee_cents, True)
    page = client.get(path).text
    assert "按您的答复合计" in page
    assert f"{sheet.answered_cents / 100:,.2f}" in page


def test_a_wrong_answer_is_refused_beside_its_line_and_what_was_typed_stays(
    client: FlaskClient, path: str, read: Call, order: PurchaseOrderCard
) -> None:
    line = lines(read, order.id)
    orange, greens = line["T001"].id, line["T002"].id
    for told in ("3", "-1", "1.5", "", "many", "１"):
        found = post(client, path, **{f"packs-{orange}": told, f"packs-{greens}": "0", "note": "kept"})
        text = found.get_data(as_text=True)
        assert found.status_code == 422
        assert "请填 0 到 2 的整箱数" in text
        assert "请说明为什么这一项无法供货" in text
        assert ">kept</textarea>" in text
    assert read(queries.get_purchase_order, order.id).status is PurchaseStatus.SENT


def test_after_the_count_nothing_is_taken_in(
    client: FlaskClient, path: str, read: Call, world: World, order: PurchaseOrderCard, database: Database
) -> None:
    world.station(Station.RECEIVE, as_ordered=True)
    before = events(database)
    assert post(client, path, everything="1").status_code == 303
    text = client.get(path).get_data(as_text=True)
    assert "已经点收" in text
    assert "全部按单供货" not in text
    assert events(database) == before
    assert read(queries.get_purchase_order, order.id).answer is None


def test_a_dead_link_opens_nothing_by_any_way(
    client: FlaskClient, path: str, run: Call, read: Call, services: Services, order: PurchaseOrderCard, clock: SetClock
) -> None:
    touched = path[:20] + ("A" if path[20] != "A" else "B") + path[21:]
    line = lines(read, order.id)["T001"].id
    clock.move_to(CUTOFF_AT + timedelta(minutes=1))
    run(changes.amend, AmendOrder(purchase_order_id=order.id, packs={line: 1}, reason="退单"))
    for dead in (touched, path, "/supplier/x"):
        for answer in (client.get(dead), post(client, dead, everything="1"), post(client, dead + "/seen")):
            assert answer.status_code == 404
            assert order.no not in answer.get_data(as_text=True)
    fresh = path_of(services, read, order.id)
    text = client.get(fresh).get_data(as_text=True)
    assert all(word in text for word in ("第 2 版", "本版取代上一版", "退单", "原 2 箱"))
    clock.move_to(CUTOFF_AT + timedelta(days=4))
    assert client.get(fresh).status_code == 404


def test_a_form_of_another_site_is_refused(
    client: FlaskClient, path: str, read: Call, order: PurchaseOrderCard
) -> None:
    assert client.post(path, data={"everything": "1"}).status_code == 403
    assert read(queries.get_purchase_order, order.id).status is PurchaseStatus.SENT


def test_a_new_link_ends_the_old_one(
    client: FlaskClient, path: str, run: Call, read: Call, services: Services, order: PurchaseOrderCard
) -> None:
    run(changes.renew_link, order.id)
    assert client.get(path).status_code == 404
    assert client.get(path_of(services, read, order.id)).status_code == 200
    assert [mail.state for mail in mails(read, order.id)] == [MailState.QUEUED, MailState.QUEUED]


# --- mail ---------------------------------------------------------------------------------------------------------


def mails(read: Call, order_id: UUID) -> list[MailCard]:
    found: list[MailCard] = read(notifications.mails_about, order_id)
    return found


def outbox(services: Services) -> list[EmailMessage]:
    place = services.settings.var_dir / "outbox"
    return [message_from_bytes(p.read_bytes(), policy=default) for p in sorted(place.glob("*.eml"))]


def words(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_the_mail_leaves_after_the_order_and_says_so(
    services: Services, read: Call, work: Call, order: PurchaseOrderCard, path: str, client: FlaskClient
) -> None:
    (card,) = mails(read, order.id)
    assert (card.state, card.to_address, card.sent_at) == (MailState.QUEUED, "orders@s91.example.com", None)
    assert outbox(services) == []
    work()
    (card,) = mails(read, order.id)
    assert (card.state, card.tries, card.sent_at, card.error) == (MailState.SENT, 1, CUTOFF_AT, "")
    (message,) = outbox(services)
    assert (message["To"], message["From"]) == ("orders@s91.example.com", "linli@localhost")
    assert message["Message-ID"] == f"<{card.id}@localhost>"
    assert order.no in message["Subject"]
    text = words(message)
    assert "T001 赣南脐橙 一份：2 箱 × 8 = 16 件，单价 16.20" in text
    assert "T002 Bok choy one: 1 pack x 10 = 10 pcs at 3.50" in text
    assert text.count(f"http://localhost{path}") == 2
    assert [part.get_content_subtype() for part in message.iter_attachments()] == ["pdf", XLSX]
    work()
    assert len(outbox(services)) == 1


def test_an_amendment_writes_again_and_a_mail_that_waited_tells_only_what_is_true(
    services: Services, run: Call, read: Call, work: Call, order: PurchaseOrderCard
) -> None:
    line = lines(read, order.id)["T001"].id
    run(changes.amend, AmendOrder(purchase_order_id=order.id, packs={line: 1}, reason="退单"))
    work()
    assert [card.state for card in mails(read, order.id)] == [MailState.SENT, MailState.SENT]
    for message in outbox(services):
        assert "T001：2 箱 → 1 箱" in words(message)
        assert path_of(services, read, order.id) in words(message)
    run(changes.cancel, order.id, "不需要了")
    work()
    last = next(m for m in outbox(services) if "取消" in m["Subject"])
    assert "已取消" in words(last)
    assert "/supplier/" not in words(last)


def test_a_mail_whose_job_was_given_up_gets_another_and_fails_after_the_third(
    services: Services, order: PurchaseOrderCard, read: Call
) -> None:
    for given_up in range(MAX_JOBS):
        take_up_mails(services)  # one that waits for a worker is left to it
        assert jobs(services) == {"failed": given_up, "todo": 1} if given_up else {"todo": 1}
        with services.database.engine.begin() as connection:
            connection.execute(text("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name = 'send_mail'"))
        take_up_mails(services)
    (card,) = mails(read, order.id)
    assert (card.state, card.error) == (MailState.FAILED, GIVEN_UP)
    assert jobs(services) == {"failed": MAX_JOBS}
    with services.database.engine.connect() as connection:
        told = select(PurchaseEventRow.detail).where(PurchaseEventRow.kind == PurchaseEventKind.MAIL_FAILED)
        assert GIVEN_UP in str(connection.scalars(told).one())


def jobs(services: Services) -> dict[str, int]:
    with services.database.engine.begin() as connection:
        found = connection.execute(
            text("SELECT status, count(*) FROM procrastinate_jobs WHERE task_name = 'send_mail' GROUP BY status")
        )
        return {row[0]: row[1] for row in found}


def test_mail_is_sent_again_on_demand_unless_there_is_no_address(
    run: Call, read: Call, work: Call, order: PurchaseOrderCard, database: Database
) -> None:
    work()
    run(steps.send_again, order.id)
    work()
    assert [card.state for card in mails(read, order.id)] == [MailState.SENT, MailState.SENT]
    with database.engine.begin() as connection:
        connection.execute(update(Supplier).values(email=""))
    with pytest.raises(Invalid):
        run(steps.send_again, order.id)


class _Server(socketserver.ThreadingTCPServer):
    """An SMTP server of one line per command; `answers` are what it says to RCPT, the last one for ever."""

    allow_reuse_address, daemon_threads = True, True

    def __init__(self, answers: list[bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.answers = answers
        self.taken: list[bytes] = []


class _Talk(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.wfile.write(b"220 test\r\n")
        for command in self.rfile:
            verb = command[:4].upper()
            if verb == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(self._answer(verb))

    def _answer(self, verb: bytes) -> bytes:
        if verb == b"RCPT":
            answers = self.server.answers
            return answers.pop(0) if len(answers) > 1 else answers[0]
        if verb == b"DATA":
            self.wfile.write(b"354 go on\r\n")
            body = b""
            while (line := self.rfile.readline()) != b".\r\n":
                body += line
            self.server.taken.append(body)
        return b"250 ok\r\n"


@pytest.fixture
def smtp() -> Iterator[Callable[..., _Server]]:
    running: list[_Server] = []

    def start(*answers: bytes) -> _Server:
        server = _Server([*answers, b"250 ok\r\n"] if not answers or answers[-1][:1] == b"4" else list(answers))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def with_server(services: Services, server: _Server) -> Services:
    url = f"smtp+plain://127.0.0.1:{server.server_address[1]}"
    return replace(services, settings=replace(services.settings, smtp_url=url, mail_from="buy@linli.example.com"))


def test_a_server_that_asks_to_wait_gets_the_mail_later(
    services: Services, read: Call, order: PurchaseOrderCard, smtp: Callable[..., _Server], clock: SetClock
) -> None:
    server = smtp(b"451 greylisted\r\n", b"451 greylisted\r\n")
    ours = with_server(services, server)
    run_due(ours)
    (card,) = mails(read, order.id)
    assert (card.state, card.tries, card.error) == (MailState.QUEUED, 1, "451 greylisted")
    clock.move_to(CUTOFF_AT + timedelta(minutes=1))
    run_due(ours)
    clock.move_to(CUTOFF_AT + timedelta(minutes=5))
    run_due(ours)
    assert mails(read, order.id)[0].tries == 2
    clock.move_to(CUTOFF_AT + timedelta(minutes=6))
    run_due(ours)
    (card,) = mails(read, order.id)
    assert (card.state, card.tries, card.error) == (MailState.SENT, 3, "")
    (body,) = server.taken
    assert b"From: buy@linli.example.com" in body


def test_a_refusal_is_final_and_stands_on_the_timeline(
    services: Services, read: Call, order: PurchaseOrderCard, smtp: Callable[..., _Server], database: Database
) -> None:
    run_due(with_server(services, smtp(b"550 no such user\r\n")))
    (card,) = mails(read, order.id)
    assert (card.state, card.tries, card.error) == (MailState.FAILED, 1, "550 no such user")
    with database.engine.connect() as connection:
        told = connection.scalar(
            select(PurchaseEventRow.detail).where(PurchaseEventRow.kind == PurchaseEventKind.MAIL_FAILED)
        )
    assert told == {"to": "orders@s91.example.com", "why": "550 no such user"}


def test_a_dead_server_is_tried_five_times(
    services: Services, read: Call, order: PurchaseOrderCard, clock: SetClock
) -> None:
    ours = replace(services, settings=replace(services.settings, smtp_url="smtp+plain://127.0.0.1:1", mail_from="a@b"))
    for hours in range(6):
        clock.move_to(CUTOFF_AT + timedelta(hours=3 * hours))
        run_due(ours)
    (card,) = mails(read, order.id)
    assert (card.state, card.tries, card.error[:22]) == (MailState.FAILED, 5, "ConnectionRefusedError")


def test_headers_cannot_be_smuggled_in_and_production_without_a_server_says_so(settings: Settings) -> None:
    mail = OutgoingMail(key=new_id(), to_address="a@b\r\nBcc: c@d", subject="x", text="y")
    with pytest.raises(MailRefused):
        gateway_for(settings).send(mail, START)
    with pytest.raises(MailRefused, match="no mail server"):
        gateway_for(replace(settings, mode="production")).send(replace(mail, to_address="a@b"), START)
    assert isinstance(gateway_for(replace(settings, smtp_url="smtps://mail.example.com")), SmtpGateway)


@pytest.mark.parametrize(
    "wrong",
    [
        {"LINLI_SMTP_URL": "http://mail.example.com", "LINLI_MAIL_FROM": "a@b.example"},
        {"LINLI_SMTP_URL": "smtps://mail.example.com:many", "LINLI_MAIL_FROM": "a@b.example"},
        {"LINLI_SMTP_URL": "smtps://u:p@", "LINLI_MAIL_FROM": "a@b.example"},
        {"LINLI_SMTP_URL": "smtps://u:secret@mail.example.com"},
        {"LINLI_MAIL_FROM": "nobody"},
        {"LINLI_MAIL_FROM": "a@b\nBcc: c@d"},
    ],
)
def test_wrong_mail_settings_end_the_start(wrong: dict[str, str]) -> None:
    with pytest.raises(BadSettings, match="LINLI_") as refusal:
        Settings.from_env({"LINLI_MODE": "test", **wrong})
    assert "secret" not in str(refusal.value)

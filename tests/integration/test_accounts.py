"""Accounts and sign-ins on a real database."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from app.domains.accounts import queries, rules
from app.domains.accounts.errors import LoginTaken, PhoneTaken, WeakPassword, WrongCode, WrongCredentials
from app.domains.accounts.models import Account, OneTimeCode, SignIn
from app.domains.accounts.service import accounts, sign_ins, throttle
from app.domains.accounts.values import Door, OpenAccount, SignedIn, SignInWithCode, SignInWithPassword
from app.infra.audit import AuditRow
from app.infra.clock import SetClock
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound, TooMany
from app.kernel.ids import new_id
from tests.factories.accounts import PASSWORD, make_account, make_sign_in, person_of

Run = Callable[..., Any]
ANYBODY = Actor.anonymous()


def rows(database: Database, model: type) -> int:
    with database.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(model)) or 0


def try_password(database: Database, login: str, password: str = PASSWORD, address: str = "1.2.3.4") -> Any:
    wish = SignInWithPassword(login=login, password=password, door=Door.PORTAL, address=address)
    return database.transact(ANYBODY, sign_ins.sign_in_with_password, wish)


def test_an_account_is_opened_with_everything_in_its_normal_form(run: Run, read: Run, database: Database) -> None:
    wish = OpenAccount(
        role=Role.LEADER, name=" 王  姐 ", login="WangJie", password="kiwi-742", phone="+86 138 0013 8000"
    )
    account_id = run(accounts.open_account, wish)
    card = read(queries.get_account, account_id)
    assert (card.name, card.login, card.phone, card.locale, card.is_disabled) == (
        "王 姐",
        "wangjie",
        "13800138000",
        "zh",
        False,
    )
    assert read(queries.find_account_by_login, "WANGJIE") == card
    assert read(queries.accounts_by_role, Role.LEADER) == [card]
    assert read(queries.names, [account_id]) == {account_id: "王 姐"}
    assert read(queries.ids_by_login, ["wangjie", "nobody"]) == {"wangjie": account_id}
    assert read(queries.ids_by_phone, Role.LEADER, ["13800138000"]) == {"13800138000": account_id}
    with database.engine.connect() as connection:
        action, entity = connection.execute(select(AuditRow.action, AuditRow.entity_id)).one()
    assert (action, entity) == ("accounts.open", account_id)


def test_logins_and_phones_are_taken_once(run: Run, database: Database) -> None:
    run(accounts.open_account, OpenAccount(role=Role.LEADER, name="A", login="a-1", phone="13800138000"))
    with pytest.raises(LoginTaken) as refusal:
        run(accounts.open_account, OpenAccount(role=Role.LEADER, name="B", login="A-1"))
    assert refusal.value.detail() == {"login": "a-1"}
    with pytest.raises(PhoneTaken):
        run(accounts.open_account, OpenAccount(role=Role.LEADER, name="B", login="b-1", phone="13800138000"))
    run(accounts.open_account, OpenAccount(role=Role.RESIDENT, name="A at home", phone="13800138000"))
    assert rows(database, Account) == 2


def test_many_accounts_are_opened_together_or_not_at_all(run: Run, database: Database) -> None:
    wishes = [OpenAccount(role=Role.RESIDENT, name=f"R{n}", phone=f"139{n:08d}") for n in range(50)]
    ids = run(accounts.open_accounts, wishes)
    assert len(set(ids)) == 50
    with pytest.raises(PhoneTaken):
        run(accounts.open_accounts, [OpenAccount(role=Role.RESIDENT, name="new", phone="13700000000"), wishes[7]])
    twin = OpenAccount(role=Role.RESIDENT, name="twin", phone="13600000000")
    with pytest.raises(PhoneTaken):
        run(accounts.open_accounts, [twin, twin])
    assert run(accounts.open_accounts, []) == []
    assert rows(database, Account) == 50


def test_only_the_hq_admin_makes_accounts_of_hq(run: Run, database: Database) -> None:
    desk = person_of(run(make_account, Role.HQ_COMMUNITY))
    admin_account = run(make_account, Role.HQ_ADMIN)
    wish = OpenAccount(role=Role.HQ_ADMIN, name="me too", login="me-too", password="kiwi-742")
    for use_case, arguments in (
        (accounts.open_account, (wish,)),
        (accounts.set_password, (admin_account.id, "kiwi-742")),
        (accounts.change_role, (desk.id, Role.HQ_ADMIN)),
        (accounts.disable, (admin_account.id,)),
    ):
        with pytest.raises(Forbidden):
            database.transact(desk, use_case, *arguments)
    assert rows(database, Account) == 2
    assert isinstance(database.transact(person_of(admin_account), accounts.open_account, wish), UUID)
    leader = OpenAccount(role=Role.LEADER, name="L", login="l-1")
    assert isinstance(database.transact(desk, accounts.open_account, leader), UUID)
    with pytest.raises(Invalid):
        run(accounts.open_account, OpenAccount(role=Role.SYSTEM, name="root"))


def test_only_hq_accounts_change_their_role(run: Run, read: Run) -> None:
    buyer, leader = run(make_account, Role.HQ_BUYER), run(make_account, Role.LEADER)
    run(accounts.change_role, buyer.id, Role.HQ_FINANCE)
    assert read(queries.get_account, buyer.id).role is Role.HQ_FINANCE
    with pytest.raises(Invalid):
        run(accounts.change_role, leader.id, Role.HQ_FINANCE)
    with pytest.raises(Invalid):
        run(accounts.change_role, buyer.id, Role.RESIDENT)


def test_nobody_else_may_manage_accounts(run: Run, database: Database) -> None:
    for role in (Role.ANONYMOUS, Role.RESIDENT, Role.LEADER, Role.HQ_BUYER):
        with pytest.raises(Forbidden):
            database.transact(Actor("x", role, new_id()), accounts.disable, new_id())
    with pytest.raises(NotFound):
        run(accounts.disable, new_id())


def test_signing_in_with_a_password(run: Run, read: Run, database: Database, clock: SetClock) -> None:
    leader = run(make_account, Role.LEADER, login="wang", name="王姐")
    signed = try_password(database, " Wang ")
    assert isinstance(signed, SignedIn)
    assert (signed.account_id, signed.role, signed.name, signed.is_new) == (leader.id, Role.LEADER, "王姐", False)
    who = read(queries.person_of_token, signed.token, clock.now())
    assert (who.account_id, who.door, who.csrf_token, who.due_for_renewal) == (
        leader.id,
        Door.PORTAL,
        signed.csrf_token,
        False,
    )
    assert read(queries.person_of_token, "another token", clock.now()) is None
    with database.engine.connect() as connection:
        kept = connection.scalar(select(SignIn.token_hash))
    assert kept == rules.hash_token(signed.token) != signed.token


def test_what_is_wrong_is_not_told(run: Run, database: Database) -> None:
    run(make_account, Role.LEADER, login="wang")
    run(make_account, Role.LEADER, login="gone", disabled_at=database.clock.now())
    run(make_account, Role.HQ_ADMIN, login="chief")
    run(make_account, Role.LEADER, login="none", password_hash=None)
    for login, password in (
        ("wang", "wrong"),
        ("nobody", PASSWORD),
        ("gone", PASSWORD),
        ("chief", PASSWORD),
        ("none", ""),
    ):
        assert isinstance(try_password(database, login, password), WrongCredentials), login
    assert rows(database, SignIn) == 0


def test_ten_wrong_passwords_close_a_login_for_a_while(run: Run, database: Database, clock: SetClock) -> None:
    run(make_account, Role.LEADER, login="wang")
    for n in range(10):
        assert isinstance(try_password(database, "wang", "wrong", f"10.0.0.{n}"), WrongCredentials)
    with pytest.raises(TooMany) as refusal:
        try_password(database, "wang", PASSWORD, "10.0.1.1")
    assert refusal.value.retry_after_s == 900
    clock.move_to(clock.now() + timedelta(seconds=900))
    assert isinstance(try_password(database, "wang"), SignedIn)


def test_the_right_password_starts_the_count_anew(run: Run, database: Database) -> None:
    run(make_account, Role.LEADER, login="wang")
    for _ in range(2):
        for _ in range(9):
            try_password(database, "wang", "wrong")
        assert isinstance(try_password(database, "wang"), SignedIn)


def test_one_address_cannot_try_many_logins(run: Run, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_ins, "ADDRESS_LIMIT", (3, 900))
    run(make_account, Role.LEADER, login="wang")
    for n in range(3):
        try_password(database, f"guess-{n}", "wrong", "6.6.6.6")
    with pytest.raises(TooMany):
        try_password(database, "wang", PASSWORD, "6.6.6.6")
    assert isinstance(try_password(database, "wang", PASSWORD, "7.7.7.7"), SignedIn)


def test_an_outdated_hash_is_made_anew(run: Run, database: Database) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    leader = run(make_account, Role.LEADER, login="wang", password_hash=weak)
    assert isinstance(try_password(database, "wang"), SignedIn)
    with database.engine.connect() as connection:
        kept = connection.scalar(select(Account.password_hash).where(Account.id == leader.id))
    assert kept is not None
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_code_opens_an_account_and_the_next_one_finds_it(run: Run, database: Database) -> None:
    code = database.transact(ANYBODY, sign_ins.ask_code, "138 0013 8000", "1.1.1.1")
    assert len(code) == 6
    assert code.isdigit()
    first = database.transact(
        ANYBODY, sign_ins.sign_in_with_code, SignInWithCode(phone="13800138000", code=code, name="小李")
    )
    assert (first.role, first.name, first.is_new) == (Role.RESIDENT, "小李", True)
    again = database.transact(ANYBODY, sign_ins.ask_code, "13800138000", "1.1.1.1")
    second = database.transact(ANYBODY, sign_ins.sign_in_with_code, SignInWithCode(phone="+8613800138000", code=again))
    assert (second.account_id, second.is_new) == (first.account_id, False)
    assert rows(database, Account) == 1


def test_a_nameless_newcomer_is_called_by_the_last_digits(database: Database) -> None:
    code = database.transact(ANYBODY, sign_ins.ask_code, "13800138000", "1.1.1.1")
    signed = database.transact(ANYBODY, sign_ins.sign_in_with_code, SignInWithCode(phone="13800138000", code=code))
    assert signed.name == "用户8000"


def test_a_code_works_once_for_five_minutes_and_the_newest_only(database: Database, clock: SetClock) -> None:
    def ask() -> str:
        code: str = database.transact(ANYBODY, sign_ins.ask_code, "13800138000", "1.1.1.1")
        return code

    def give(code: str) -> Any:
        return database.transact(ANYBODY, sign_ins.sign_in_with_code, SignInWithCode(phone="13800138000", code=code))

    old, new = ask(), ask()
    assert old == new or isinstance(give(old), WrongCode)
    assert isinstance(give(new), SignedIn)
    assert isinstance(give(new), WrongCode)
    late = ask()
    clock.move_to(clock.now() + timedelta(minutes=5))
    refusal = give(late)
    assert isinstance(refusal, WrongCode)
    assert refusal.tries_left == 0


def test_a_code_allows_five_guesses(database: Database) -> None:
    code = database.transact(ANYBODY, sign_ins.ask_code, "13800138000", "1.1.1.1")
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    left = []
    for _ in range(6):
        guess = SignInWithCode(phone="13800138000", code=wrong)
        left.append(database.transact(ANYBODY, sign_ins.sign_in_with_code, guess).tries_left)
    assert left == [4, 3, 2, 1, 0, 0]
    right = SignInWithCode(phone="13800138000", code=code)
    assert isinstance(database.transact(ANYBODY, sign_ins.sign_in_with_code, right), WrongCode)
    assert (rows(database, SignIn), rows(database, Account)) == (0, 0)


def test_what_is_no_code_costs_no_try(database: Database) -> None:
    code = database.transact(ANYBODY, sign_ins.ask_code, "13800138000", "1.1.1.1")
    for typed in ("", "12345", "1234567", "abcdef") * 2:
        with pytest.raises(Invalid):
            database.transact(ANYBODY, sign_ins.sign_in_with_code, SignInWithCode(phone="13800138000", code=typed))
    typed = f" {code[:3]} {code[3:]} "
    right = SignInWithCode(phone="0086 138-0013-8000", code=typed)
    signed = database.transact(ANYBODY, sign_ins.sign_in_with_code, right)
    assert isinstance(signed, SignedIn)
    again = database.transact(ANYBODY, sign_ins.ask_code, "86 138 0013 8000", "1.1.1.1")
    twin = database.transact(ANYBODY, sign_ins.sign_in_with_code, SignInWithCode(phone="13800138000", code=again))
    assert (twin.account_id, twin.is_new, rows(database, Account)) == (signed.account_id, False, 1)


def test_a_phone_cannot_be_flooded_with_codes(database: Database, clock: SetClock) -> None:
    for n in range(5):
        database.transact(ANYBODY, sign_ins.ask_code, "13800138000", f"1.1.1.{n}")
    with pytest.raises(TooMany) as refusal:
        database.transact(ANYBODY, sign_ins.ask_code, "13800138000", "1.1.1.9")
    assert refusal.value.retry_after_s == 600
    assert rows(database, OneTimeCode) == 5
    clock.move_to(clock.now() + timedelta(minutes=10))
    assert database.transact(ANYBODY, sign_ins.ask_code, "13800138000", "1.1.1.9").isdigit()


def test_the_mini_program_vouches_for_its_people(run: Run, database: Database) -> None:
    first = database.transact(ANYBODY, sign_ins.sign_in_with_openid, "o-1", "小李")
    second = database.transact(ANYBODY, sign_ins.sign_in_with_openid, "o-1")
    assert (first.is_new, second.is_new) == (True, False)
    assert first.account_id == second.account_id
    run(accounts.disable, first.account_id)
    with pytest.raises(Forbidden):
        database.transact(ANYBODY, sign_ins.sign_in_with_openid, "o-1")


def test_signing_out_ends_only_this_sign_in(run: Run, read: Run, database: Database, clock: SetClock) -> None:
    leader = run(make_account, Role.LEADER)
    me = person_of(leader)
    here, _ = run(make_sign_in, leader, Door.PORTAL)
    there, _ = run(make_sign_in, leader, Door.PORTAL)
    sign_in_id = read(queries.person_of_token, here, clock.now()).sign_in_id
    stranger = person_of(run(make_account, Role.LEADER))
    database.transact(stranger, sign_ins.sign_out, sign_in_id)
    assert read(queries.person_of_token, here, clock.now()) is not None
    database.transact(me, sign_ins.sign_out, sign_in_id)
    assert read(queries.person_of_token, here, clock.now()) is None
    assert read(queries.person_of_token, there, clock.now()) is not None
    with pytest.raises(Forbidden):
        database.transact(stranger, sign_ins.sign_out_everywhere, leader.id)
    assert database.transact(me, sign_ins.sign_out_everywhere, leader.id) == 1
    assert read(queries.person_of_token, there, clock.now()) is None


@pytest.mark.parametrize("ending", ["disable", "set_password", "change_password"])
def test_sign_ins_end_at_once_with(ending: str, run: Run, read: Run, database: Database, clock: SetClock) -> None:
    leader = run(make_account, Role.LEADER)
    token, _ = run(make_sign_in, leader, Door.API)
    if ending == "disable":
        run(accounts.disable, leader.id)
        run(accounts.disable, leader.id)
        run(accounts.enable, leader.id)
    elif ending == "set_password":
        run(accounts.set_password, leader.id, "kiwi-742")
    else:
        assert database.transact(person_of(leader), accounts.change_password, PASSWORD, "kiwi-742") is None
    assert read(queries.person_of_token, token, clock.now()) is None
    if ending != "disable":
        assert leader.login is not None
        assert isinstance(try_password(database, leader.login, "kiwi-742"), SignedIn)
        assert isinstance(try_password(database, leader.login, PASSWORD), WrongCredentials)


def test_changing_a_password_takes_the_old_one(run: Run, database: Database) -> None:
    me = person_of(run(make_account, Role.LEADER))
    with pytest.raises(WeakPassword):
        database.transact(me, accounts.change_password, PASSWORD, "short")
    for _ in range(10):
        assert isinstance(database.transact(me, accounts.change_password, "wrong", "kiwi-742"), WrongCredentials)
    with pytest.raises(TooMany):
        database.transact(me, accounts.change_password, PASSWORD, "kiwi-742")


def test_a_used_sign_in_is_prolonged_by_its_owner(run: Run, read: Run, database: Database, clock: SetClock) -> None:
    admin = run(make_account, Role.HQ_ADMIN)
    token, _ = run(make_sign_in, admin, Door.CONSOLE)
    clock.move_to(clock.now() + timedelta(hours=13))
    who = read(queries.person_of_token, token, clock.now())
    assert who.due_for_renewal
    database.transact(person_of(run(make_account, Role.HQ_ADMIN)), sign_ins.prolong, who.sign_in_id)
    assert read(queries.person_of_token, token, clock.now()).due_for_renewal
    database.transact(person_of(admin), sign_ins.prolong, who.sign_in_id)
    assert not read(queries.person_of_token, token, clock.now()).due_for_renewal
    clock.move_to(clock.now() + timedelta(hours=23, minutes=59))
    assert read(queries.person_of_token, token, clock.now()) is not None
    clock.move_to(clock.now() + timedelta(minutes=1))
    assert read(queries.person_of_token, token, clock.now()) is None


def test_tries_are_counted_in_windows(run: Run, clock: SetClock) -> None:
    assert [run(throttle.count_try, "k", 3, 60) for _ in range(3)] == [1, 2, 3]
    with pytest.raises(TooMany) as refusal:
        run(throttle.count_try, "k", 3, 60)
    assert refusal.value.retry_after_s == 60
    with pytest.raises(TooMany):
        run(throttle.refuse_if_full, "k", 3, 60)
    run(throttle.refuse_if_full, "other", 3, 60)
    clock.move_to(clock.now() + timedelta(seconds=59))
    with pytest.raises(TooMany) as refusal:
        run(throttle.count_try, "k", 3, 60)
    assert refusal.value.retry_after_s == 1
    clock.move_to(clock.now() + timedelta(seconds=1))
    assert run(throttle.count_try, "k", 3, 60) == 1
    run(throttle.forget, "k")
    assert run(throttle.count_try, "k", 3, 60) == 1
    assert run(throttle.clear_old, clock.now() + timedelta(days=1)) == 1


def test_what_has_ended_is_tidied_away(run: Run, read: Run, database: Database, clock: SetClock) -> None:
    leader = run(make_account, Role.LEADER)
    run(make_sign_in, leader, Door.CONSOLE)
    alive, _ = run(make_sign_in, leader, Door.API)
    database.transact(ANYBODY, sign_ins.ask_code, "13800138000", "1.1.1.1")
    clock.move_to(clock.now() + timedelta(days=8))
    assert run(sign_ins.clear_ended, clock.now() - timedelta(days=7)) == 1
    assert run(sign_ins.clear_ended, clock.now()) == 1
    assert (rows(database, SignIn), rows(database, OneTimeCode)) == (1, 0)
    assert read(queries.person_of_token, alive, clock.now()) is not None


def test_the_language_is_remembered(run: Run, read: Run, database: Database) -> None:
    me = run(make_account, Role.RESIDENT)
    database.transact(person_of(me), accounts.set_locale, "en")
    assert read(queries.get_account, me.id).locale == "en"
    with pytest.raises(Invalid):
        database.transact(person_of(me), accounts.set_locale, "fr")
    with pytest.raises(NotFound):
        read(queries.get_account, new_id())

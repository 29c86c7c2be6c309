"""Phones, logins, passwords and the lives of sign-ins."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domains.accounts import rules
from app.domains.accounts.errors import WeakPassword
from app.domains.accounts.values import Door
from app.infra.passwords import hash_password, is_outdated, verify_password
from app.kernel.errors import Invalid

T0 = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("138 0013-8000", "13800138000"),
        ("+86 13800138000", "13800138000"),
        ("+44 20 7946 0000", "+442079460000"),
        ("(010) 1234 5678", "01012345678"),
        ("0086 138 0013 8000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("86138 0013 8000", "13800138000"),
        ("86-13800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("＋８６　１３８－００１３－８０００", "13800138000"),
        ("138\u20130013\u20138000", "13800138000"),
        ("\u202a13800138000\u202c", "13800138000"),
        ("0044 20 7946 0000", "+442079460000"),
    ],
)
def test_phones_are_kept_in_one_form(text: str, phone: str) -> None:
    assert rules.normal_phone(text) == phone


@pytest.mark.parametrize(
    "text", ["", "12345", "1380013800", "138001380001", "1380013800x", "1" * 16, "+86", "8613800", "+1234567"]
)
def test_what_is_no_phone_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.normal_phone(text)
    assert refusal.value.detail() == {"field": "phone", "reason": "not a phone number"}


@pytest.mark.parametrize("text", ["123456", " 123 456 ", "１２３４５６", "123-456"])
def test_codes_are_six_digits_however_typed(text: str) -> None:
    assert rules.normal_code(text) == "123456"


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345a"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.normal_code(text)
    assert refusal.value.detail() == {"field": "code", "reason": "six digits"}


def test_logins_are_lower_case() -> None:
    assert rules.normal_login("  Wang.Fang@HQ ") == "wang.fang@hq"
    for wrong in ("a", ".hidden", "with space", "王芳", "x" * 65):
        with pytest.raises(Invalid):
            rules.normal_login(wrong)


def test_names_are_single_spaced_and_short() -> None:
    assert rules.normal_name("  王  芳 ") == "王 芳"
    for wrong in ("", "   ", "x" * 41, "a\u202eb"):
        with pytest.raises(Invalid):
            rules.normal_name(wrong)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaa", "abababab", "x" * 129, "leader-1!!!"])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword) as refusal:
        rules.check_password(password, "leader-1")
    assert refusal.value.detail() == {"min_length": 8}


def test_a_password_of_eight_characters_will_do() -> None:
    assert rules.check_password("kiwi-742", "leader-1") == "kiwi-742"


def test_a_sign_in_lives_while_it_is_used_but_not_for_ever() -> None:
    idle, absolute = rules.LIVES[Door.CONSOLE]
    assert (idle, absolute) == (timedelta(hours=24), timedelta(days=7))
    assert rules.expiry(Door.CONSOLE, T0, T0) == T0 + idle
    assert rules.expiry(Door.CONSOLE, T0, T0 + timedelta(days=6, hours=12)) == T0 + absolute


def test_renewal_is_due_after_half_of_the_idle_time() -> None:
    ends = rules.expiry(Door.CONSOLE, T0, T0)
    assert not rules.due_for_renewal(Door.CONSOLE, T0, ends, T0 + timedelta(hours=12))
    assert rules.due_for_renewal(Door.CONSOLE, T0, ends, T0 + timedelta(hours=12, seconds=1))
    last = T0 + timedelta(days=7)
    assert not rules.due_for_renewal(Door.CONSOLE, T0, last, last - timedelta(hours=1))


def test_argon2id_with_the_chosen_cost() -> None:
    kept = hash_password("correct horse")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert verify_password(kept, "correct horse")
    assert not verify_password(kept, "correct horsf")
    assert not verify_password(None, "correct horse")
    assert not verify_password("not a hash", "correct horse")
    assert not is_outdated(kept)
    assert is_outdated(kept.replace("t=2", "t=1"))

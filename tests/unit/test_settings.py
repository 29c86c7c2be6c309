"""Settings: everything that is wrong is named at once, before anything starts."""

from pathlib import Path

import pytest

from app.infra.links import own_secret
from app.infra.settings import BadSettings, Settings

PRODUCTION = {
    "LINLI_MODE": "production",
    "DATABASE_URL": "postgres://linli@db/linli",
    "STRIPE_API_KEY": "sk_live_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
    "LINLI_SECRET_KEY": "k" * 32,
    "LINLI_PUBLIC_URL": "https://linli.example/",
}


def test_a_demo_needs_nothing() -> None:
    settings = Settings.from_env({})
    assert (settings.mode, settings.database_url, settings.pool_size, settings.trusted_proxies) == ("demo", "", 8, 0)
    assert (settings.public_url, settings.secure_cookies, settings.clock_file) == ("http://127.0.0.1:8000", False, None)
    assert settings.log_level == "INFO"


def test_production() -> None:
    settings = Settings.from_env(
        PRODUCTION | {"LINLI_TRUSTED_PROXIES": "1", "LINLI_POOL_SIZE": "16", "LINLI_STALLED_AFTER_S": "5"}
    )
    assert settings.database_url == "postgresql://linli@db/linli"
    assert (settings.public_url, settings.secure_cookies) == ("https://linli.example", True)
    assert (settings.trusted_proxies, settings.pool_size, settings.stalled_after_s) == (1, 16, 5)


def test_everything_that_is_missing_in_production_is_named() -> None:
    with pytest.raises(BadSettings) as refusal:
        Settings.from_env({"LINLI_MODE": "production", "LINLI_CLOCK_FILE": "/tmp/clock"})
    for word in (
        "DATABASE_URL",
        "STRIPE_API_KEY",
        "STRIPE_WEBHOOK_SECRET",
        "LINLI_SECRET_KEY",
        "LINLI_CLOCK_FILE",
        "https://",
    ):
        assert word in str(refusal.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"LINLI_MODE": "staging"},
        {"DATABASE_URL": "mysql://x"},
        {"LINLI_POOL_SIZE": "0"},
        {"LINLI_POOL_SIZE": "many"},
        {"LINLI_STALLED_AFTER_S": "1"},
        {"LINLI_PUBLIC_URL": "linli.example"},
        {"LINLI_TRUSTED_PROXIES": "-1"},
        {"LINLI_TRUSTED_PROXIES": "6"},
    ],
)
def test_values_that_cannot_work_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(BadSettings) as refusal:
        Settings.from_env(wrong)
    assert next(iter(wrong)) in str(refusal.value)


def test_the_own_secret_is_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    first = own_secret(tmp_path / "var")
    assert len(first) == 64
    assert own_secret(tmp_path / "var") == first
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert own_secret(tmp_path / "other") != first

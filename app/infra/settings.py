"""Settings, read once from the environment, checked at start, frozen afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app.kernel.geo import System

#: Bounds of `keep_days`: the provider repeats an event for three days, and a phone may send a request again after days.
KEEP_DAYS = (7, 3650)
#: Bounds of `keep_photo_days`: while a payer may still dispute a payment at the bank, the photos may be needed.
KEEP_PHOTO_DAYS = (30, 3650)


class BadSettings(Exception):
    """The environment holds values that cannot work; the message lists every one of them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between installations. No secret has a default outside the demo."""

    #: PostgreSQL URL (15 or newer); empty = the embedded server under `var_dir`.
    database_url: str
    #: "production", "demo" (shows one-time codes, ready logins) or "test".
    mode: str
    #: Where this installation is reached from outside, without a trailing slash; used in payment return links.
    public_url: str
    #: Directory for the embedded database, uploads and other local state.
    var_dir: Path
    stripe_key: str
    #: Other base address for Stripe's API (the offline double); empty = Stripe itself.
    stripe_base: str
    stripe_webhook_secret: str
    #: File that holds seconds to add to the real time; empty = the real clock. Refused in production.
    clock_file: Path | None
    log_level: str
    #: Connections that one process may hold at once.
    pool_size: int
    #: Signs the short messages that a page shows after an action; empty = made once and kept under `var_dir`.
    secret_key: str = ""
    #: How many proxies in front of us may be believed about the visitor's address and scheme.
    trusted_proxies: int = 0
    #: Gzip'd request bodies and uploads above this many bytes are refused.
    max_body_bytes: int = 8 * 1024 * 1024
    #: The mini-program's app; both empty = nobody signs in by WeChat (in demo and tests an offline double answers).
    wechat_app_id: str = ""
    wechat_secret: str = ""
    #: An OSRM server that knows the roads; empty = straight lines with each hub's detour.
    osrm_url: str = ""
    #: Seconds that one question to it may take.
    osrm_timeout_s: int = 10
    #: Seconds without a heartbeat after which a worker counts as dead and its jobs are taken back.
    stalled_after_s: int = 30
    #: smtps://user:password@host:465 or smtp://… (STARTTLS); empty = no mail server (files in demo and tests).
    smtp_url: str = ""
    #: Who e-mails come from.
    mail_from: str = "linli@localhost"

    #: Address of map tiles with {z}, {x} and {y}; empty = maps without a background, and nobody outside is asked.
    map_tiles_url: str = ""
    #: The coordinate system that these tiles are drawn in (Baidu's cut their tiles in a way of their own).
    map_tiles_system: System = System.WGS84
    #: Who made the map, as its licence wants it shown.
    map_attribution: str = ""
    #: Who looks up addresses: "none", "nominatim", "amap" or "baidu"; its address, its key, and how often a minute.
    geocoder: str = "none"
    geocoder_url: str = ""
    geocoder_key: str = ""
    geocoder_per_minute: int = 30
    #: Days for which request keys, deliveries, provider events and ended sign-ins are kept.
    keep_days: int = 30
    #: Days for which photos of decided claims are kept.
    keep_photo_days: int = 365
    #: Orders promised in cash that a resident may leave unfetched before she must pay ahead; 0 = no limit.
    cash_misses: int = 2

    @property
    def secure_cookies(self) -> bool:
        """Cookies travel only over TLS wherever the public address is https."""
        return self.public_url.startswith("https://")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read the `LINLI_*` variables and DATABASE_URL; raises BadSettings that names all that is wrong."""
        wrong: list[str] = []
        mode = env.get("LINLI_MODE", "demo")
        if mode not in {"production", "demo", "test"}:
            wrong.append(f"LINLI_MODE must be production, demo or test, not {mode!r}")
        database_url = env.get("DATABASE_URL", "")
        if database_url and urlsplit(database_url).scheme not in {"postgresql", "postgres"}:
            wrong.append("DATABASE_URL must begin with postgresql://")
        pool = _number(env, "LINLI_POOL_SIZE", 8, (1, 64), wrong)
        proxies = _number(env, "LINLI_TRUSTED_PROXIES", 0, (0, 5), wrong)
        osrm_timeout = _number(env, "LINLI_OSRM_TIMEOUT_S", 10, (1, 120), wrong)
        if env.get("LINLI_OSRM_URL") and urlsplit(env["LINLI_OSRM_URL"]).scheme not in {"http", "https"}:
            wrong.append("LINLI_OSRM_URL must begin with http:// or https://")
        keep_days = _number(env, "LINLI_KEEP_DAYS", 30, KEEP_DAYS, wrong)
        keep_photo_days = _number(env, "LINLI_KEEP_PHOTO_DAYS", 365, KEEP_PHOTO_DAYS, wrong)
        cash_misses = _number(env, "LINLI_CASH_MISSES", 2, (0, 50), wrong)
        stalled = _number(env, "LINLI_STALLED_AFTER_S", 30, (2, 3600), wrong)
        public_url = env.get("LINLI_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
        if urlsplit(public_url).scheme not in {"http", "https"}:
            wrong.append("LINLI_PUBLIC_URL must begin with http:// or https://")
        tiles_system = _tiles_system(env, wrong)
        per_minute = _number(env, "LINLI_GEOCODER_PER_MINUTE", 30, (1, 6000), wrong)
        wrong += _geocoder_faults(env)
        wrong += _mail_faults(env, mode)
        wrong += _production_gaps(env, public_url) if mode == "production" else []
        if wrong:
            raise BadSettings("; ".join(wrong))
        clock_file = env.get("LINLI_CLOCK_FILE")
        return cls(
            database_url=database_url.replace("postgres://", "postgresql://", 1),
            mode=mode,
            public_url=public_url,
            var_dir=Path(env.get("LINLI_VAR", "var")).resolve(),
            stripe_key=env.get("STRIPE_API_KEY", "sk_test_linli_demo"),
            stripe_base=env.get("STRIPE_API_BASE", ""),
            stripe_webhook_secret=env.get("STRIPE_WEBHOOK_SECRET", "whsec_linli_demo"),
            clock_file=Path(clock_file) if clock_file else None,
            log_level=env.get("LINLI_LOG_LEVEL", "WARNING" if mode == "test" else "INFO").upper(),
            pool_size=pool,
            secret_key=env.get("LINLI_SECRET_KEY", ""),
            trusted_proxies=proxies,
            stalled_after_s=stalled,
            keep_days=keep_days,
            keep_photo_days=keep_photo_days,
            cash_misses=cash_misses,
            wechat_app_id=env.get("WECHAT_APP_ID", ""),
            wechat_secret=env.get("WECHAT_APP_SECRET", ""),
            osrm_url=env.get("LINLI_OSRM_URL", ""),
            osrm_timeout_s=osrm_timeout,
            smtp_url=env.get("LINLI_SMTP_URL", ""),
            mail_from=env.get("LINLI_MAIL_FROM", "linli@localhost"),
            map_tiles_url=env.get("LINLI_MAP_TILES_URL", ""),
            map_tiles_system=tiles_system,
            map_attribution=env.get("LINLI_MAP_ATTRIBUTION", ""),
            geocoder=env.get("LINLI_GEOCODER", "none"),
            geocoder_url=env.get("LINLI_GEOCODER_URL", ""),
            geocoder_key=env.get("LINLI_GEOCODER_KEY", ""),
            geocoder_per_minute=per_minute,
        )


def _number(env: Mapping[str, str], name: str, default: int, bounds: tuple[int, int], wrong: list[str]) -> int:
    """A whole number within bounds; what is wrong with it is added to `wrong`."""
    told, (least, most) = env.get(name, str(default)), bounds
    if told.isdecimal() and least <= int(told) <= most:
        return int(told)
    wrong.append(f"{name} must be a number from {least} to {most}, not {told!r}")
    return default


def _tiles_system(env: Mapping[str, str], wrong: list[str]) -> System:
    """The system of the map's tiles; what is wrong with it or with their address is added to `wrong`."""
    url, told = env.get("LINLI_MAP_TILES_URL", ""), env.get("LINLI_MAP_TILES_SYSTEM", System.WGS84)
    if url and (
        urlsplit(url).scheme not in {"http", "https"} or not all(part in url for part in ("{z}", "{x}", "{y}"))
    ):
        wrong.append("LINLI_MAP_TILES_URL must begin with http:// or https:// and hold {z}, {x} and {y}")
    if told not in {System.WGS84, System.GCJ02}:
        wrong.append(f"LINLI_MAP_TILES_SYSTEM must be wgs84 or gcj02, not {told!r}")
        return System.WGS84
    return System(told)


def _geocoder_faults(env: Mapping[str, str]) -> list[str]:
    """What is wrong with the geocoder's name, address or key; the key is never repeated."""
    name, url = env.get("LINLI_GEOCODER", "none"), env.get("LINLI_GEOCODER_URL", "")
    if name not in {"none", "nominatim", "amap", "baidu"}:
        return [f"LINLI_GEOCODER must be none, nominatim, amap or baidu, not {name!r}"]
    faults = []
    if name != "none" and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc):
        faults.append("LINLI_GEOCODER_URL must begin with http:// or https:// where a geocoder is named")
    if name in {"amap", "baidu"} and not env.get("LINLI_GEOCODER_KEY"):
        faults.append(f"LINLI_GEOCODER_KEY is required for {name}")
    return faults


def _mail_faults(env: Mapping[str, str], mode: str) -> list[str]:
    """What is wrong with the mail server's address or the sender's; the password is never repeated."""
    url, sender = env.get("LINLI_SMTP_URL", ""), env.get("LINLI_MAIL_FROM", "")
    faults = []
    if sender and (sender.count("@") != 1 or not sender.isprintable() or sender.startswith("@")):
        faults.append(f"LINLI_MAIL_FROM must be an e-mail address, not {sender!r}")
    if not url:
        return faults
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"smtp", "smtps", "smtp+plain"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return [*faults, "LINLI_SMTP_URL has a port that is no number"]
    if not known:
        faults.append("LINLI_SMTP_URL must be smtps://user:password@host:port or smtp://…")
    elif parts.scheme == "smtp+plain" and mode == "production":
        faults.append("LINLI_SMTP_URL must use TLS in production (smtps:// or smtp:// with STARTTLS)")
    if not sender:
        faults.append("LINLI_MAIL_FROM is required with LINLI_SMTP_URL")
    return faults


def _production_gaps(env: Mapping[str, str], public_url: str) -> list[str]:
    """What a production environment lacks or must not have."""
    gaps = [f"{name} is required in production" for name in
            ("DATABASE_URL", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET") if not env.get(name)]  # fmt: skip
    if env.get("LINLI_CLOCK_FILE"):
        gaps.append("LINLI_CLOCK_FILE moves the clock and is refused in production")
    if len(env.get("LINLI_SECRET_KEY", "")) < 32:
        gaps.append("LINLI_SECRET_KEY must be at least 32 characters in production")
    if not public_url.startswith("https://"):
        gaps.append("LINLI_PUBLIC_URL must be https:// in production")
    return gaps

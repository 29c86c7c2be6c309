"""Money as whole minor units (fen, cents). No floats, no silent rounding."""

from collections.abc import Sequence

#: Currencies without a minor unit; every other one here has two digits (ISO 4217).
ZERO_DECIMAL = frozenset({"JPY", "KRW", "VND", "CLP", "XAF", "XOF"})


def share(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` into parts proportional to `weights`; the parts always add up to the whole.

    Largest-remainder method (Hamilton); ties go to the earlier part. Weights are >= 0 and not all 0.
    """
    whole = sum(weights)
    floors = [total * w // whole for w in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(floors)]:
        floors[i] += 1
    return floors


def at_rate(amount_cents: int, rate_bps: int) -> int:
    """`rate_bps` ten-thousandths of an amount, rounded half up to a whole cent; amounts are >= 0."""
    return (amount_cents * rate_bps + 5_000) // 10_000


def tax_in(gross_cents: int, tax_bps: int) -> int:
    """The tax that a price contains, at `tax_bps` ten-thousandths of the price without it, rounded half up.

    100.00 at 9 % contain 8.26: 100.00 × 9 ÷ 109. Amounts and rates are >= 0.
    """
    whole = 10_000 + tax_bps
    return (2 * gross_cents * tax_bps + whole) // (2 * whole)


def parse_cents(text: str, currency: str = "CNY") -> int:
    """Read "19.90" as 1990 minor units; raises ValueError for anything finer, negative or not a number."""
    digits = 0 if currency in ZERO_DECIMAL else 2
    whole, _, fraction = text.strip().partition(".")
    if not whole.isascii() or not whole.isdigit() or (fraction and not (fraction.isascii() and fraction.isdigit())):
        raise ValueError(f"not an amount: {text!r}")
    if len(fraction.rstrip("0")) > digits:
        raise ValueError(f"not an amount: {text!r}")
    scale = 100 if digits else 1
    return int(whole) * scale + (int(fraction[:digits].ljust(digits, "0")) if digits else 0)


def format_cents(amount_cents: int, currency: str = "CNY") -> str:
    """Write 1990 minor units as "19.90", without a symbol."""
    if currency in ZERO_DECIMAL:
        return str(amount_cents)
    sign = "-" if amount_cents < 0 else ""
    return f"{sign}{abs(amount_cents) // 100}.{abs(amount_cents) % 100:02d}"

"""What a document says, apart from how it looks. Every kind is described in these words; two drawers read them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum


class Blank(Enum):
    """A place that is filled in by hand: a box to tick, or a line to write on."""

    BOX = "box"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Signed:
    """A number of pieces to put in (+) or to take out (–)."""

    qty: int


@dataclass(frozen=True, slots=True)
class Rate:
    """A part of a sum in hundredths of a percent."""

    bps: int


#: Whole numbers get commas, decimals are money with two digits, None is an empty cell.
Cell = str | int | Decimal | Blank | Signed | Rate | None


@dataclass(frozen=True, slots=True)
class Fact:
    """A value with its label, above the tables; a whole number is one in workbooks too."""

    label: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, its share of the width, and whether it holds numbers or is printed bold."""

    label: str
    width: float
    is_number: bool = False
    is_strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under headings; `totals` is the last row, printed bold. `is_roomy` leaves space to write by hand.

    `is_large` is for what people read standing, at arm's length, in a cold store at night.

    The first `merged` cells of rows that follow each other are shown once where they are the same, and again on a new
    page.
    """

    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]
    totals: tuple[Cell, ...] | None = None
    heading: str = ""
    is_roomy: bool = False
    is_large: bool = False
    merged: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What every page says at its foot: where it belongs, which state of things it shows, when it was printed.

    A paper that is the same whenever it is printed (`is_issued`) says when it was made out instead.
    """

    hub: str
    round: str
    printed: str
    is_issued: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document on A4.

    `number` names it in files and on paper; `keys` are the columns before each of its rows where many documents share
    one table; `plan` is the stamp that prints of one night share; `qr` is ASCII, without it no code is printed;
    `signs` are lines to sign on.
    """

    title: str
    name: str
    number: str
    stamp: Stamp
    facts: tuple[Fact, ...] = ()
    blocks: tuple[Table | Note, ...] = ()
    keys: tuple[Fact, ...] = ()
    version: int | None = None
    plan: str = ""
    qr: str = ""
    signs: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """Six letters of what the document says without its stamp: two prints of one mark say the same."""
        said = (self.title, self.name, self.number, self.facts, [_plain(block) for block in self.blocks])
        return hashlib.sha256(repr(said).encode()).hexdigest()[:6]

    def table(self) -> Table | None:
        """The table that matters: the first one."""
        return next((block for block in self.blocks if isinstance(block, Table)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label on A6: a headline to be read from three metres, the code as text and as QR, and a few facts."""

    name: str
    place: str
    number: str
    zone: str
    count: str
    facts: tuple[Fact, ...]
    stamp: Stamp
    version: int | None = None
    #: The place at the sorting wall, or empty.
    slot: str = ""


Printed = Document | Label


def _plain(block: Table | Note) -> object:
    return block if isinstance(block, Note) else (block.heading, block.columns, list(block.rows), block.totals)

"""Documents into files: one or many, as PDF, ZIP or workbook, with a word on progress after each."""

import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.documents import labels, pages
from app.documents.book import common_book, one_book
from app.documents.canvas import Mark, Text
from app.documents.catalogue import Form, Kind
from app.documents.glyphs import legible, small_fonts
from app.documents.layout import Document, Label, Printed
from app.documents.pdf import Pen
from app.documents.words import Words

#: So many documents are quicker laid out twice than drawn with fonts of ten thousand letters.
FEW = 20
#: Told how many of how many documents are made.
Progress = Callable[[int, int], None]
TYPES = {
    Form.PDF: ("pdf", "application/pdf"),
    Form.PDF_A4: ("pdf", "application/pdf"),
    Form.ZIP: ("zip", "application/zip"),
    Form.XLSX: ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@dataclass(frozen=True, slots=True)
class File:
    """A finished file with its name and media type."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to be made of described documents."""

    kind: Kind
    form: Form
    words: Words
    at: datetime
    #: What the file is called, without its ending.
    name: str
    #: Who had it made and when, where it holds personal data: it stands below every page, and in a workbook's header.
    mark: str = ""


def _silent(done: int, total: int) -> None:
    del done, total


def make(batch: Batch, printed: Sequence[Printed], progress: Progress = _silent) -> File:
    """The file with all of these documents."""
    if batch.form is Form.XLSX:
        documents = [one for one in printed if isinstance(one, Document)]
        one = len(documents) == 1
        content = (
            one_book(documents[0], batch.words, batch.mark) if one else common_book(documents, batch.words, batch.mark)
        )
        progress(len(printed), len(printed))
    elif batch.form is Form.ZIP:
        content = _zip(batch, printed, progress)
    else:
        content = _pdf(batch, printed, progress)
    ending, media_type = TYPES[batch.form]
    return File(f"{safe_name(batch.name)}.{ending}", content, media_type)


def safe_name(text: str) -> str:
    """A name that every file system takes: letters, digits, dots and dashes."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.")[:120] or "linli"


def _pdf(batch: Batch, printed: Sequence[Printed], progress: Progress) -> bytes:
    """One PDF. A few documents are laid out first and get fonts of their own letters; many are worth the whole ones."""
    if len(printed) > FEW:
        return _drawn(batch, printed, progress, None)
    laid = [one for document in printed for one in _laid(document, batch.words)]
    with tempfile.TemporaryDirectory() as folder:
        return _drawn(batch, printed, progress, small_fonts_of([laid], Path(folder), batch.mark))


def _drawn(batch: Batch, printed: Sequence[Printed], progress: Progress, fonts: Mapping[str, Path] | None) -> bytes:
    pen = Pen(batch.name, batch.at, batch.words.locale, fonts, batch.mark)
    if batch.form is Form.PDF_A4:
        laid = (labels.lay_out(one, batch.words) for one in printed if isinstance(one, Label))
        for page in labels.four_on_a_page(laid):
            pen.page(page, pages.WIDTH, pages.HEIGHT)
        progress(len(printed), len(printed))
        return pen.finish()
    for done, one in enumerate(printed, start=1):
        width, height = (labels.WIDTH, labels.HEIGHT) if isinstance(one, Label) else (pages.WIDTH, pages.HEIGHT)
        for page in _laid(one, batch.words):
            pen.page(page, width, height)
        progress(done, len(printed))
    return pen.finish()


def _laid(one: Printed, words: Words) -> list[list[Mark]]:
    """The pages of a document or a label."""
    return [labels.lay_out(one, words)] if isinstance(one, Label) else list(pages.lay_out(one, words))


def _zip(batch: Batch, printed: Sequence[Printed], progress: Progress) -> bytes:
    """A PDF for each document. All share fonts of only the letters that they need: these open thirty times faster."""
    sink = io.BytesIO()
    used: dict[str, int] = {}
    laid = [pages.lay_out(one, batch.words) if isinstance(one, Document) else [] for one in printed]
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        fonts = small_fonts_of(laid, Path(folder), batch.mark)
        for done, (one, sheets) in enumerate(zip(printed, laid, strict=True), start=1):
            pen = Pen(f"{batch.kind.code} {one.number}", batch.at, batch.words.locale, fonts, batch.mark)
            for page in sheets:
                pen.page(page, pages.WIDTH, pages.HEIGHT)
            archive.writestr(_entry(f"{batch.kind.code}-{one.number}", used), pen.finish())
            progress(done, len(printed))
    return sink.getvalue()


def small_fonts_of(laid: Sequence[Sequence[Sequence[Mark]]], folder: Path, more: str = "") -> Mapping[str, Path]:
    """Fonts with the letters of these pages, and some more."""
    return small_fonts(set(_letters(laid)) | set(legible(more)) | {"□"}, folder)


def _letters(laid: Sequence[Sequence[Sequence[Mark]]]) -> Iterator[str]:
    for document in laid:
        for page in document:
            for mark in page:
                if isinstance(mark, Text):
                    yield from legible(mark.text)


def _entry(name: str, used: dict[str, int]) -> str:
    """A name in the archive; the second of the same name gets a number."""
    plain = safe_name(name)
    used[plain] = used.get(plain, 0) + 1
    return f"{plain}.pdf" if used[plain] == 1 else f"{plain}-{used[plain]}.pdf"

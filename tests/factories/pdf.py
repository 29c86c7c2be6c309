"""Reads what our own PDFs say: the texts of each page in the order in which they were drawn."""

import re
import zlib
from collections.abc import Callable

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\nendstream", re.DOTALL)
_SHOWN = re.compile(rb"/F(\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\) Tj", re.DOTALL)
#: What is drawn aslant: watermarks.
_ASLANT = re.compile(rb"^q\n[-\d. ]+ cm\n(.*?)\nQ\n", re.DOTALL | re.MULTILINE)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages_of(content: bytes) -> list[list[str]]:
    """The texts of every page, without its watermark."""
    return _pages(content, lambda drawn: _ASLANT.sub(b"", drawn))


def watermarks_of(content: bytes) -> set[str]:
    """What the watermarks of all pages say."""
    return {mark for page in _pages(content, lambda drawn: b"\n".join(_ASLANT.findall(drawn))) for mark in page}


def _pages(content: bytes, part: Callable[[bytes], bytes]) -> list[list[str]]:
    assert content.startswith(b"%PDF-")
    objects = {int(number): body for number, body in _OBJECT.findall(content)}
    kids = next(body for body in objects.values() if b"/Type /Pages" in body)
    order = [int(n) for n in re.findall(rb"(\d+) 0 R", re.search(rb"/Kids \[(.*?)\]", kids, re.DOTALL)[1])]
    return [_texts(objects, objects[number], part) for number in order]


def sizes_of(content: bytes) -> set[tuple[int, int]]:
    """The sizes of pages in whole millimetres."""
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]\n/Parent", content)
    return {(round(float(w) * 25.4 / 72), round(float(h) * 25.4 / 72)) for w, h in boxes}


def _texts(objects: dict[int, bytes], page: bytes, part: Callable[[bytes], bytes]) -> list[str]:
    resources = objects[_ref(page, b"/Resources")]
    fonts = {int(n): _letters(objects, objects[int(ref)]) for n, ref in re.findall(rb"/F(\d+) (\d+) 0 R", resources)}
    letters: dict[int, str] = {}
    found = []
    for font, shown in _SHOWN.findall(part(_stream(objects[_ref(page, b"/Contents")]))):
        if font:
            letters = fonts[int(font)]
        else:
            raw = re.sub(rb"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), shown, flags=re.DOTALL)
            found.append("".join(letters[int.from_bytes(raw[at : at + 2])] for at in range(0, len(raw), 2)))
    return found


def _letters(objects: dict[int, bytes], font: bytes) -> dict[int, str]:
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", _stream(objects[_ref(font, b"/ToUnicode")]))
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def _ref(body: bytes, name: bytes) -> int:
    match = re.search(name + rb" (\d+) 0 R", body)
    assert match, name
    return int(match[1])


def _stream(body: bytes) -> bytes:
    match = _STREAM.search(body)
    assert match
    return zlib.decompress(match[1]) if b"FlateDecode" in body else match[1]

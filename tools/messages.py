"""Catalogues of translations: `python -m tools.messages compile | extract | check`.

Source strings are English; each door keeps its Chinese in `<door>/translations/zh/LC_MESSAGES/messages.po`, and what
all doors share lies in app/web/translations. Compiled files are not kept in git: the Makefile and the tests make them.
"""

import ast
import os
import re
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from app.kernel.reasons import numbered

ROOT = Path(__file__).resolve().parents[1]
SHARED = "app/web"
#: Printed documents are made without a web page, so they have all their words in a catalogue of their own.
DOCUMENTS = "app/documents"
#: Where a catalogue lies → where its strings are.
PLACES = {
    SHARED: "app", DOCUMENTS: DOCUMENTS, "storefront": "storefront", "leader_portal": "leader_portal",
    "hq_console": "hq_console",
    "supplier_door": "supplier_door",
}  # fmt: skip
KEYWORDS = dict(DEFAULT_KEYWORDS) | {"lazy_gettext": None, "_l": None, "N_": None}
_FIELD = re.compile(r"%\((\w+)\)")
#: One voice: people are addressed as 您, and beside Chinese words stands Chinese punctuation.
_OTHER_VOICE = re.compile(r"你|[\u4e00-\u9fff）][,;:!?(]|[,;:!?)][\u4e00-\u9fff]")


def catalogue_of(place: str) -> Path:
    """The Chinese catalogue of a place."""
    return ROOT / place / "translations" / "zh" / "LC_MESSAGES" / "messages.po"


def read(place: str) -> Catalog:
    """The catalogue of a place, empty when there is none yet."""
    path = catalogue_of(place)
    if not path.exists():
        return Catalog(locale="zh", project="Linli", header_comment="# Chinese texts of this door.")
    with path.open("rb") as file:
        return read_po(file, locale="zh")


def strings_of(place: str) -> dict[str, str]:
    """Every source string below a place, and the first line that uses it."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / PLACES[place]).rglob("*")):
        if place == SHARED and path.is_relative_to(ROOT / DOCUMENTS):
            continue
        if path.suffix in {".py", ".html", ".txt", ".svg"} and "translations" not in path.parts:
            for line, text in _strings(path):
                found.setdefault(text, f"{path.relative_to(ROOT)}:{line}")
    return found


def _strings(path: Path) -> Iterator[tuple[int, str]]:
    source = path.read_bytes()
    method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
    options = {} if path.suffix == ".py" else {"trimmed": "true", "silent": "false"}
    for line, message, _comments, _context in extract(method, BytesIO(source), KEYWORDS, options=options):
        yield line, message if isinstance(message, str) else message[0]
    if path.suffix == ".py":
        yield from _reasons(ast.parse(source))


def _reasons(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Reasons of `Invalid(field=…, reason="…")` and the members of `Reason` are shown to people too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == "Reason":
            for member in node.body:
                if isinstance(member, ast.Assign) and isinstance(member.value, ast.Constant):
                    yield member.lineno, str(member.value.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Invalid":
            yield from _said(word.value for word in node.keywords if word.arg == "reason")


def _said(reasons: Iterable[ast.expr]) -> Iterator[tuple[int, str]]:
    for reason in reasons:
        if isinstance(reason, ast.Constant):
            yield reason.lineno, str(reason.value)
        if isinstance(reason, ast.JoinedStr):
            yield reason.lineno, _shape(reason)


def _shape(made: ast.JoinedStr) -> str:
    """A reason that is made with numbers, as the catalogue knows it."""
    return numbered("".join(str(p.value) if isinstance(p, ast.Constant) else "0" for p in made.values))[0]


def gaps(place: str) -> list[str]:
    """What is wrong with a place's Chinese: missing sentences, other fields than the source's, another voice."""
    own, shared = _known(place), _shared_with(place)
    wrong = []
    for text, where in strings_of(place).items():
        chinese = own.get(text) or shared.get(text)
        if not chinese:
            wrong.append(f"{where}: no Chinese for {text!r}")
        elif set(_FIELD.findall(text)) != set(_FIELD.findall(chinese)):
            wrong.append(f"{where}: other fields in the Chinese of {text!r}")
        elif _OTHER_VOICE.search(_FIELD.sub("", chinese)):
            wrong.append(f"{where}: 您 and Chinese punctuation, please: {chinese!r}")
    return wrong


def _shared_with(place: str) -> dict[str, str]:
    """Words that a place need not have itself."""
    return {} if place == DOCUMENTS else _known(SHARED)


def _known(place: str) -> dict[str, str]:
    """Source string → Chinese; doubtful entries count as missing."""
    return {_first(m.id): _first(m.string) for m in read(place) if m.id and m.string and not m.fuzzy}


def _first(text: object) -> str:
    return str(text[0]) if isinstance(text, list | tuple) else str(text)


def extract_into(place: str, *, prune: bool) -> int:
    """Add what a place's catalogue lacks with an empty translation, or drop what nobody uses; counts the empty."""
    catalogue, used, shared = read(place), strings_of(place), _shared_with(place)
    for text in used:
        if catalogue.get(text) is None and (place == SHARED or text not in shared):
            catalogue.add(text)
    if prune:
        for message in list(catalogue):
            if message.id and _first(message.id) not in used:
                catalogue.delete(message.id)
    _write(place, catalogue)
    return sum(1 for message in catalogue if message.id and not message.string)


def fill(place: str, chinese: dict[str, str]) -> None:
    """Put translations into a place's catalogue."""
    catalogue = read(place)
    for text, translated in chinese.items():
        catalogue.delete(text)
        catalogue.add(text, translated)
    _write(place, catalogue)


def _write(place: str, catalogue: Catalog) -> None:
    path = catalogue_of(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    out = BytesIO()
    write_po(out, catalogue, no_location=True, sort_output=True, width=0)
    path.write_bytes(out.getvalue())


def compile_all() -> int:
    """Compile every catalogue that is newer than its compiled file; returns how many. May run twice at once."""
    made = 0
    for place in PLACES:
        source = catalogue_of(place)
        target = source.with_suffix(".mo")
        if not source.exists() or (target.exists() and target.stat().st_mtime >= source.stat().st_mtime):
            continue
        fresh = target.with_suffix(f".{os.getpid()}")
        with fresh.open("wb") as file:
            write_mo(file, read(place))
        fresh.replace(target)
        made += 1
    return made


def main(arguments: list[str]) -> int:
    """Run one of the three commands; `check` fails when a sentence has no Chinese."""
    match arguments:
        case ["compile"]:
            print(f"{compile_all()} catalogues compiled")
        case ["extract", *rest]:
            for place in PLACES:
                print(f"{place}: {extract_into(place, prune='--prune' in rest)} without Chinese")
        case ["check"]:
            wrong = [line for place in PLACES for line in gaps(place)]
            print("\n".join(wrong) or "all sentences have their Chinese")
            return 1 if wrong else 0
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Everything that people read exists in both languages."""

import ast
import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import force_locale, gettext

import app as house
from app.kernel.errors import DomainError, Invalid
from app.web.say import say
from app.web.sentences import FIELDS, SENTENCES
from tools import messages


def load_everything() -> None:
    """Import every module of the house, so that every refusal is known."""
    for module in pkgutil.walk_packages(house.__path__, "app."):
        importlib.import_module(module.name)


def refusals() -> list[type[DomainError]]:
    load_everything()

    def below(kind: type[DomainError]) -> Iterator[type[DomainError]]:
        for sub in kind.__subclasses__():
            yield sub
            yield from below(sub)

    return sorted({k for k in below(DomainError) if k.__module__.startswith("app.")}, key=lambda k: k.code)


@pytest.mark.parametrize("place", messages.PLACES)
def test_every_sentence_has_its_chinese(place: str) -> None:
    assert messages.gaps(place) == []


def test_every_refusal_has_a_sentence() -> None:
    assert [
        f"{k.__module__}.{k.__name__}: {k.code}" for k in refusals() if k.code not in SENTENCES | {"invalid": ""}
    ] == []


def fields_named() -> Iterator[str]:
    """The fields that refusals of single values name as plain words."""
    for place in ("app", "storefront", "leader_portal", "hq_console", "supplier_door"):
        for path in sorted((messages.ROOT / place).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                    continue
                if node.func.id not in {"Invalid", "RowFault"}:
                    continue
                given = [word.value for word in node.keywords if word.arg == "field"]
                given += node.args[:1] if node.func.id == "Invalid" else node.args[1:2]
                yield from (str(one.value) for one in given if isinstance(one, ast.Constant) and one.value)


def test_every_field_has_a_word_of_its_own() -> None:
    assert sorted(set(fields_named()) - set(FIELDS)) == []


def test_reasons_with_numbers_are_said_in_chinese(app: Flask) -> None:
    with app.test_request_context("/"), force_locale("zh"):
        assert say(Invalid(field="qty", reason="must be between 1 and 999")) == "数量：应在 1 与 999 之间"
        assert (
            say(Invalid(field="", reason="nothing is to be written about this order any more")).endswith("。") is False
        )


def test_every_sentence_belongs_to_a_refusal() -> None:
    known = {kind.code for kind in refusals()} | {DomainError.code}
    assert sorted(set(SENTENCES) - known) == []


def test_codes_are_not_shared_by_different_refusals() -> None:
    own = [kind.code for kind in refusals() if "code" in vars(kind)]
    assert [code for code in set(own) if own.count(code) > 1] == []


def test_sentences_name_only_fields_that_exist(app: Flask) -> None:
    wrong = []
    for kind in refusals():
        fields = {f.name for f in dataclasses.fields(kind)}
        named = set(re.findall(r"%\((\w+)\)", SENTENCES.get(kind.code, "")))
        if not named <= fields:
            wrong.append(f"{kind.code}: {sorted(named - fields)}")
    assert wrong == []


def test_sentences_are_said_in_chinese_and_english(app: Flask) -> None:
    with app.test_request_context():
        with force_locale("zh"):
            assert [s for s in SENTENCES.values() if gettext(s).isascii()] == []
        with force_locale("en"):
            assert [s for s in SENTENCES.values() if gettext(s) != s] == []

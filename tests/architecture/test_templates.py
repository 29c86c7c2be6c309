"""Pages work under a policy that forbids everything inline."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = [
    path
    for place in ("app/web/templates", "storefront", "leader_portal", "hq_console", "supplier_door")
    for path in sorted((ROOT / place).rglob("*.html"))
]
_JINJA = re.compile(r"\{#.*?#\}", re.DOTALL)
FORBIDDEN = {
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline script": re.compile(r"<script\b(?![^>]*\b(?:src=|type=\"application/(?:ld\+)?json\"))", re.IGNORECASE),
    "an event handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "hx-on": re.compile(r"\bhx-on\b", re.IGNORECASE),
    "a script address": re.compile(r"javascript:|[\"']js:", re.IGNORECASE),
    "a condition in hx-trigger": re.compile(r"hx-trigger=\"[^\"]*\["),
    "another site's file": re.compile(r"<(?:script|link|img)\b[^>]*(?:src|href)=\"(?:https?:)?//", re.IGNORECASE),
    "|safe": re.compile(r"\|\s*safe\b"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_templates_hold_no(what: str) -> None:
    assert len(TEMPLATES) >= 10
    found = [
        f"{path.relative_to(ROOT)}: {hit[0][:80]}"
        for path in TEMPLATES
        for hit in FORBIDDEN[what].finditer(_JINJA.sub("", path.read_text()))
    ]
    assert found == []


def test_every_form_that_changes_something_carries_its_secret() -> None:
    form = re.compile(r"<form\b[^>]*method=[\"']?post.*?</form>", re.IGNORECASE | re.DOTALL)
    assert [
        f"{path.relative_to(ROOT)}: {hit[0][:80]}"
        for path in TEMPLATES
        for hit in form.finditer(_JINJA.sub("", path.read_text()))
        if "csrf" not in hit[0]
    ] == []


def test_scripts_evaluate_nothing() -> None:
    own = list((ROOT / "static" / "js").rglob("*.js"))
    evil = re.compile(r"\beval\(|new Function\(|\.innerHTML\s*=|insertAdjacentHTML|document\.write\(")
    assert [f"{p.name}: {hit[0]}" for p in own for hit in evil.finditer(p.read_text())] == []

"""The vendored assets are exactly the ones that were fetched, and each one says under which licence it is shipped."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tools.vendor import MANIFEST, PACKAGES, VENDOR_DIR, check, main

ROOT = VENDOR_DIR.parent.parent
OWN = [*ROOT.glob("static/css/*.css"), *ROOT.glob("static/js/*.js")]
PAGES = sorted(ROOT.glob("app/web/templates/**/*.html"))


def test_every_file_is_the_one_in_the_manifest() -> None:
    assert check() == []


def test_the_manifest_names_the_pinned_packages() -> None:
    listed = json.loads((VENDOR_DIR / MANIFEST).read_text(encoding="utf-8"))["packages"]
    assert [(entry["name"], entry["version"]) for entry in listed] == [(p.name, p.version) for p in PACKAGES]
    assert [entry["name"] for entry in listed if not entry["license"]] == []
    for entry in listed:
        folders = {Path(file["path"]).parent.parts[0] for file in entry["files"]}
        assert [f for f in folders if not list((VENDOR_DIR / f).glob("LICENSE*"))] == []


def test_a_changed_a_missing_and_a_foreign_file_are_told(tmp_path: Path) -> None:
    copy = tmp_path / "vendor"
    shutil.copytree(VENDOR_DIR, copy)
    (copy / "htmx" / "htmx.min.js").write_text("alert(1)", encoding="utf-8")
    (copy / "leaflet" / "leaflet.css").unlink()
    (copy / "echarts" / "extra.js").write_text("", encoding="utf-8")
    assert check(copy) == [
        f"echarts/extra.js: is not listed in {MANIFEST}",
        "htmx/htmx.min.js: was changed",
        "leaflet/leaflet.css: is missing",
    ]


def test_the_command_reports_by_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_templates_obey_the_content_security_policy(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert (
        re.findall(r"\sstyle\s*=|<style|\son[a-z]+\s*=|hx-on|javascript:|hx-vals=.js:|hx-trigger=\"[^\"]*\[", text)
        == []
    )
    inline = [tag for tag in re.findall(r"<script\b[^>]*>", text) if "src=" not in tag]
    assert [tag for tag in inline if 'type="application/json"' not in tag] == []


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_own_assets_call_nobody_outside_and_never_eval(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"https?://|\beval\(|new Function|innerHTML|@import|cssText", text) == []


def test_every_icon_that_a_shared_template_draws_is_in_the_sprite() -> None:
    sprite = (ROOT / "static" / "img" / "icons.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', sprite))
    used = {name for path in PAGES for name in re.findall(r"icon\('([a-z-]+)'", path.read_text(encoding="utf-8"))}
    assert sorted(used - drawn) == []

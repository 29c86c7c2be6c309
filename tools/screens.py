"""Looks at every page: `python -m tools.screens http://127.0.0.1:8000` walks the doors of a running demo city.

One page of each kind is opened in both languages at 390x844 and 1440x900, photographed into docs/screens, and held to
axe-core's rules and an empty console. Exits 1 when a page breaks either; docs/screens/README.md is the gallery.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tools.browser import FLAGS, find
from tools.demo_base import PASSWORD

OUT = Path(__file__).parent.parent / "docs" / "screens"
SIZES = {"390": (390, 844), "1440": (1440, 900)}
LANGUAGES = ("zh", "en")
#: What differs between pages of one kind: ids, codes, days.
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\d|(?<=/)[A-Z0-9]{6}(?=$|/)")
#: Files, not pages; and what signs out.
NOT_PAGES = re.compile(r"[./](svg|xlsx|csv|geojson|pdf|json)$|/export|/static/|/api/|sign-out|/board$|qr")
MOST_PAGES = 200
#: Signed addresses that the console shows to be given to others, by the door that they open.
SIGNED = {"supplier": re.compile(r"/supplier/[\w.-]+"), "driver": re.compile(r"/drive/[\w.-]+")}


#: What cannot be seen for it begins left of the screen; the skip link waits there for the keyboard, maps are moved.
CUT_OFF = """() => [...document.querySelectorAll("a, button, h1, h2, p, label")]
  .filter(one => one.checkVisibility({visibilityProperty: true}) && !one.closest(".ll-skip, .leaflet-container"))
  .filter(one => one.getBoundingClientRect().width > 1 && one.getBoundingClientRect().left < -1)
  .map(one => one.innerText.trim())"""


@dataclass
class Door:
    """One of the faces: where it begins, and who signs in there."""

    name: str
    home: str
    login: str | None = None
    pages: dict[str, str] = field(default_factory=dict)


DOORS = (
    Door("storefront", "/"), Door("portal", "/leader/", "L001"), Door("console", "/hq/", "admin"),
    Door("supplier", "/supplier/"), Door("driver", "/drive/"),
)  # fmt: skip


def sign_in(page: Page, base: str, door: Door) -> None:
    """Come in as the door's person: by password, or (residents) by phone and the code that the demo shows."""
    if door.login:
        page.goto(f"{base}{door.home}sign-in")
        page.fill("[name=login]", door.login)
        page.fill("[name=password]", PASSWORD)
    else:
        page.goto(f"{base}/sign-in")
        page.fill("[name=phone]", "19900003786")
        page.click("main form button[type=submit]")
        page.wait_for_load_state()
        shown = re.search(r"\b(\d{6})\b", page.inner_text("main"))
        page.fill("[name=code]", shown.group(1) if shown else "")
    page.click("main form button[type=submit]")
    page.wait_for_load_state()


def by_link(page: Page, base: str, door: Door, console: Door) -> None:
    """The one page of a door that is opened by a signed address: the first that the console shows."""
    for path in [*console.pages.values(), *tours(page, base)]:
        page.goto(base + path)
        make = page.get_by_role("button", name=re.compile("the driver's link|司机的链接|司机链接"))
        if door.name == "driver" and make.count():
            make.first.click()
            page.wait_for_load_state()
        found = SIGNED[door.name].search(page.content())
        if found and page.request.get(base + found.group()).ok:  # the link of a tour that is over opens nothing
            door.pages = {f"{door.home}*": found.group()}
            return


def tours(page: Page, base: str) -> list[str]:
    """The pages of tours of every round on the board: only trucks that are still to come have a driver's page."""
    page.goto(f"{base}/hq/rounds")
    found = re.findall(r"/hq/rounds/[0-9a-f]{8}-[0-9a-f-]{27}", page.content())
    return [f"{one}/routes" for one in dict.fromkeys(found)]


def kind_of(path: str) -> str:
    """The kind of page that an address is: ids and questions left out."""
    return ID.sub("*", urlsplit(path).path).rstrip("/") or "/"


def walk(page: Page, base: str, door: Door) -> Iterator[tuple[str, str]]:
    """(kind, address) of one page of each kind that links lead to, in the order of discovery."""
    seen: dict[str, str] = {}
    waiting = [door.home]
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        kind = kind_of(path)
        if kind in seen:
            continue
        answer = page.goto(base + path)
        if answer is None or answer.status != 200 or "text/html" not in answer.headers.get("content-type", ""):
            continue
        seen[kind] = path
        yield kind, path
        for link in page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))"):
            place = urlsplit(urljoin(base + path, link))
            inside = (
                base.endswith(place.netloc) and place.path.startswith(door.home) and not NOT_PAGES.search(place.path)
            )
            if inside and not (door.home == "/" and place.path.startswith(("/hq", "/leader"))):
                waiting.append(place.path + (f"?{place.query}" if place.query else ""))


def photograph(context: BrowserContext, base: str, door: Door, language: str, width: str) -> list[str]:
    """Photograph the door's pages; returns what is wrong with them."""
    wrong: list[str] = []
    page = context.new_page()
    page.on("console", lambda told: wrong.append(f"console: {told.text}") if told.type == "error" else None)
    context.add_cookies([{"name": "locale", "value": language, "url": base}])
    for kind, path in door.pages.items():
        page.goto(base + path)
        page.wait_for_timeout(250)
        place = kind.removeprefix(door.home.rstrip("/")).replace("*", "one").lower()
        name = re.sub(r"[^a-z0-9]+", "-", place).strip("-") or "home"
        picture = Image.open(BytesIO(page.screenshot()))
        picture.save(OUT / f"{door.name}-{name}-{language}-{width}.webp", quality=42)
        found = Axe().run(page).response["violations"]
        wrong += [f"{path} {language} {width}: {v['id']} x{len(v['nodes'])} {v['nodes'][0]['target']}" for v in found]
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        wrong += [f"{path} {language} {width}: {over} px wider than the screen"] if over > 0 else []
        wrong += [f"{path} {language} {width}: begins left of the screen: {text}" for text in page.evaluate(CUT_OFF)]
    page.close()
    return wrong


def find_pages(page: Page, base: str, door: Door) -> None:
    """Come in, and note one page of each kind."""
    if door.name in SIGNED:
        by_link(page, base, door, next(one for one in DOORS if one.name == "console"))
        return
    sign_in(page, base, door)
    door.pages = dict(walk(page, base, door))


def main(base: str) -> int:
    """Walk, photograph, write the gallery."""
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("*.webp"):
        old.unlink()
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        desk = browser.new_context()
        for door in DOORS:
            state = desk if door.name in {"console", *SIGNED} else browser.new_context()
            find_pages(state.new_page(), base, door)
            known = None if door.name in SIGNED else state.storage_state()
            for width, (w, h) in SIZES.items():
                context = browser.new_context(viewport={"width": w, "height": h}, storage_state=known)
                for language in LANGUAGES:
                    wrong += photograph(context, base, door, language, width)
                context.close()
            print(f"{door.name}: {len(door.pages)} kinds of pages")
        browser.close()
    gallery()
    print("\n".join(wrong) or "no violation, no console error")
    return 1 if wrong else 0


def gallery() -> None:
    """One table a door: phone and desktop, Chinese."""
    lines = [
        "# Screens",
        "",
        "Every kind of page of the demo city, taken by `python -m tools.screens`; English beside each as `-en-`.",
        "",
    ]
    for door in DOORS:
        names = sorted({p.name.rsplit("-", 2)[0] for p in OUT.glob(f"{door.name}-*.webp")})
        lines += [f"## {door.name}", "", "| page | 390x844 | 1440x900 |", "|---|---|---|"]
        lines += [f"| {n} | ![{n}, phone]({n}-zh-390.webp) | ![{n}, desk]({n}-zh-1440.webp) |" for n in names]
        lines.append("")
    (OUT / "README.md").write_text("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1].rstrip("/")))

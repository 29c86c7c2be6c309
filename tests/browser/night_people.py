"""Five people of a hub's night, each with a browser of her own: a few taps by hand, and the rest of the same work.

What is many times the same is sent by the page itself, in its session and through the forms that the page shows, so
that fifteen hundred puts do not take fifteen hundred clicks: the requests, their keys and their refusals are the same.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import DESK, KINDS, PHONE
from tests.patience import MILLISECONDS

expect.set_options(timeout=MILLISECONDS)

#: Claim task after task of every zone and put what is open in them; returns what was taken in and what was refused.
_SORT_ON = """async (zones) => {
  const token = document.querySelector('[name="csrf_token"]').value;
  const done = [], refused = [];
  for (const zone of zones) {
    for (;;) {
      const claim = await fetch(zone, { method: "POST", body: new URLSearchParams({ csrf_token: token }) });
      if (!new URL(claim.url).pathname.startsWith("/hq/sort/")) break;
      const task = new DOMParser().parseFromString(await claim.text(), "text/html");
      for (const put of task.querySelectorAll("[data-put]:not([data-done])")) {
        const form = put.querySelector("form");
        const told = await fetch(form.getAttribute("action"), {
          method: "POST",
          headers: { Accept: "application/json", "X-CSRFToken": token },
          body: new URLSearchParams(new FormData(form)),
        });
        (told.ok ? done : refused).push(told.ok ? put.dataset.put : await told.text());
      }
    }
  }
  return { done, refused };
}"""

#: Count every line of the delivery on the page that is still open as it was ordered; returns how many.
_COUNT_ALL = """async () => {
  let lines = 0;
  for (const card of document.querySelectorAll("a.dock-card:not(.dock-card--done)")) {
    const page = new DOMParser().parseFromString(await (await fetch(card.href)).text(), "text/html");
    const form = new FormData(page.querySelector("form.dock-form"));
    form.set("received_qty", page.querySelector(".dock-sums__open dd").textContent);
    form.set("final", "1");
    form.delete("photo_file");
    const told = await fetch(card.href, { method: "POST", body: form, redirect: "manual" });
    if (told.type !== "opaqueredirect") throw new Error(`${card.href}: ${told.status}`);
    lines += 1;
  }
  return lines;
}"""

#: Reach every stop of the driver's page that is not done, and hand its goods over; returns how many.
_DRIVE_ON = """async () => {
  let stops = 0;
  for (const act of ["arrive", "handed"]) {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    for (const form of page.querySelectorAll(`.drive__stop:not(.drive__stop--done) form[action$="/${act}"]`)) {
      const body = new URLSearchParams(new FormData(form));
      const told = await fetch(form.getAttribute("action"), { method: "POST", body, redirect: "manual" });
      if (told.type !== "opaqueredirect") throw new Error(`${told.status} ${await told.text()}`);
      stops += act === "handed";
    }
  }
  return stops;
}"""


@dataclass
class Milestones:
    """What somebody waits for because another must have done it."""

    counted: asyncio.Event = field(default_factory=asyncio.Event)
    sheets: asyncio.Event = field(default_factory=asyncio.Event)
    links: asyncio.Event = field(default_factory=asyncio.Event)
    sorted: set[str] = field(default_factory=set)
    all_sorted: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    driven: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Person:
    """Somebody with a page, at a round; what the page's console complains of is kept."""

    page: Page
    url: str
    round_id: UUID
    when: Milestones
    complaints: list[str] = field(default_factory=list)

    def at(self, path: str) -> str:
        """An address of the round."""
        return f"{self.url}/hq/rounds/{self.round_id}{path}"

    def listen(self) -> None:
        """Keep what the console says."""
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type in KINDS else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))


P = TypeVar("P", bound=Person)


async def somebody(
    kind: type[P], browser: Browser, url: str, round_id: UUID, when: Milestones, cookie: dict[str, Any] | None
) -> P:
    """A person with a phone, in English; without a cookie nobody is signed in."""
    context = await browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, locale="en-GB", timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )  # fmt: skip
    context.set_default_timeout(MILLISECONDS)
    await context.add_cookies([{"name": "locale", "value": "en", "url": url}])
    if cookie:
        await context.add_cookies([{**cookie, "url": url, "httpOnly": True}])
    person = kind(await context.new_page(), url, round_id, when)
    person.listen()
    return person


class Receiver(Person):
    """Counts at the dock: the short goods by hand, the rest as it was ordered, then tomorrow's delivery."""

    async def count_the_round(self, short: dict[str, int]) -> int:
        """Count every delivery of the round; `short` says what came of which SKU. Returns the lines counted."""
        page, lines = self.page, 0
        for code, came in short.items():
            await page.goto(f"{self.url}/hq/dock?code={code}")
            if "/dock/lines/" not in page.url:  # some of it comes for tomorrow too: both lines are shown
                await page.locator(".dock-card").filter(has_text="/40").click()
            await page.get_by_label("Good pieces").fill(str(came))
            await page.get_by_role("button", name="Count, and the line is complete").click()
            await expect(page.locator(".dock-card--done").filter(has_text=code)).to_contain_text(f"{came}/40")
            lines += 1
        await page.goto(f"{self.url}/hq/dock")
        for address in await self._deliveries():
            await page.goto(address)
            if await page.locator(".dock-card").filter(has_text="/40").count():
                lines += await page.evaluate(_COUNT_ALL)
        self.when.counted.set()
        return lines

    async def count_ahead(self, ahead: UUID, by_hand: int) -> int:
        """Count tomorrow's goods while others sort, the first lines with the thumb; returns the lines counted."""
        page, lines = self.page, 0
        await self.when.sheets.wait()
        await page.goto(f"{self.url}/hq/dock/{ahead}")
        cards = page.locator(".dock-card:not(.dock-card--done)")
        for _line in range(by_hand):
            await cards.first.click()
            await page.get_by_role("button", name="+ all 30 open").click()
            await page.get_by_role("button", name="Count, and the line is complete").click()
            lines += 1
            await expect(page.locator(".dock-card--done")).to_have_count(lines)
        rest: int = await page.evaluate(_COUNT_ALL)
        return lines + rest

    async def _deliveries(self) -> list[str]:
        found: list[str] = await self.page.locator(".dock-list a").evaluate_all("all => all.map((one) => one.href)")
        return found


class Sorter(Person):
    """Puts goods into crates: some bays by pressing Enter, the rest by the page."""

    async def sort(self, name: str, bays: int) -> tuple[list[str], int, list[str]]:
        """Sort until every zone is done; returns the puts sent by the page, those by hand, and refusals."""
        page = self.page
        await self.when.sheets.wait()
        await page.goto(self.at("/sort"))
        await page.get_by_role("button", name="ambient").click()
        by_hand = 0
        for _bay in range(bays):
            by_hand += await self._one_bay()
        await expect(page.locator("[data-sync]")).to_have_text("all sent")
        await page.goto(self.at("/sort"))
        zones = await page.locator(".sq-choice form").evaluate_all("all => all.map((one) => one.action)")
        told = await page.evaluate(_SORT_ON, zones)
        # The list refreshes itself: who is through first sees the other finish.
        await expect(page.locator(".sq-choice__button[aria-disabled=true]")).to_have_count(len(zones))
        self.when.sorted.add(name)
        if len(self.when.sorted) == 2:
            self.when.all_sorted.set()
        return told["done"], by_hand, told["refused"]

    async def _one_bay(self) -> int:
        """Press the big button until the page goes on to the next bay; the first put is taken back and done again."""
        page = self.page
        await expect(page.locator("[data-sort][data-ready]")).to_be_visible()
        task = page.locator("[data-sort]")
        here, total = await task.get_attribute("data-task"), int(await task.get_attribute("data-total") or 0)
        await page.keyboard.press("Enter")
        await page.keyboard.press("u")
        await expect(page.locator("[data-count]")).to_have_text(f"0 / {total}")
        for _put in range(total):
            await page.keyboard.press("Enter")
        await expect(page.locator(f'[data-sort]:not([data-task="{here}"])')).to_be_visible()
        return total


class Dispatcher(Person):
    """Runs the round's stations at the desk, moves a stop by hand, gives the drivers their links."""

    #: Addresses of the drivers' pages, truck by truck.
    links: list[str]

    async def station(self, name: str, tick: str = "") -> None:
        """Start a station on the round's board and look on until it is done."""
        box = self.page.locator(f"#station-{name}")
        await self.page.goto(self.at(""))
        if tick:
            await box.get_by_label(tick).check()
        await box.get_by_role("button", name="Start").click()
        await expect(box).to_have_class("hq-board__step hq-board__step--done")

    async def lead(self) -> None:
        """The night from the desk: receive, sort, tours, dispatch, handover."""
        await self.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
        await self.when.counted.wait()
        await self.station("receive")
        await self.station("sort")
        self.when.sheets.set()
        await self.page.goto(self.at("/sorting"))
        await expect(self.page.locator("#sort-progress")).to_contain_text("Ann")
        await self.station("route")
        await self.move_a_stop()
        self.links = await self.give_links()
        self.when.links.set()
        await self.when.all_sorted.wait()
        await self.station("dispatch")
        self.when.left.set()
        await self.when.driven.wait()
        await self.station("handover", "Count open handovers as complete")

    async def move_a_stop(self) -> None:
        """Drag the first stop of the first tour behind the second one, and save."""
        await self.page.goto(self.at("/routes/arrange"))
        stops = self.page.locator("#arrange section").filter(has=self.page.locator("li")).first.locator("li")
        before = await stops.locator("strong").all_inner_texts()
        await stops.nth(0).drag_to(stops.nth(2), target_position={"x": 40, "y": 2})
        await expect(stops.nth(0).locator("strong")).to_have_text(before[1])
        await self.page.locator("#arrange").get_by_role("button", name="Save").click()
        await expect(self.page.locator(".ll-stats")).to_contain_text("version 2")

    async def give_links(self) -> list[str]:
        """Make a driver's link for every truck of the plan."""
        make = self.page.get_by_role("button", name="Make the driver's link")
        links = self.page.get_by_role("link", name="Driver's page")
        await expect(make).not_to_have_count(0)
        for made in range(await make.count()):
            await make.first.click()
            await expect(links).to_have_count(made + 1)
        found: list[str] = await links.evaluate_all("all => all.map((one) => one.href)")
        return found


class Driver(Person):
    """Drives: the first stops of a truck by hand, the others by the page."""

    async def drive(self, desk: Dispatcher, by_hand: int) -> int:
        """Look at the first tour before it leaves, then work off those of all trucks; returns the stops handed over."""
        page, stops = self.page, 0
        await self.when.links.wait()
        await page.goto(desk.links[0])
        await expect(page.get_by_text("The trucks have not left yet.")).to_be_visible()
        await self.when.left.wait()
        for number, address in enumerate(desk.links):
            await page.goto(address)
            for _stop in range(by_hand if number == 0 else 0):
                stop = page.locator(".drive__stop--next")
                name = await stop.locator("strong").inner_text()
                await stop.get_by_role("button", name="I am here").click()
                done = page.locator(".drive__stop").filter(has_text=name)
                await done.get_by_role("button", name="Handed over").click()
                await expect(done).to_contain_text("given to")
                stops += 1
            stops += await page.evaluate(_DRIVE_ON)
            await page.reload()
            await expect(page.locator(".drive__stop:not(.drive__stop--done)")).to_have_count(0)
        self.when.driven.set()
        return stops

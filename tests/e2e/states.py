"""Every screen in every state, photographed: `make screens` (`ONLY=run,inbox`, `STATES=dark,empty`).

A picture per screen and state lands in `screenshots/states/`, to be looked at. What a program can see is checked on the way:
the console is silent, axe finds nothing serious, nothing scrolls sideways, and what was loading does not jump when it arrives.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, WebSocketRoute, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.e2e.accessibility import findings
from tests.e2e.conftest import ARGUMENTS, CHROMIUM, OWNER, SCREENSHOTS, listen
from tests.e2e.person import Person
from tests.e2e.places import PLACES, World, empty, filled
from tests.e2e.serving import running, upstream

FOLDER = SCREENSHOTS / "states"
STATES = (
    "empty", "loading", "error", "unreachable", "refused", "viewer", "offline", "filled", "dark", "zoom", "narrow",
)  # fmt: skip
WIDE, ZOOMED, NARROW = (1440, 900), (720, 450), (360, 740)
# What the tenant's routes are asked for; the session and the page itself are answered in every state.
DATA = re.compile(r"/api/v1/t/")
PROBLEM = {
    "error": (500, "InternalError", "Something went wrong on our side", "The error is in the log under this request id."),
    "refused": (403, "Forbidden", "You may not do this", "This needs the role Administrator. Ask an owner of Acme."),
}  # fmt: skip
# A card may jump by this much of the window while the rest arrives (web vitals call 0.1 good).
JUMP = 0.1
_OBSERVE = """
window.jumps = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) {
    window.jumps.push([one.value, one.sources.map((source) => {
      const node = source.node;
      return node instanceof Element ? `${node.tagName} ${node.className} ${node.textContent.slice(0, 40)}` : String(node?.textContent).slice(0, 40);
    })]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""
_SIDEWAYS = """
() => [document.scrollingElement, document.querySelector("#content")]
    .filter((one) => one && one.scrollWidth - one.clientWidth > 1)
    .map((one) => `${one.tagName.toLowerCase()} scrolls sideways by ${one.scrollWidth - one.clientWidth} px`)
"""
# Texts that end in an ellipsis and say the rest nowhere: for the eye, not a fault.
_CUT = """
() => [...document.querySelectorAll("#content *")].filter((one) => {
  const style = getComputedStyle(one);
  return one.children.length === 0 && one.textContent.trim() !== "" && one.scrollWidth > one.clientWidth + 1
    && style.overflowX !== "visible" && style.textOverflow === "ellipsis" && !one.closest("[title]");
}).map((one) => one.textContent.trim().slice(0, 60))
"""


# Nothing says that it loads, for so long: pages ask for one thing after another.
_QUIET = """
() => new Promise((done) => {
  let since = performance.now();
  const begun = since;
  const look = () => {
    const now = performance.now();
    if (document.querySelector("[role=status][aria-label^=Loading]") || !document.querySelector("h1, h2, h3, [role=application]")) since = now;
    if (now - since > 350 || now - begun > 15000) done(now - since > 350);
    else setTimeout(look, 50);
  };
  look();
})
"""


@dataclass
class Look:
    """One picture and what a program found in it."""

    place: str
    state: str
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Wire:
    """Between a page and its server: answers, holds back, refuses or loses what the page asks for."""

    def __init__(self, page: Page, state: str) -> None:
        self.page, self.state = page, state
        self.held: list[Route] = []
        self.sockets: list[WebSocketRoute] = []
        self.let_through = self.cut = False
        if state in {"loading", "unreachable", *PROBLEM}:
            page.route(DATA, self._answer)
        if state == "offline":
            page.route_web_socket(re.compile(r"/ws/"), self._connect)

    def _answer(self, route: Route) -> None:
        if self.state == "loading" and not self.let_through:
            self.held.append(route)
        elif self.state == "loading":
            route.continue_()
        elif self.state == "unreachable":
            route.abort("connectionrefused")
        else:
            status, code, title, detail = PROBLEM[self.state]
            document = {
                "title": title,
                "detail": detail,
                "status": status,
                "code": code,
                "requestId": "8f14e45f",
            }
            route.fulfill(status=status, json=document, content_type="application/problem+json")

    def _connect(self, socket: WebSocketRoute) -> None:
        if self.cut:
            socket.close()
        else:
            socket.connect_to_server()
            self.sockets.append(socket)

    def let_go(self) -> None:
        self.let_through = True
        for route in self.held:
            with suppress(PlaywrightError):  # nobody waits for this answer any more
                route.continue_()

    def unplug(self) -> None:
        self.cut = True
        self.page.context.set_offline(True)
        for socket in self.sockets:
            socket.close()


class Photographer:
    """Opens screens in a state, a context each: what one leaves behind, the next does not see.

    Without a folder nothing is photographed, only looked through.
    """

    def __init__(self, browser: Browser, url: str, cookies: Any, folder: Path | None = FOLDER) -> None:
        self.browser, self.url, self.cookies, self.folder = browser, url, cookies, folder

    def look(self, world: World, place: str, state: str) -> Look:
        seen = Look(place, state)
        width, height = {"zoom": ZOOMED, "narrow": NARROW}.get(state, WIDE)
        cookies: Any = world.viewer if state == "viewer" else self.cookies
        context = self.browser.new_context(
            base_url=self.url,
            storage_state=cookies,
            viewport={"width": width, "height": height},
            device_scale_factor=2 if state == "zoom" else 1,
            color_scheme="dark" if state == "dark" else "light",
        )
        page = context.new_page()
        page.add_init_script(_OBSERVE)
        said = listen(page)
        wire = Wire(page, state)
        page.goto(world.address(place))
        if state == "loading":
            page.wait_for_timeout(900)  # skeletons show after 150 ms
            self._photograph(page, seen)
            page.evaluate("window.jumps.length = 0")
            wire.let_go()
        if state == "offline":
            _settle(page, seen)
            wire.unplug()
            if place != "profile":
                page.get_by_label("Live connection: Reconnecting").wait_for()
        _settle(page, seen)
        if state == "loading":
            _jumps(page, seen)
        else:
            self._photograph(page, seen)
        seen.faults += page.evaluate(_SIDEWAYS)
        seen.notes += [f"cut off: {text}" for text in page.evaluate(_CUT)]
        seen.faults += [one for one in said if not _expected(one, state)]
        context.close()
        return seen

    def _photograph(self, page: Page, seen: Look) -> None:
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=self.folder / f"{seen.place}-{seen.state}.png")
        seen.faults += findings(page)


def _settle(page: Page, seen: Look) -> None:
    """Everything has come, and entry animations (200 ms) are over: colours in between would be measured."""
    if not page.evaluate(_QUIET):
        seen.faults.append("it still says that it loads after 15 s")


def _jumps(page: Page, seen: Look) -> None:
    jumps: list[tuple[float, list[str]]] = page.evaluate("window.jumps")
    total = sum(value for value, _ in jumps)
    if total > JUMP:
        worst, where = max(jumps)
        seen.faults.append(f"jumps by {total:.2f} when it arrives, most ({worst:.2f}): {where[:2]}")


def _expected(said: str, state: str) -> bool:
    """What the browser itself says of a network that the state has broken."""
    if state in {"offline", "unreachable"}:
        return "net::ERR_" in said or "WebSocket connection" in said
    return state in PROBLEM and "Failed to load resource" in said


def world_of(state: str, nothing: World, everything: World) -> World:
    return nothing if state == "empty" else everything


def photograph(places: list[str], states: list[str]) -> Iterator[Look]:
    """A server of its own, photographed while nothing is in it, then filled and photographed again."""
    with (
        tempfile.TemporaryDirectory(prefix="millrace-screens-") as data,
        running(Path(data)) as server,
        upstream() as service,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(base_url=server.url)
        ana = Person(context.new_page(), server.url)
        ana.set_up(server.setup_token, OWNER)
        photographer = Photographer(browser, server.url, context.storage_state())
        if "empty" in states:
            world = empty(ana)
            yield from (photographer.look(world, place, "empty") for place in places)
        others = [state for state in states if state != "empty"]
        if others:
            world = filled(ana, browser, service)
            yield from (photographer.look(world, place, state) for state in others for place in places)
        browser.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="screens, separated by commas")
    parser.add_argument("--states", default="", help="states, separated by commas")
    given = parser.parse_args()
    places = given.only.split(",") if given.only else list(PLACES)
    states = given.states.split(",") if given.states else list(STATES)
    if strange := ({*places} - {*PLACES}) | ({*states} - {*STATES}):
        parser.error(f"{', '.join(sorted(strange))}: not among {', '.join((*PLACES, *STATES))}")
    begun, looks, faulty = time.monotonic(), 0, 0
    for seen in photograph(places, states):
        looks += 1
        faulty += bool(seen.faults)
        if seen.faults or seen.notes:
            print(f"{seen.place} · {seen.state}", flush=True)
            for fault in seen.faults:
                print(f"    FAULT {fault}", flush=True)
            for note in dict.fromkeys(seen.notes):
                print(f"    {note}", flush=True)
    print(f"{looks} pictures in {FOLDER}, {faulty} with a fault, {time.monotonic() - begun:.0f} s")
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())

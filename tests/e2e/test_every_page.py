"""Every page in light and dark: no serious finding of axe, a silent console, a screenshot to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import definitions
from tests.e2e.accessibility import COLOURS, findings, wear
from tests.e2e.conftest import SCREENSHOTS, listen
from tests.e2e.person import Person
from tests.e2e.serving import Server, upstream


@dataclass
class World:
    tenant: str
    orders: str
    failed_run: str
    loop: str
    loop_run: str


@pytest.fixture(scope="module")
def world(browser: Browser, server: Server, account: dict[str, object]) -> Iterator[World]:
    """Workflows, runs that went well and wrong, and a connection, so that no page is empty."""
    context = browser.new_context(base_url=server.url, storage_state=account)  # type: ignore[arg-type]
    ana = Person(context.new_page(), server.url)
    ana.refresh_session()
    with upstream() as service:
        orders = ana.workflow("Order intake", definitions.call(f"{service.url}/ok"))
        for order in range(12):
            ana.call(orders, {"order": order})
        refused = ana.workflow("Parcel booking", definitions.call(f"{service.url}/fail"))
        ana.call(refused, {"order": 7})
        run = ana.newest_run(refused, "Failed")["id"]
        loop = ana.workflow("Stock reservation", definitions.loop())
        ana.call(loop, {"lines": [{"quantity": "?" if at % 19 == 7 else at} for at in range(60)]})
        loop_run = ana.newest_run(loop, "Failed")["id"]
        ana.workflow("Weekly report", definitions.big(), publish=False)
        if not ana.get("/connections")["items"]:
            ana.post(
                "/connections", {"name": "archive", "connector": "storage", "parameters": {"folder": ""}}
            )
        ana.post("/invitations", {"email": "carla@example.com", "role": "operator"})
        yield World(ana.tenant, refused, run, loop, loop_run)
    context.close()


@pytest.fixture
def opened(browser: Browser, server: Server, account: dict[str, object], world: World) -> Iterator[Page]:
    yield from _opened(browser, server, account)


@pytest.fixture
def outside(browser: Browser, server: Server, world: World) -> Iterator[Page]:
    """Nobody is signed in."""
    yield from _opened(browser, server, None)


def _opened(browser: Browser, server: Server, account: dict[str, object] | None) -> Iterator[Page]:
    context = browser.new_context(
        base_url=server.url,
        storage_state=account,  # type: ignore[arg-type]
        viewport={"width": 1440, "height": 900},
        color_scheme="light",
    )
    page = context.new_page()
    said = listen(page)
    yield page
    context.close()
    assert said == [], "the console must stay silent"


PAGES = {
    "workflows": "/t/{tenant}/workflows",
    "workflows-none-match": "/t/{tenant}/workflows?q=zzz",
    "runs": "/t/{tenant}/runs",
    "runs-of-workflow": "/t/{tenant}/w/{orders}/runs",
    "runs-grid": "/t/{tenant}/w/{orders}/runs?view=grid",
    "run-failed": "/t/{tenant}/w/{orders}/runs/{failed_run}",
    "run-outline": "/t/{tenant}/w/{orders}/runs/{failed_run}?view=outline&tab=outputs",
    "run-timeline": "/t/{tenant}/w/{loop}/runs/{loop_run}?view=timeline",
    "run-turns": "/t/{tenant}/w/{loop}/runs/{loop_run}?node=Quantity&iter=7",
    "run-trigger": "/t/{tenant}/w/{loop}/runs/{loop_run}?node=manual",
    "inbox": "/t/{tenant}/inbox",
    "inbox-none-match": "/t/{tenant}/inbox?outcome=rejected,quarantined",
    "overview": "/t/{tenant}/w/{orders}/overview",
    "design": "/t/{tenant}/w/{orders}/design",
    "versions": "/t/{tenant}/w/{orders}/versions",
    "connections": "/t/{tenant}/connections",
    "members": "/t/{tenant}/members",
    "settings": "/t/{tenant}/settings",
    "profile": "/me",
    "new-connection": "/t/{tenant}/connections?new=email",
    "templates": "/t/{tenant}/templates",
    "no-access": "/t/elsewhere/workflows",
    "not-found": "/nowhere",
}


@pytest.mark.parametrize("name", PAGES)
def test_page(name: str, opened: Page, world: World) -> None:
    opened.goto(PAGES[name].format(**vars(world)))
    opened.wait_for_load_state("networkidle")
    expect(opened.locator("[role=status][aria-label^=Loading]")).to_have_count(0)
    _look(opened, name)


@pytest.mark.parametrize("address", ["/signin", "/setup", "/join?token=made-up"])
def test_page_before_sign_in(address: str, outside: Page) -> None:
    outside.goto(address)
    outside.wait_for_load_state("networkidle")
    _look(outside, address.strip("/").partition("?")[0])


def _look(page: Page, name: str) -> None:
    """By day everything, by night what colours can spoil."""
    SCREENSHOTS.mkdir(exist_ok=True)
    found = findings(page)
    page.screenshot(path=SCREENSHOTS / f"{name}-light.png")
    wear(page, "dark")
    found += [f"by night: {one}" for one in findings(page, COLOURS)]
    page.screenshot(path=SCREENSHOTS / f"{name}-dark.png")
    assert not found, "\n".join(found)


def test_narrow_window_needs_no_sideways_scrolling(opened: Page, world: World) -> None:
    """Reflow at 320 CSS px (WCAG 1.4.10): tables scroll inside their frame, the page does not."""
    opened.set_viewport_size({"width": 320, "height": 640})
    for name in ("workflows", "connections", "templates", "overview", "runs-of-workflow"):
        opened.goto(PAGES[name].format(**vars(world)))
        opened.wait_for_load_state("networkidle")
        width = opened.locator("#content").evaluate("content => content.scrollWidth - content.clientWidth")
        assert width <= 1, f"{name} scrolls sideways by {width} px"
    views = opened.get_by_role("navigation", name="Views of this workflow")
    expect(views.get_by_role("link", name="Versions")).to_be_in_viewport(ratio=1)

"""One server and one browser for all tests; a page per test that fails on anything the console says."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Page,
    Playwright,
    expect,
    sync_playwright,
)
from playwright.sync_api import Error as PlaywrightError

from tests.e2e.person import Person
from tests.e2e.serving import MANIFEST, Server, Upstream, running, upstream

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-sync",
    "--disable-component-update",
]
# MILLRACE_SLOWER=5: every page has a fifth of the processor and 200 ms to the server, to find what only a fast machine gets right.
SLOWER = float(os.environ.get("MILLRACE_SLOWER") or 1)
# MILLRACE_BROWSER_RERUNS=2, as in CI: how often a browser test that failed is tried again.
RERUNS = int(os.environ.get("MILLRACE_BROWSER_RERUNS") or 0)
BEGUN = pytest.StashKey[str]()
SCREENSHOTS = Path(__file__).with_name("screenshots")

# On a machine that is busy with others a page takes its time; where nothing is wrong nobody waits longer for it.
expect.set_options(timeout=20_000)

OWNER = {
    "email": "ana.kovac@example.com",
    "password": "a calm river turns the wheel",
    "name": "Ana Kovač",
    "tenantName": "Acme",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))
            if RERUNS > 0:
                item.add_marker(pytest.mark.flaky(reruns=RERUNS))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
    """Below everything else: the tests that passed, or failed, at another try only."""
    yield
    again: dict[str, list[pytest.TestReport]] = {}
    for report in terminalreporter.getreports("rerun"):
        again.setdefault(report.nodeid, []).append(report)
    if not again:
        return
    terminalreporter.section("unsteady browser tests: find out why", sep="!", red=True, bold=True)
    for name, reports in again.items():
        why = reports[0].longreprtext.strip().splitlines()
        said = next((line[1:].strip() for line in why if line.startswith("E ")), why[-1] if why else "")
        places = [line for line in why if re.match(r"tests/\S+\.py:\d+:", line)]
        where = places[0].rstrip(": ") if places else name
        terminalreporter.write_line(
            f"unsteady: {name}: tried {len(reports) + 1} times. First, at {where}: {said[:200]}"
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the server logged stands below a failed test."""
    report = yield
    used = getattr(item, "funcargs", {})
    started = used.get("server") or used.get("fresh_server")
    opened = used.get("page")
    if report.failed and call.when == "call" and isinstance(opened, Page):
        _photograph(opened, item)
    if report.failed and isinstance(started, Server):
        report.sections.append(("server log", "\n".join(started.log[-40:])))
    return report


def _photograph(page: Page, item: pytest.Item) -> None:
    """What the page showed when the test failed; every try has its own picture."""
    SCREENSHOTS.mkdir(exist_ok=True)
    tried = getattr(item, "execution_count", 1)
    with suppress(PlaywrightError):
        page.screenshot(path=SCREENSHOTS / f"failed-{item.name}-{tried}.png", timeout=5_000)


def _need(ready: bool, reason: str) -> None:
    if ready:
        return
    if os.environ.get("MILLRACE_REQUIRE_SERVICES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    _need(Path(CHROMIUM).exists(), "Chromium is not installed (apt install chromium).")
    _need(MANIFEST.exists(), "The canvas is not built (make setup).")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    if SLOWER > 1:
        _slow_down(started, SLOWER)
    yield started
    started.close()


def _slow_down(browser: Browser, times: float) -> None:
    """Every page of the browser computes that many times slower, on a slow line: what is ready just in time is late here."""

    new_context = browser.new_context

    def context(**options: Any) -> BrowserContext:
        made = new_context(**options)
        new_page, lines = made.new_page, list[CDPSession]()

        def say(line: CDPSession, offline: bool) -> None:
            far = {"latency": 40 * times, "downloadThroughput": -1, "uploadThroughput": -1}
            line.send("Network.emulateNetworkConditions", {"offline": offline, **far})

        def page() -> Page:
            opened = new_page()
            line = made.new_cdp_session(opened)
            line.send("Emulation.setCPUThrottlingRate", {"rate": times})
            line.send("Network.enable")
            say(line, False)
            lines.append(line)
            return opened

        def set_offline(offline: bool) -> None:
            for line in lines:  # the last to say how the network is wins
                say(line, offline)

        made.new_page = page  # type: ignore[method-assign]
        made.set_offline = set_offline  # type: ignore[method-assign]
        return made

    browser.new_context = context  # type: ignore[method-assign]
    browser.new_page = lambda **options: context(**options).new_page()  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def server(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("millrace")) as started:
        yield started


@pytest.fixture
def fresh_server(playwright: Playwright, tmp_path: Path) -> Iterator[Server]:
    """A server that nobody has set up."""
    with running(tmp_path) as started:
        yield started


@pytest.fixture
def service() -> Iterator[Upstream]:
    with upstream() as started:
        yield started


@pytest.fixture(scope="session")
def account(server: Server, browser: Browser) -> dict[str, object]:
    """The first account, made over the API; its cookies for every other context."""
    context = browser.new_context(base_url=server.url)
    person = Person(context.new_page(), server.url)
    person.set_up(server.setup_token, OWNER)
    state = dict(context.storage_state())
    context.close()
    return state


@pytest.fixture
def context(browser: Browser, server: Server, account: dict[str, object]) -> Iterator[BrowserContext]:
    made = browser.new_context(
        base_url=server.url,
        storage_state=account,  # type: ignore[arg-type]
        viewport={"width": 1440, "height": 900},
        color_scheme="light",
    )
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    opened = context.new_page()
    said = listen(opened)
    yield opened
    assert said == [], "the console must stay silent"


def listen(page: Page) -> list[str]:
    """Collects console errors, warnings and uncaught exceptions."""
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # The browser reports refusals (4xx) by itself; the page shows them as sentences.
        refused = message.text.startswith("Failed to load resource: the server responded with a status of 4")
        # So it does when a test has taken the network away.
        unplugged = "net::ERR_INTERNET_DISCONNECTED" in message.text
        if message.type in {"error", "warning"} and not (refused or unplugged):
            said.append(f"{message.type}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: said.append(f"exception: {error}"))
    return said


@pytest.fixture
def timed() -> Callable[[str], None]:
    """`timed(flow)` prints how long the flow took since the test began: `make flows` lists them."""
    begun = time.monotonic()
    return lambda flow: print(f"\nflow  {time.monotonic() - begun:6.1f} s  {flow}")


@pytest.fixture
def ana(page: Page, server: Server, request: pytest.FixtureRequest) -> Person:
    """The owner, signed in; what an earlier try of the same test has made is gone."""
    person = Person(page, server.url)
    person.refresh_session()
    item = request.node
    if BEGUN in item.stash:
        person.remove_what_came_since(item.stash[BEGUN])
    else:
        item.stash[BEGUN] = datetime.now(UTC).isoformat()
    return person

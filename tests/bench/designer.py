"""`make bench-designer`: what a person waits for in the designer, in Chromium, as a table.

`python -m tests.bench.designer [--actions 1000] [--rounds 3] [--only open,pan,edit,preview,real]`
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Locator, Page, sync_playwright

from tests.bench import previews
from tests.bench.flows import flow
from tests.e2e.conftest import ARGUMENTS, CHROMIUM, OWNER
from tests.e2e.person import Person
from tests.e2e.serving import MANIFEST, ROOT, running

# Times from an input to the frame that shows its effect, and the longest block of the main thread after it.
_WATCH = """
(() => {
  const channel = new MessageChannel();
  const waiting = [];
  window.paints = [];
  window.blocks = [];
  channel.port1.onmessage = () => {
    const now = performance.now();
    for (const begun of waiting.splice(0)) window.paints.push(now - begun);
  };
  const begin = (event) => {
    if (["Control", "Shift", "Alt", "Meta"].includes(event.key)) return;
    requestAnimationFrame(() => {
      waiting.push(event.timeStamp);
      channel.port2.postMessage(0);
    });
  };
  for (const kind of ["keydown", "click"]) window.addEventListener(kind, begin, true);
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.blocks.push(one.duration);
  }).observe({ type: "longtask" });
  window.frames_ = [];
  window.traceFrames = () => {
    window.frames_ = [];
    let last = performance.now();
    const step = (now) => {
      window.frames_.push(now - last);
      last = now;
      if (window.frames_ !== null) window.tracing = requestAnimationFrame(step);
    };
    window.tracing = requestAnimationFrame(step);
  };
  window.stopFrames = () => {
    cancelAnimationFrame(window.tracing);
    return window.frames_.slice(1);
  };
})();
"""
_OPENED = """
() => new Promise((done) => {
  const look = () => document.querySelector('[id^="card-"]')
    ? requestAnimationFrame(() => setTimeout(() => done(performance.now() - window.opened)))
    : requestAnimationFrame(look);
  look();
})
"""
_PAINTED = """
(count) => new Promise((done) => {
  const look = () => window.paints.length >= count ? done() : setTimeout(look, 1);
  look();
})
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """Milliseconds. On a machine that does other things beside, the best of a row says more than its median."""

    what: str
    value: float
    best: float | None = None
    worst: float | None = None
    goal: float | None = None

    def line(self) -> str:
        rest = [f"{one:9.1f}" if one is not None else " " * 9 for one in (self.best, self.worst)]
        goal = "" if self.goal is None else f"{self.goal:9.0f}  {'yes' if self.value <= self.goal else 'NO'}"
        return f"{self.what:<46}{self.value:9.1f}{''.join(rest)}{goal}"


def median_of(what: str, values: list[float], goal: float) -> Figure:
    return Figure(what, statistics.median(values), min(values), max(values), goal)


@contextmanager
def designer(actions: int) -> Iterator[tuple[Browser, str, dict[str, Any], Person, str]]:
    """A server of its own with a workflow of so many actions: browser, address, session, owner and workflow."""
    with (
        tempfile.TemporaryDirectory(prefix="millrace-bench-") as data,
        running(Path(data)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(base_url=server.url)
        person = Person(context.new_page(), server.url)
        person.set_up(server.setup_token, OWNER)
        text = json.dumps(flow(actions), indent=2)
        workflow = person.workflow(f"Flow of {actions:,} actions", text, publish=False)
        yield browser, server.url, dict(context.storage_state()), person, workflow
        browser.close()


def page_of(browser: Browser, url: str, state: dict[str, Any]) -> Page:
    context = browser.new_context(
        base_url=url,
        storage_state=state,  # type: ignore[arg-type]
        viewport={"width": 1440, "height": 900},
    )
    page = context.new_page()
    page.add_init_script(_WATCH)
    return page


def opening(page: Page, tenant: str, rounds: int) -> list[Figure]:
    """From the click in the workflow list until a card is painted; the first time warms the caches."""
    painted: list[float] = []
    first_layout: list[float] = []
    for _ in range(rounds + 1):
        page.goto(f"/t/{tenant}/workflows")
        link = page.get_by_role("link", name=re.compile("^Flow of")).first
        link.wait_for()
        page.evaluate(
            "window.addEventListener('click', (event) => { window.opened = event.timeStamp }, { capture: true, once: true })"
        )
        link.click(no_wait_after=True)
        painted.append(page.evaluate(_OPENED))
        page.wait_for_timeout(300)
        first_layout += layouts(page)[:1]
    return [
        median_of("open: click to first card painted", painted[1:], 1000),
        *([median_of("layout of the whole definition", first_layout[-rounds:], 20)] if first_layout else []),
    ]


def canvas_of(page: Page) -> Locator:
    return page.get_by_role("application", name=re.compile("^Workflow canvas"))


def layouts(page: Page) -> list[float]:
    found: list[float] = page.evaluate(
        "performance.getEntriesByName('designer:layout').map((one) => one.duration)"
    )
    return found


def panning(page: Page) -> list[Figure]:
    page.mouse.move(700, 450)
    page.evaluate("traceFrames()")
    for step in range(150):
        page.mouse.wheel(12 if step % 40 < 20 else -12, 60 if step < 90 else -60)
    frames: list[float] = page.evaluate("stopFrames()")
    shares = statistics.quantiles(frames, n=20)
    zoom = page.get_by_role("button", name=re.compile("zoom to 100 %")).inner_text()
    name = f"pan at {zoom}: frame"
    return [
        Figure(f"{name}, median", statistics.median(frames), goal=17),
        Figure(f"{name}, 95th percentile", shares[18], worst=max(frames), goal=25),
    ]


def measured(
    page: Page, what: str, times: int, work: Callable[[int], None], pause: int = 700
) -> list[Figure]:
    """Runs an edit so many times: input to paint, in time and in processor time, and what is done in all."""
    page.wait_for_timeout(1500)
    page.evaluate("window.paints = []; window.blocks = []; performance.clearMeasures('designer:layout')")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    begun = busy(session)
    until_paint = []
    for number in range(times):
        before = busy(session)
        work(number)
        page.evaluate(_PAINTED, number + 1)
        until_paint.append(busy(session) - before)
        page.wait_for_timeout(pause)
    page.wait_for_timeout(600)
    spent = (busy(session) - begun) / times
    session.detach()
    paints: list[float] = page.evaluate("window.paints")
    blocks: list[float] = page.evaluate("window.blocks")
    figures = [
        median_of(f"{what}: input to paint", paints, 50),
        median_of(f"{what}: processor time until then", until_paint, 50),
        Figure(f"{what}: processor time in all, each", spent),
    ]
    if blocks:
        figures.append(Figure(f"{what}: longest block of the page", max(blocks)))
    if drawn := layouts(page):
        figures.append(median_of(f"{what}: layout", drawn, 2))
    return figures


def busy(session: CDPSession) -> float:
    """Milliseconds of processor time that the page's main thread has used."""
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"]) * 1000


def editing(page: Page) -> list[Figure]:
    canvas = canvas_of(page)
    cards = page.locator("[id^='card-Compose_']")
    card = cards.first
    card.click()
    field = page.get_by_role("textbox", name="Inputs").first
    field.click()
    page.locator(".cm-focused").wait_for()
    page.keyboard.type("warm")

    def letter(number: int) -> None:
        page.keyboard.press("abcdefgh"[number % 8])

    figures = measured(page, "type in a field, fast", 30, letter, pause=30)
    figures += measured(page, "type in a field, with pauses", 8, letter, pause=400)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    card.click()
    canvas.focus()

    def keys(*pressed: str) -> Callable[[int], None]:
        def press(number: int) -> None:
            page.keyboard.press(pressed[number % len(pressed)])

        return press

    figures += measured(page, "duplicate", 6, keys("Control+d"))
    figures += measured(page, "undo", 6, keys("Control+z"))
    figures += measured(page, "move", 6, keys("Alt+ArrowDown", "Alt+ArrowUp"))
    figures += measured(page, "wrap and unwrap", 6, keys("Control+g", "Control+Shift+G"))
    card.click()
    figures += measured(page, "delete", 4, keys("Delete"))
    figures += measured(page, "choose a card", 6, keys("ArrowUp", "ArrowDown"))
    return figures


def previewing(browser: Browser, url: str, state: dict[str, Any], person: Person) -> list[Figure]:
    found = previews.key_to_value(browser, url, state, person)
    return [
        figure
        for way, values in found.items()
        for figure in (
            median_of(f"preview over {way}: key to value, {len(values)} keys", values, 150),
            Figure(f"preview over {way}: 95th percentile", previews.share(values, 95), goal=150),
        )
    ]


def real_definitions() -> str:
    """Every definition of the conformance collection, laid out: the count, or why there is none."""
    command = ["npx", "vitest", "run", "src/workflow/conformance.test.ts", "--disable-console-intercept"]
    environment = os.environ | {
        "NO_COLOR": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        command, cwd=ROOT / "frontend", env=environment, capture_output=True, text=True, timeout=600
    )
    said = re.findall(r"^real definitions: .*$", done.stdout, re.MULTILINE)
    if done.returncode != 0:
        return "real definitions: NOT all draw\n" + done.stdout[-3000:]
    return said[-1] if said else "real definitions: the conformance collection is not beside the repository"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="open,pan,edit,preview,real")
    options = parser.parse_args()
    parts = set(options.only.split(","))
    if not MANIFEST.exists():
        sys.exit("The canvas is not built: make setup")
    print(f"Designer with {options.actions:,} actions, Chromium without a GPU, 1440 × 900\n")
    print(f"{'':<46}{'median':>9}{'best':>9}{'worst':>9}{'goal':>9}  kept")
    if parts & {"open", "pan", "edit", "preview"}:
        with designer(options.actions) as (browser, url, state, person, workflow):
            page, tenant = page_of(browser, url, state), person.tenant
            report(opening(page, tenant, options.rounds if "open" in parts else 1))
            if "pan" in parts:
                report(panning(page))
                canvas_of(page).focus()
                for _ in range(8):
                    page.keyboard.press("-")
                    page.wait_for_timeout(150)
                report(panning(page))
            if "edit" in parts:
                page.goto(f"/t/{tenant}/w/{workflow}/design")
                page.locator("[id^='card-']").first.wait_for()
                report(editing(page))
            if "preview" in parts:
                report(previewing(browser, url, state, person))
    if "real" in parts:
        print("\n" + real_definitions())


def report(figures: list[Figure]) -> None:
    for figure in figures:
        print(figure.line(), flush=True)


if __name__ == "__main__":
    main()

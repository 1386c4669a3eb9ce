"""The tour of the README, performed exactly as written: each step's sentence stands beside what it does."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.e2e.conftest import SCREENSHOTS, listen
from tests.e2e.serving import ROOT, _wait_for

README = (ROOT / "README.md").read_text("utf-8")
TOUR = README.split("## Five minutes", 1)[-1].split("\n## ", 1)[0]


def sentences() -> list[str]:
    """The numbered steps, white space folded, without their code blocks."""
    text = re.sub(r"\n *```.*?```", "", TOUR, flags=re.DOTALL)
    steps = re.split(r"^\d+\. ", text, flags=re.MULTILINE)[1:]
    return [" ".join(step.split("\n\n")[0].split()) for step in steps]


def blocks() -> list[str]:
    return [
        " ".join(block.split("\\\n")) for block in re.findall(r"```bash\n(.*?)```", TOUR, flags=re.DOTALL)
    ]


@contextmanager
def process(command: list[str], **more: Any) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    variables = {
        k: v for k, v in os.environ.items() if not k.startswith(("MILLRACE_", "DJANGO_", "DATABASE_"))
    }
    started = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**variables, "PYTHONUNBUFFERED": "1"}, start_new_session=True, **more,
    )  # fmt: skip
    log: list[str] = []

    def read() -> None:
        assert started.stdout is not None
        for line in started.stdout:
            log.append(line.rstrip("\n"))

    threading.Thread(target=read, daemon=True).start()
    try:
        yield started, log
    finally:
        os.killpg(started.pid, signal.SIGINT)
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)


class Tour:
    """One visitor: a page, and what the two terminals have printed."""

    def __init__(self, page: Page, url: str, setup: str, said: list[str]) -> None:
        self.page, self.url, self.setup, self.said = page, url, setup, said
        self.answers: list[tuple[int, Any]] = []

    def make_the_account(self) -> None:
        self.page.goto(self.setup)
        self.page.get_by_label("Your name").fill("Ann")
        self.page.get_by_label("Email").fill("ann@example.org")
        self.page.get_by_label("Password", exact=True).fill("a calm river turns the wheel")
        self.page.get_by_label("Organisation").fill("Acme")
        self.page.get_by_role("button", name="Create account").click()
        self.page.wait_for_url("**/workflows")

    def play_the_world(self) -> None:
        _until(lambda: any("Mail server" in line for line in self.said))

    def choose_the_template(self) -> None:
        self.page.get_by_text("Start from a template").click()
        self.page.get_by_text("Order intake").first.click()
        self.page.get_by_role("button", name="Use this template").click()

    def connect(self) -> None:
        self._connection("storage", {})
        self._connection("email", {"Server": "127.0.0.1", "Port": "2525", "From": "shop@example.org"})
        self.page.get_by_role("button", name="Create and open").click()
        self.page.wait_for_url("**/design**")

    def _connection(self, name: str, values: dict[str, str]) -> None:
        self.page.get_by_role("button", name=f"Create the connection {name}").click()
        dialog = self.page.get_by_role("dialog", name=re.compile("New connection"))
        for label, value in values.items():
            dialog.get_by_label(label).fill(value)
        if values:
            dialog.get_by_label("Encryption").first.click()
            self.page.get_by_role("option", name="None").click()
        dialog.get_by_role("button", name="Save and test").click()
        dialog.get_by_role("button", name="Close").last.click()

    def publish(self) -> None:
        self.page.get_by_role("button", name="Publish").click()
        self.page.get_by_role("dialog").get_by_role("button", name="Publish").click()
        expect(self.page.get_by_text("is published")).to_be_visible()

    def send_an_order(self) -> None:
        self.page.get_by_role("treeitem", name="Order arrives").click()
        self.page.get_by_role("button", name="Copy the curl command").click()
        copied: str = self.page.evaluate("navigator.clipboard.readText()")
        self.curl = shlex.split(copied)
        self.answers.append(self._call(blocks()[2]))
        assert self.answers[-1] == (201, {"accepted": True, "id": "A-1", "file": "orders/A-1.json"})
        _until(lambda: any("mail server: to ann@example.org: Your order A-1" in line for line in self.said))
        _until(lambda: any("asked about order" in line for line in self.said))

    def _call(self, written: str) -> tuple[int, Any]:
        """The README's line with the address of the workflow in the place of the dots."""
        words = shlex.split(written)
        assert (words[0], words[3]) == ("curl", "…")
        address = next(word for word in self.curl if word.startswith("http"))
        words[3] = address
        done = subprocess.run(
            [*words, "-s", "-w", "\n%{http_code}"], capture_output=True, text=True, check=True
        )
        body, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(body)

    def look_at_the_run(self) -> None:
        self.page.get_by_role("link", name="Runs", exact=True).last.click()
        self.page.get_by_role("row").filter(has_text="Order intake").first.get_by_role("link").first.click()
        expect(self.page.get_by_text("Succeeded").first).to_be_visible()
        self.page.get_by_text("Confirm by email").first.click()
        expect(self.page.get_by_role("tab", name="Inputs")).to_be_visible()
        expect(self.page.get_by_text("is published")).to_be_hidden()
        self.page.get_by_role("button", name="Show the whole workflow").click()
        self.page.wait_for_timeout(600)
        place = Path(os.environ.get("MILLRACE_TOUR_SCREENSHOT") or SCREENSHOTS / "tour.png")
        place.parent.mkdir(exist_ok=True)
        self.page.screenshot(path=str(place))

    def send_a_broken_order(self) -> None:
        status, body = self._call(blocks()[3])
        assert (status, body["accepted"]) == (400, False)
        self.page.get_by_role("link", name="Runs", exact=True).last.click()
        self.page.get_by_role("row").filter(has_text="ValidationFailed").first.get_by_role(
            "link"
        ).first.click()
        expect(self.page.get_by_text("Check order").first).to_be_visible()
        expect(self.page.get_by_text("ValidationFailed").first).to_be_visible()


STEPS: dict[str, Callable[[Tour], None]] = {
    "Start Millrace, open the set-up link it prints, fill in the form and choose **Create account**.": Tour.make_the_account,
    "In a second terminal, play the world outside: a stock service and a mail server that print what reaches them.": Tour.play_the_world,
    "On the page, choose **Start from a template**, then **Order intake**, then **Use this template**.": Tour.choose_the_template,
    "It needs two connections. Beside *storage* choose **Create**, **Save and test**, **Close**. Beside *email* choose "
    "**Create**, enter server `127.0.0.1`, port `2525`, encryption *None* and from `shop@example.org`, then "
    "**Save and test**, **Close**. Now **Create and open**: this is the workflow on the canvas.": Tour.connect,
    "Choose **Publish**, and **Publish** once more in the dialog that lists what changes.": Tour.publish,
    "Select the first card, *Order arrives*, and copy the line under *From a terminal*; send an order with it, and see "
    "the answer here and the mail in the second terminal.": Tour.send_an_order,
    "Choose **Runs** and open the newest run: every action with its status and duration; select *Confirm by email* to see "
    "its inputs and outputs. A run that is still going moves before your eyes.": Tour.look_at_the_run,
    "Send an order that is wrong. The caller gets a 400 with the reason, and the run opens at the action that failed.": Tour.send_a_broken_order,
}


def test_the_readme_and_this_test_name_the_same_steps() -> None:
    assert sentences() == list(STEPS)


@pytest.mark.timeout(240)
def test_the_tour_works_as_written(playwright: Playwright, browser: Browser, tmp_path: Path) -> None:
    start, practice = blocks()[0].split(), blocks()[1].split()
    assert start == ["make", "run"]
    with process([*start, "PORT=0", f"DATA={tmp_path}"]) as (server, log), process(practice) as (_, said):
        url = _wait_for(log, server, r"running at (http://\S+)")
        setup = _wait_for(log, server, r"(http://\S+/setup\?token=\S+)")
        context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        spoken = listen(page)
        tour = Tour(page, url, setup, said)
        for step in STEPS.values():
            step(tour)
        assert spoken == []
        context.close()


def _until(true: Callable[[], bool], seconds: float = 60) -> None:
    gone = threading.Event()
    for _ in range(int(seconds * 20)):
        if true():
            return
        gone.wait(0.05)
    raise AssertionError("it did not happen in time")

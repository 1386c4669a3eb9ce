"""From a key to the value below the field, over the socket and over HTTP, in one run and in turns.

The page waits 80 ms for the next key before it asks; that pause is in the figures of both ways.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

from tests.e2e.person import Person

ACTIONS = 200
ROUNDS, KEYS = 4, 12
LETTERS = "abcdefghijkl"

# When the shown value ends with what was typed last.
_SHOWN = """
(letter) => new Promise((done) => {
  const look = () => {
    const shown = document.querySelector("[data-field='/inputs'] [class*='previewText']")?.textContent ?? "";
    if (shown.endsWith(letter)) requestAnimationFrame((now) => done(performance.now() - window.pressed));
    else return false;
    return true;
  };
  if (look()) return;
  const watch = new MutationObserver(() => { if (look()) watch.disconnect(); });
  watch.observe(document.body, { subtree: true, childList: true, characterData: true });
})
"""


def chain() -> str:
    """Actions in a row, each of which takes up what came before."""
    actions: dict[str, Any] = {}
    for number in range(1, ACTIONS + 1):
        last = f"Step_{number - 1}"
        actions[f"Step_{number}"] = {
            "type": "Compose",
            "inputs": "@triggerBody()" if number == 1 else f"@outputs('{last}')",
            "runAfter": {} if number == 1 else {last: ["Succeeded"]},
        }
    trigger = {"manual": {"type": "Request", "kind": "Http", "inputs": {}}}
    return json.dumps({"definition": {"triggers": trigger, "actions": actions}})


@contextmanager
def field_of(browser: Browser, url: str, state: dict[str, Any], path: str, socket: bool) -> Iterator[Page]:
    context = browser.new_context(base_url=url, storage_state=state)  # type: ignore[arg-type]
    page = context.new_page()
    if not socket:
        page.route_web_socket("**/ws/**", lambda route: route.close())
    page.add_init_script(
        "window.addEventListener('keydown', (event) => { window.pressed = event.timeStamp }, true)"
    )
    page.goto(path)
    page.get_by_role("textbox", name="Inputs").first.click()
    page.locator(".cm-focused").wait_for()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text("Dear @{outputs('Step_150')?['name']}, ")
    page.wait_for_timeout(1500)
    yield page
    context.close()


def key_to_value(browser: Browser, url: str, state: dict[str, Any], person: Person) -> dict[str, list[float]]:
    """Milliseconds by way."""
    workflow = person.workflow("Previewed", chain())
    begun = person.post(f"/workflows/{workflow}/run", {"version": "draft", "payload": {"name": "Ana"}})
    while person.get(f"/runs/{begun['runId']}")["status"] != "Succeeded":
        person.page.wait_for_timeout(200)
    path = f"/t/{person.tenant}/w/{workflow}/design?node=Step_{ACTIONS}"
    found: dict[str, list[float]] = {"socket": [], "HTTP": []}
    for number in range(ROUNDS * 2):
        way = ("socket", "HTTP")[number % 2]
        with field_of(browser, url, state, path, way == "socket") as page:
            for letter in LETTERS[:KEYS]:
                page.keyboard.press(letter)
                found[way].append(page.evaluate(_SHOWN, letter))
                page.wait_for_timeout(150)
    return found


def share(values: list[float], part: int) -> float:
    return statistics.quantiles(values, n=100)[part - 1]

"""Actions become a workflow of their own that answers as they did; what cannot, says why."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.accessibility import findings, wear
from tests.e2e.definitions import texts
from tests.e2e.person import Person
from tests.e2e.serving import Upstream
from tests.e2e.test_panel import shot

ORDER = {"id": "A-7", "customer": {"name": 'Ann\'s "shop"'}, "lines": [1, 2.5, None]}


def parcel(url: str) -> str:
    """A value made of the order, a call with it and with the trigger's, an answer made of the call's."""
    made: dict[str, Any] = {
        "Label": {"type": "Compose", "inputs": "@{triggerBody()?['id']} of @{triggerBody()?['customer']?['name']}", "runAfter": {}},
        "Ask_the_carrier": {
            "type": "Http",
            "inputs": {
                "method": "POST", "uri": f"{url}/ok",
                "body": {"label": "@outputs('Label')", "lines": "@triggerBody()?['lines']"},
                "retryPolicy": {"type": "none"},
            },
            "runAfter": {"Label": ["Succeeded"]},
        },
        "Answer": {
            "type": "Response", "kind": "Http",
            "inputs": {"statusCode": 200, "body": {"whole": "@body('Ask_the_carrier')", "label": "Got @{body('Ask_the_carrier')?['got']?['label']}"}},
            "runAfter": {"Ask_the_carrier": ["Succeeded"]},
        },
    }  # fmt: skip
    trigger = {"type": "Request", "kind": "Http", "inputs": {"schema": {}}}
    return json.dumps(
        {"definition": {"triggers": {"manual": trigger}, "actions": made}, "kind": "Stateful"}, indent=2
    )


def choose(page: Page, *names: str) -> None:
    for index, name in enumerate(names):
        page.locator(f"#card-{name}").click(modifiers=["Shift"] if index else [])


def test_two_actions_become_a_child_that_answers_as_they_did(
    page: Page, ana: Person, service: Upstream
) -> None:
    parent = ana.workflow("Parcels to extract from", parcel(service.url))
    before = ana.call(parent, ORDER)
    assert before[0] == 200
    assert before[1]["label"] == 'Got A-7 of Ann\'s "shop"'
    page.goto(f"/t/{ana.tenant}/w/{parent}/design")
    choose(page, "Label", "Ask_the_carrier")
    page.get_by_role("application").press("Control+Shift+X")

    dialog = page.get_by_role("dialog", name="Extract into a child workflow", exact=True)
    passed = dialog.get_by_role("region", name="Passed in", exact=True).get_by_role("listitem")
    expect(passed).to_have_text([re.compile("^id"), re.compile("^name"), re.compile("^lines")])
    back = dialog.get_by_role("region", name="Comes back", exact=True).get_by_role("listitem")
    expect(back).to_have_text([re.compile("^Ask_the_carrier"), re.compile("^label")])
    assert findings(page) == []
    wear(page, "dark")
    assert findings(page) == []
    shot(page, "extracting")

    # The name of another workflow is refused where it was typed, and nothing has happened.
    name = dialog.get_by_role("textbox", name="Name of the child workflow", exact=True)
    name.fill("Parcels to extract from")
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect(dialog.get_by_text("There is a workflow named Parcels to extract from already.")).to_be_visible()
    expect(page.locator("#card-Label")).to_have_count(1)

    name.fill("Ask a carrier")
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_text("“Ask a carrier” is a workflow of its own now")).to_be_visible()
    expect(page.get_by_role("button", name="Open it", exact=True)).to_be_visible()
    expect(dialog).to_be_hidden()
    call = page.locator("#card-Call_Ask_a_carrier")
    expect(call).to_be_visible()
    expect(page.locator("#card-Label")).to_have_count(0)
    # One step to undo, and one to do again.
    page.get_by_role("button", name=re.compile("^Undo")).click()
    expect(page.locator("#card-Label")).to_be_visible()
    expect(call).to_have_count(0)
    page.get_by_role("button", name=re.compile("^Redo")).click()
    expect(call).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    draft = ana.get(f"/workflows/{parent}/draft")
    assert [problem for problem in draft["problems"] if problem["severity"] == "error"] == []
    ana.post(f"/workflows/{parent}/publish", {"comment": "", "revision": draft["revision"]})

    asked = len(service.received)
    assert ana.call(parent, ORDER) == before
    assert service.received[asked:] == service.received[:1]
    child = next(
        one for one in ana.get("/workflows?search=Ask a carrier")["items"] if one["name"] == "Ask a carrier"
    )
    assert (child["publishedVersion"], child["state"]) == (1, "on")
    assert ana.newest_run(child["id"], "Succeeded")["status"] == "Succeeded"


def test_what_cannot_be_extracted_says_why(page: Page, ana: Person) -> None:
    workflow = ana.workflow("Words not to extract", texts("One", "Two", "Three"), publish=False)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    choose(page, "One", "Three")
    page.get_by_role("toolbar", name="Selection", exact=True).get_by_role(
        "button", name="Extract into a child workflow"
    ).click()
    dialog = page.get_by_role("dialog", name="Extract into a child workflow", exact=True)
    expect(dialog.get_by_text("Three runs after an action outside the selection")).to_be_visible()
    expect(dialog.get_by_role("button", name="Create", exact=True)).to_have_count(0)
    assert findings(page) == []
    shot(page, "extracting-refused")
    dialog.get_by_role("button", name="Close", exact=True).last.click()
    expect(dialog).to_be_hidden()


def test_a_child_that_cannot_be_published_is_not_left_behind(page: Page, ana: Person) -> None:
    workflow = ana.workflow("Words to extract in vain", texts("Four", "Five"), publish=False)
    page.goto(f"/t/{ana.tenant}/w/{workflow}/design")
    page.route(
        "**/publish",
        lambda route: route.fulfill(
            status=403, content_type="application/problem+json",
            body=json.dumps({"title": "Forbidden", "detail": "You may not publish workflows.", "status": 403, "code": "Forbidden"}),
        ),
    )  # fmt: skip
    choose(page, "Four")
    page.get_by_role("application").press("Control+Shift+X")
    dialog = page.get_by_role("dialog", name="Extract into a child workflow", exact=True)
    dialog.get_by_role("textbox", name="Name of the child workflow", exact=True).fill("Never to be seen")
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text(
        "You may not publish workflows. This workflow is as it was."
    )
    expect(page.locator("#card-Four")).to_have_count(1)
    assert [one["name"] for one in ana.get("/workflows?search=Never to be seen")["items"]] == []

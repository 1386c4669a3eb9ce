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


def lines(url: str) -> str:
    """Each line is asked about with a variable and its own values; what was said is kept and answered."""
    turn: dict[str, Any] = {
        "Made": {"type": "Compose", "inputs": "@concat(variables('prefix'), item()?['sku'])", "runAfter": {}},
        "Many": {
            "type": "If",
            "expression": {"and": [{"greater": ["@items('Every_line')?['count']", 1]}]},
            "actions": {
                "Ask": {
                    "type": "Http",
                    "inputs": {
                        "method": "POST", "uri": f"{url}/ok",
                        "body": {"made": "@outputs('Made')", "of": "@parameters('shop')", "line": "@items('Every_line')"},
                        "retryPolicy": {"type": "none"},
                    },
                    "runAfter": {},
                }
            },
            "else": {"actions": {}},
            "runAfter": {"Made": ["Succeeded"]},
        },
        "Keep": {
            "type": "AppendToArrayVariable",
            "inputs": {"name": "said", "value": {"made": "@outputs('Made')", "got": "@body('Ask')?['got']"}},
            "runAfter": {"Many": ["Succeeded"]},
        },
    }  # fmt: skip
    prefix = {"name": "prefix", "type": "string", "value": "no. "}
    actions: dict[str, Any] = {
        "Prefix": {"type": "InitializeVariable", "inputs": {"variables": [prefix]}, "runAfter": {}},
        "Said": {
            "type": "InitializeVariable",
            "inputs": {"variables": [{"name": "said", "type": "array"}]},
            "runAfter": {"Prefix": ["Succeeded"]},
        },
        "Every_line": {
            "type": "Foreach", "foreach": "@triggerBody()?['lines']", "actions": turn,
            "runAfter": {"Said": ["Succeeded"]},
            "runtimeConfiguration": {"concurrency": {"repetitions": 1}},
        },
        "Answer": {
            "type": "Response", "kind": "Http",
            "inputs": {"statusCode": 200, "body": "@variables('said')"},
            "runAfter": {"Every_line": ["Succeeded"]},
        },
    }  # fmt: skip
    trigger = {"type": "Request", "kind": "Http", "inputs": {"schema": {}}}
    shop = {"shop": {"type": "Object", "defaultValue": {"name": "Acme", "big": 12345678901234567}}}
    definition = {"parameters": shop, "triggers": {"manual": trigger}, "actions": actions}
    return json.dumps({"definition": definition, "kind": "Stateful"}, indent=2)


def test_a_turn_of_a_loop_becomes_a_child_from_the_menu(page: Page, ana: Person, service: Upstream) -> None:
    parent = ana.workflow("Lines to extract from", lines(service.url))
    order = {"lines": [{"sku": "a", "count": 2}, {"sku": "b", "count": 1}, {"sku": "c", "count": 3}]}
    status, before = ana.call(parent, order)
    assert status == 200
    assert [one["made"] for one in before] == ["no. a", "no. b", "no. c"]
    asked = list(service.received)
    assert len(asked) == 2
    page.goto(f"/t/{ana.tenant}/w/{parent}/design")
    choose(page, "Made", "Many")
    page.locator("#card-Many").click(button="right")
    page.get_by_role("menuitem", name="Extract into a child workflow").click()
    dialog = page.get_by_role("dialog", name="Extract into a child workflow", exact=True)
    dialog.get_by_role("textbox", name="Name of the child workflow", exact=True).fill("Ask about a line")
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect(page.locator("#card-Call_Ask_about_a_line")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    draft = ana.get(f"/workflows/{parent}/draft")
    assert [problem for problem in draft["problems"] if problem["severity"] == "error"] == []
    ana.post(f"/workflows/{parent}/publish", {"comment": "", "revision": draft["revision"]})
    assert ana.call(parent, order) == (status, before)
    assert service.received[2:] == asked

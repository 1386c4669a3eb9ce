"""Every screen of `designer/pages.py` with an address in a world of made-up but believable data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser

from tests.e2e import definitions
from tests.e2e.person import Person
from tests.e2e.serving import Upstream

# Name, address, and the kind of screen where more than one address draws it.
PLACES = {
    "workflows": "/t/{tenant}/workflows",
    "templates": "/t/{tenant}/templates",
    "template": "/t/{tenant}/templates/order-intake",
    "runs": "/t/{tenant}/runs",
    "connections": "/t/{tenant}/connections",
    "connection-new": "/t/{tenant}/connections?new=email",
    "inbox": "/t/{tenant}/inbox",
    "members": "/t/{tenant}/members",
    "settings": "/t/{tenant}/settings",
    "overview": "/t/{tenant}/w/{workflow}/overview",
    "design": "/t/{tenant}/w/{workflow}/design",
    "design-action": "/t/{tenant}/w/{workflow}/design?node={action}",
    "design-split": "/t/{tenant}/w/{workflow}/design?view=split",
    "workflow-runs": "/t/{tenant}/w/{workflow}/runs",
    "workflow-grid": "/t/{tenant}/w/{workflow}/runs?view=grid",
    "run": "/t/{tenant}/w/{workflow}/runs/{run}",
    "run-outline": "/t/{tenant}/w/{workflow}/runs/{run}?view=outline&tab=inputs",
    "run-timeline": "/t/{tenant}/w/{workflow}/runs/{run}?view=timeline",
    "run-turns": "/t/{tenant}/w/{loop}/runs/{loop_run}?node=Quantity&iter=7&tab=outputs",
    "versions": "/t/{tenant}/w/{workflow}/versions",
    "profile": "/me",
}
LONGEST = "Tell_the_warehouse_about_everything_that_was_reserved"
NOBODY = "00000000-0000-7000-8000-000000000000"


@dataclass
class World:
    """What the addresses name. In an empty one the workflow is blank, and nothing has run."""

    tenant: str
    workflow: str
    action: str = ""
    run: str = NOBODY
    loop: str = ""
    loop_run: str = NOBODY
    viewer: dict[str, Any] = field(default_factory=dict)

    def address(self, place: str) -> str:
        return PLACES[place].format(**{**vars(self), "loop": self.loop or self.workflow})


def empty(ana: Person) -> World:
    """Right after the first account was made: one workflow with nothing in it."""
    blank: str = ana.post("/workflows", {"name": "Untitled workflow"})["id"]
    return World(ana.tenant, blank)


NAMES = (
    "Weekly stock report", "Invoice sync Contoso → SAP, approval above 10 000 €, copy to accounting",
    "New customer onboarding", "Nightly clean-up", "Returns: refund or voucher", "Parcel tracking webhook",
    "Daily digest for sales", "Price list import", "Welcome mail", "Escalate unanswered tickets",
    "GDPR erasure request", "Müller & Söhne – Lieferavis",
)  # fmt: skip
PEOPLE = (
    ("carla.di.stefano@example.com", "Carla Di Stefano", "operator"),
    ("bartholomew.featherstonehaugh@subsidiary.example.com", "Bartholomew Featherstonehaugh", "editor"),
    ("vera@example.com", "Vera Lindqvist", "viewer"),
)


def filled(ana: Person, browser: Browser, service: Upstream) -> World:
    """A shop in its third week: workflows on and off, runs of every ending, connections, people, versions."""
    workflow = ana.workflow("Order intake", definitions.shop(service.url))
    for at in range(26):
        carrier = "/fail/parcels" if at % 9 == 4 else "/ok/parcels"
        lines = [{"sku": f"MR-{10 * at + line}", "price": 19.9, "quantity": line + 1} for line in range(3)]
        order = {
            "id": f"A-{4700 + at}",
            "customer": f"C-{at % 7}",
            "total": 240 * (at % 9),
            "carrier": carrier,
        }
        ana.call(workflow, {**order, "lines": lines})
    wanted = _newest(ana, workflow, "Failed", 26)
    for at, comment in enumerate(
        ("Rule for small orders", "", "Longer wait for the carrier, as agreed with them")
    ):
        note = {"order": "@triggerBody()?['id']", "note": at}
        ana.change(workflow, f"/definition/actions/{LONGEST}/inputs", note, comment)
    loop = ana.workflow("Stock reservation", definitions.loop())
    ana.call(loop, {"lines": [{"quantity": "?" if at % 19 == 7 else at} for at in range(60)]})
    loop_run = _newest(ana, loop, "Failed", 1)
    waiting = ana.workflow("Approval by phone", definitions.background_call(f"{service.url}/slow"))
    ana.call(waiting)
    for at, name in enumerate(NAMES):
        made = ana.workflow(name, definitions.texts("Collect", "Sort", "Hand_over"), publish=at % 4 != 3)
        for _ in range(at % 3 if at % 4 != 3 else 0):
            ana.call(made, {"at": at})
    for name in ("archive", "Invoices of all subsidiaries - kept for ten years"):
        ana.post("/connections", {"name": name, "connector": "storage", "parameters": {"folder": ""}})
    mail = {"host": "127.0.0.1", "port": 9, "encryption": "None", "from": "shop@example.com"}
    ana.post("/connections", {"name": "orders-mail", "connector": "email", "parameters": mail})
    viewer = [joined(ana, browser, *one) for one in PEOPLE][-1]
    ana.post("/invitations", {"email": "dimitri@example.com", "role": "admin"})
    return World(ana.tenant, workflow, "Check_customer", wanted, loop, loop_run, viewer)


def _newest(ana: Person, workflow: str, status: str, runs: int) -> str:
    """A run with that status, once so many runs have ended."""
    for _ in range(600):
        items = ana.get(f"/runs?workflow={workflow}&limit=100")["items"]
        ended = [one for one in items if one["status"] not in {"Running", "Waiting"}]
        if len(ended) >= runs:
            return str(next(one["id"] for one in ended if one["status"] == status))
        ana.page.wait_for_timeout(100)
    raise AssertionError(f"Of {runs} runs {len(ended)} ended.")


def joined(ana: Person, browser: Browser, email: str, name: str, role: str) -> dict[str, Any]:
    """A member, signed in: the cookies."""
    link: str = ana.post("/invitations", {"email": email, "role": role})["url"]
    context = browser.new_context(base_url=ana.url)
    person = Person(context.new_page(), ana.url)
    person.refresh_session()
    token = link.partition("token=")[2]
    password = "a long enough password"
    person.post("/api/v1/invitations/accept", {"token": token, "name": name, "password": password})
    state = dict(context.storage_state())
    context.close()
    return state

"""What a person does, through the page or, where a test only needs it done, through the same API the page uses."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
import uuid
from datetime import datetime
from typing import Any

from playwright.sync_api import Page


class Person:
    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.csrf = ""
        self.tenant = ""

    # -- over the API ------------------------------------------------------------------

    def refresh_session(self) -> dict[str, Any]:
        session: dict[str, Any] = self.page.request.get(f"{self.url}/api/v1/session").json()
        self.csrf = session["csrfToken"]
        if session["tenants"]:
            self.tenant = session["tenants"][0]["slug"]
        return session

    def set_up(self, token: str, account: dict[str, str]) -> None:
        self.refresh_session()
        self.post("/api/v1/setup", {"token": token, **account})
        self.refresh_session()

    def post(self, path: str, body: object = None) -> Any:
        full = path if path.startswith("/api/") else f"/api/v1/t/{self.tenant}{path}"
        answer = self.page.request.post(self.url + full, data=json.dumps(body or {}), headers=self._headers())
        assert answer.ok, f"POST {full}: {answer.status} {answer.text()}"
        return answer.json() if answer.text() else None

    def get(self, path: str) -> Any:
        answer = self.page.request.get(f"{self.url}/api/v1/t/{self.tenant}{path}")
        assert answer.ok, f"GET {path}: {answer.status} {answer.text()}"
        return answer.json()

    def remove_what_came_since(self, moment: str) -> None:
        """Workflows and connections younger than that; an ISO time in UTC."""
        since = datetime.fromisoformat(moment)
        for kind in ("workflows", "connections"):
            for item in self.get(f"/{kind}")["items"]:
                if datetime.fromisoformat(item["createdAt"]) >= since:
                    self.remove(f"/{kind}/{item['id']}")

    def remove(self, path: str) -> None:
        answer = self.page.request.delete(f"{self.url}/api/v1/t/{self.tenant}{path}", headers=self._headers())
        assert answer.ok, f"DELETE {path}: {answer.status} {answer.text()}"

    def _headers(self) -> dict[str, str]:
        return {"X-CSRFToken": self.csrf, "Content-Type": "application/json", "Origin": self.url}

    def workflow(self, name: str, text: str, publish: bool = True) -> str:
        """Makes a workflow of that text; its id."""
        made = self.post("/workflows", {"name": name, "text": text})
        identity: str = made["id"]
        if publish:
            draft = self.get(f"/workflows/{identity}/draft")
            self.post(f"/workflows/{identity}/publish", {"comment": "", "revision": draft["revision"]})
        return identity

    def change(self, workflow: str, pointer: str, value: object, comment: str = "") -> None:
        """Sets one value of the draft and publishes it."""
        draft = self.get(f"/workflows/{workflow}/draft")
        splice = {"op": "set", "at": pointer, "text": json.dumps(value)}
        edit = {"name": "setInput", "arguments": {}, "patch": [splice]}
        wanted = {"id": str(uuid.uuid4()), "base": draft["revision"], "edits": [edit]}
        revision = self.post(f"/workflows/{workflow}/draft/edits", wanted)["revision"]
        self.post(f"/workflows/{workflow}/publish", {"comment": comment, "revision": revision})

    def call(self, workflow: str, body: object = None) -> tuple[int, Any]:
        return call(self.address(workflow), body)

    def address(self, workflow: str) -> str:
        """The signed URL of the workflow's Request trigger."""
        address: str = self.get(f"/workflows/{workflow}/callbacks")[0]["url"]
        return address

    def newest_run(self, workflow: str, *statuses: str, seconds: float = 60) -> dict[str, Any]:
        """The newest run of the workflow, waiting until it has one of the statuses."""
        limit = time.monotonic() + seconds
        found: dict[str, Any] | None = None
        while time.monotonic() < limit:
            items: list[dict[str, Any]] = self.get(f"/runs?workflow={workflow}")["items"]
            found = items[0] if items else None
            if found is not None and (not statuses or found["status"] in statuses):
                return found
            time.sleep(0.1)
        raise AssertionError(f"no run became {statuses}: {found}")

    # -- through the page --------------------------------------------------------------

    def go(self, path: str) -> Page:
        self.page.goto(f"{self.url}/t/{self.tenant}{path}")
        return self.page


def call(address: str, body: object = None) -> tuple[int, Any]:
    """Calls a signed URL as any HTTP client would: status and JSON answer. Knows no page: any thread may use it."""
    request = urllib.request.Request(
        address, data=json.dumps(body or {}).encode(), headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, _json(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, _json(refused.read())


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")

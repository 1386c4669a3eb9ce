"""Calls to the public addresses, straight into the application that serves them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote, urlsplit

from designer.api.callbacks import application


async def call(
    url: str, body: Any = None, method: str = "POST", **headers: str
) -> tuple[int, Any, dict[str, str]]:
    """Status, JSON body and headers of the answer."""
    parts = urlsplit(url)
    data = json.dumps(body).encode() if body is not None else b""
    given = {"host": "x", "content-length": str(len(data)), **headers}
    if body is not None:
        given.setdefault("content-type", "application/json")
    scope = {
        "type": "http", "method": method, "path": unquote(parts.path), "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(), "scheme": "http",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": data, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await application(scope, receive, send)
    answer = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    text = sent[1].get("body", b"")
    try:
        return sent[0]["status"], json.loads(text) if text else None, answer
    except ValueError:
        return sent[0]["status"], text.decode(), answer

"""A web process for tests: receives for any version by id, in embedded mode with the host inside.

`python -m tests.runtime.web PORT`; POST /<version id>[?wait] with a JSON body.
"""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "designer.settings")

import django

django.setup()

import uvicorn
from django.conf import settings

from designer.workflows.models import Version
from runtime import services
from runtime.language.values import dumps
from runtime.launch import start_embedded, start_web

_known: dict[uuid.UUID, tuple[uuid.UUID, uuid.UUID]] = {}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    version_id = uuid.UUID(scope["path"].strip("/"))
    if version_id not in _known:
        version = await asyncio.to_thread(lambda: Version.objects.get(pk=version_id))
        _known[version_id] = (version.tenant_id, version.workflow_id)
    tenant, workflow = _known[version_id]
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    waits = scope["query_string"] == b"wait"
    outputs = {"headers": {"Content-Type": "application/json"}, "body": services.body_value(tenant, body)}
    answer_by = datetime.now(UTC) + timedelta(seconds=60) if waits else None
    receipt = await services.receive(
        services.TriggerArrival(tenant, workflow, version_id, "manual", outputs, answer_by=answer_by)
    )
    status, answer = 202, str(receipt.run_id).encode()
    if waits:
        given = await services.wait_for_response(receipt, 60)
        if isinstance(given, services.Answered):
            status = given.status
            answer = given.text if given.text is not None else dumps(given.body).encode()
        else:
            status, answer = 502, repr(given).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


async def _live(receive: Any, send: Any) -> None:
    await receive()
    process = await (start_embedded() if settings.EMBEDDED else start_web())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await process.stop()
    await send({"type": "lifespan.shutdown.complete"})


def main(port: int) -> None:
    uvicorn.run(
        application, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="on",
        loop="uvloop", http="httptools",
    )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]))
